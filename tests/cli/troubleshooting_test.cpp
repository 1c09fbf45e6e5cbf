// SPDX-License-Identifier: LGPL-2.1-or-later
// luod-troubleshooting(7) quotes messages as they are said: each is one that some string of the source makes.
#include "source_text.hpp"

#include <algorithm>
#include <cctype>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace {

using Texts = std::vector<std::string>;

// The indented paragraphs, each on one line.
Texts quotedMessages() {
    Texts messages;
    std::istringstream page(cli::sourceText("daemon/luod-troubleshooting.7"));
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line == ".Bd -ragged -offset indent") {
            inside = true;
            messages.emplace_back();
        } else if (line == ".Ed") {
            inside = false;
        } else if (inside) {
            messages.back() += (messages.back().empty() ? "" : " ") + line;
        }
    }
    return messages;
}

// What is between the quotation marks that begin there; at is then behind them.
std::string literal(const std::string& code, size_t& at) {
    std::string text;
    for (++at; at < code.size() && code[at] != '"'; ++at) {
        if (code[at] == '\\')
            ++at;
        text += code[at];
    }
    ++at;
    return text;
}

// Literals that stand behind each other are one.
Texts literalsOf(const std::string& code) {
    Texts all;
    bool goesOn = false;
    for (size_t at = 0; at < code.size();) {
        if (code[at] == '"' && (at == 0 || code[at - 1] != '\'')) {
            std::string text = literal(code, at);
            goesOn ? void(all.back() += text) : all.push_back(text);
            goesOn = true;
        } else {
            goesOn = goesOn && std::isspace(static_cast<unsigned char>(code[at]));
            ++at;
        }
    }
    return all;
}

// What stands between the placeholders of a format.
Texts constantsOf(const std::string& format) {
    Texts parts{""};
    for (size_t at = 0; at < format.size(); ++at) {
        size_t close = format[at] == '{' ? format.find('}', at) : format.npos;
        if (close == format.npos) {
            parts.back() += format[at];
        } else {
            parts.emplace_back();
            at = close;
        }
    }
    return parts;
}

// From its beginning to its end, and more than half of it is the format's own.
bool makes(const std::string& format, const std::string& message) {
    Texts parts = constantsOf(format);
    size_t at = parts.front().size(), own = at;
    if (!message.starts_with(parts.front()))
        return false;
    for (size_t i = 1; i < parts.size(); ++i) {
        bool last = i + 1 == parts.size();
        size_t found = last && message.size() >= parts[i].size() ? message.size() - parts[i].size() : message.find(parts[i], at);
        if (found == message.npos || found < at || message.compare(found, parts[i].size(), parts[i]) != 0)
            return false;
        at = found + parts[i].size();
        own += parts[i].size();
    }
    return at == message.size() && own * 2 > message.size();
}

TEST(Troubleshooting, QuotesOnlyWhatIsReallySaid) {
    std::set<std::string> formats;
    for (const std::string& source : cli::sourcesIn({"daemon", "client", "proto"}))
        for (std::string& text : literalsOf(cli::sourceText(source)))
            if (text.size() > 20)
                formats.insert(std::move(text));
    EXPECT_GT(formats.size(), 500u);
    Texts messages = quotedMessages();
    EXPECT_GE(messages.size(), 15u);
    for (const std::string& message : messages) {
        bool said = std::ranges::any_of(formats, [&](const std::string& format) { return makes(format, message); });
        EXPECT_TRUE(said) << message;
    }
}

TEST(Troubleshooting, TellsAMessageFromOneThatWasChanged) {
    EXPECT_TRUE(makes("session '{}' of uid {} cannot be had", "session 'vm' of uid 7 cannot be had"));
    EXPECT_TRUE(makes("all of it", "all of it"));
    EXPECT_TRUE(makes("{}: in the end {:.3g} s", "vm: in the end 1.5 s"));
    EXPECT_FALSE(makes("session '{}' of uid {} cannot be had", "session 'vm' of user 7 cannot be had"));
    EXPECT_FALSE(makes("all of it", "all of it and more"));
    EXPECT_FALSE(makes("{}: in the end", "a lot that is not of the format: in the end"));
    EXPECT_FALSE(makes("{}", "anything"));
}

} // namespace
