// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernelline.hpp"

#include <sstream>

namespace luosim {
namespace {

/// The kernel's kstrtobool(): the first letter decides, of "on" and "off" the second; the rest is no answer.
void readSwitch(const std::string& text, bool& value) {
    const auto is = [&](std::size_t at, const char* letters) {
        return at < text.size() && std::string(letters).find(text[at]) != std::string::npos;
    };
    if (is(0, "yYtT1") || (is(0, "oO") && is(1, "nN")))
        value = true;
    else if (is(0, "nNfF0") || (is(0, "oO") && is(1, "fF")))
        value = false;
}

} // namespace

void applyCommandLine(const std::string& line, model::Profile& profile) {
    profile.liveupdateEnabled = false;
    std::istringstream words(line);
    for (std::string word; words >> word && word != "--";) {
        if (word.starts_with("kho="))
            readSwitch(word.substr(4), profile.khoEnabled);
        else if (word.starts_with("liveupdate="))
            readSwitch(word.substr(11), profile.liveupdateEnabled);
    }
}

} // namespace luosim
