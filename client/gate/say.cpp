// SPDX-License-Identifier: LGPL-2.1-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "say.hpp"

#include <cstdio>
#include <cstdlib>
#include <systemd/sd-journal.h>

namespace luod::gate {

std::string harmless(std::string words) {
    for (char& c : words)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = ' ';
    return words;
}

void say(int priority, const std::string& words, const char* messageId) {
    if (!std::getenv("JOURNAL_STREAM")) {
        std::fprintf(stderr, "<%d>%s\n", priority, words.c_str());
        return;
    }
    std::string id = std::string("MESSAGE_ID=") + (messageId ? messageId : "");
    sd_journal_send("MESSAGE=%s", words.c_str(), "PRIORITY=%i", priority, messageId ? id.c_str() : nullptr, nullptr);
}

} // namespace luod::gate
