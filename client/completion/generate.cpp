// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes luoctl's completion for bash or zsh, from its tables of verbs and options: they cannot go stale.
#include "shells.hpp"

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
    std::string_view shell = argc == 2 ? argv[1] : "";
    if (shell != "bash" && shell != "zsh") {
        std::fputs("usage: generate-completion bash|zsh\n", stderr);
        return 2;
    }
    std::string text = shell == "bash" ? luoctl::bashCompletion() : luoctl::zshCompletion();
    return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0;
}
