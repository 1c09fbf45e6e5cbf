// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario.hpp"

int main(int argc, char** argv) {
    const auto found = argc > 1 ? scenario::all().find(argv[1]) : scenario::all().end();
    if (found == scenario::all().end()) {
        for (const auto& [name, function] : scenario::all())
            std::puts(name.c_str());
        return 2;
    }
    found->second();
    return 0;
}
