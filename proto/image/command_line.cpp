// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/command_line.hpp"

#include <algorithm>
#include <utility>

namespace luod::image {
namespace {

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// As kstrtobool() does; anything else leaves things as they were.
std::optional<bool> truth(std::string_view value) {
    if (value.empty())
        return std::nullopt;
    if (std::string_view("yYtT1").find(value[0]) != std::string_view::npos)
        return true;
    if (std::string_view("nNfF0").find(value[0]) != std::string_view::npos)
        return false;
    std::string_view first = value.substr(0, 2);
    if (first == "on" || first == "On" || first == "oN" || first == "ON")
        return true;
    if (first == "of" || first == "Of" || first == "oF" || first == "OF")
        return false;
    return std::nullopt;
}

} // namespace

std::vector<std::string> parameters(std::string_view cmdline) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    auto finish = [&] {
        if (!word.empty())
            words.push_back(std::exchange(word, ""));
    };
    for (char c : cmdline) {
        if (c == '"')
            quoted = !quoted;
        else if (quoted || !isBlank(c))
            word += c;
        else
            finish();
    }
    finish();
    words.erase(std::ranges::find(words, "--"), words.end()); // what follows is init's
    return words;
}

std::optional<bool> flag(std::string_view cmdline, std::string_view name) {
    std::optional<bool> value;
    for (const std::string& word : parameters(cmdline))
        if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=')
            if (auto truthOfThis = truth(std::string_view(word).substr(name.size() + 1)))
                value = truthOfThis;
    return value;
}

std::string effective(std::string_view cmdline, const Config& config) {
    std::string_view builtIn = valueOf(config, "CONFIG_CMDLINE");
    if (isOn(config, "CONFIG_CMDLINE_OVERRIDE") || isOn(config, "CONFIG_CMDLINE_FORCE"))
        return std::string(builtIn);
    // Other architectures take it only in place of an empty one.
    bool inFront = isOn(config, "CONFIG_CMDLINE_BOOL");
    if (!builtIn.empty() && (inFront || cmdline.empty()))
        return std::string(builtIn) + " " + std::string(cmdline);
    return std::string(cmdline);
}

} // namespace luod::image
