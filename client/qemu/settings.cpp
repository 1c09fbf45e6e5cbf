// SPDX-License-Identifier: LGPL-2.1-or-later
#include "settings.hpp"

#include "words.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace luod::qemu {

namespace {

Result<> setTime(std::uint64_t& into, const std::string& value) {
    auto time = timeIn(value);
    if (!time)
        return failure("'" + value + "' is no time, such as 90 or 2min");
    into = *time;
    return {};
}

Result<> setName(Settings& settings, const std::string& value) {
    settings.name = value;
    return value.empty() ? failure("a guest has a name") : Result<>();
}
Result<> setConfig(Settings& settings, const std::string& value) { return readFile(settings, value); }
Result<> setPowerdown(Settings& settings, const std::string& value) { return setTime(settings.powerdown, value); }
Result<> setDeadline(Settings& settings, const std::string& value) { return setTime(settings.deadline, value); }
Result<> setCarry(Settings& settings, const std::string& value) {
    const auto sign = value.find('=');
    if (sign == std::string::npos || sign == 0 || value.find('@') < sign)
        return failure("'" + value + "' is not NAME=PATH");
    settings.carry.emplace_back(value.substr(0, sign), value.substr(sign + 1));
    return {};
}
Result<> setAsGiven(Settings& settings, const std::string&) {
    settings.asGiven = true;
    return {};
}

constexpr std::array table{
    Option{"name", "NAME", "", "the guest's name, and its session's", setName},
    Option{"config", "FILE", "", "read these settings first", setConfig},
    Option{"powerdown", "TIME", "Powerdown", "asked to stop, press the guest's power button and wait so long", setPowerdown},
    Option{"deadline", "TIME", "Deadline", "how long this guest may take to get ready for a live update", setDeadline},
    Option{"carry", "NAME=PATH", "Carry", "open this device and carry it over; @NAME@ in the command is its number", setCarry},
    Option{"as-given", "", "", "after a live update: run the command as given now, not as it was", setAsGiven},
};

struct Given {
    std::string name, value;
    bool hasValue = false;
};

Given split(const std::string& word) {
    const auto sign = word.find('=');
    if (sign == std::string::npos)
        return {word.substr(2), "", false};
    return {word.substr(2, sign - 2), word.substr(sign + 1), true};
}

Result<> set(Settings& settings, const Option& option, const std::string& value) {
    auto done = option.set(settings, value);
    return done ? done : failure("--" + std::string(option.name) + ": " + done.error());
}

// Reads one option that begins at words[at]; at is then its last word.
Result<> readOption(CommandLine& line, const Words& words, std::size_t& at) {
    Given given = split(words[at]);
    line.help |= given.name == "help";
    line.version |= given.name == "version";
    if (line.help || line.version)
        return {};
    const auto option = std::ranges::find(table, given.name, &Option::name);
    if (option == table.end())
        return failure("there is no option --" + given.name);
    if (option->value.empty() && given.hasValue)
        return failure("--" + given.name + " takes no value");
    if (!option->value.empty() && !given.hasValue) {
        if (at + 1 == words.size())
            return failure("--" + given.name + " takes a value");
        given.value = words[++at];
    }
    return set(line.settings, *option, given.value);
}

Result<> readKey(Settings& settings, const std::string& line) {
    const auto sign = line.find('=');
    const std::string key(trimmed(line.substr(0, sign)));
    const auto option = std::ranges::find(table, key, &Option::key);
    if (sign == std::string::npos || key.empty() || option == table.end())
        return failure("there is no " + key + "= under [Guest]");
    return option->set(settings, std::string(trimmed(line.substr(sign + 1))));
}

Result<> readLine(Settings& settings, const std::string& section, const std::string& line) {
    if (section == "[Guest]")
        return readKey(settings, line);
    if (section != "[Command]")
        return failure("a line that belongs neither to [Guest] nor to [Command]");
    auto words = wordsOf(line);
    if (!words)
        return failure(words.error());
    settings.command.insert(settings.command.end(), words->begin(), words->end());
    return {};
}

} // namespace

std::span<const Option> options() { return table; }

Result<CommandLine> readCommandLine(const Words& arguments) {
    CommandLine line;
    std::size_t at = 0;
    for (; at < arguments.size() && arguments[at].starts_with("--") && arguments[at] != "--"; ++at) {
        if (auto read = readOption(line, arguments, at); !read)
            return failure(read.error());
        if (line.help || line.version)
            return line;
    }
    if (at < arguments.size() && arguments[at] != "--")
        return failure("'" + arguments[at] + "' is no option; the QEMU command comes after --");
    if (at + 1 < arguments.size())
        line.settings.command.assign(arguments.begin() + std::ptrdiff_t(at) + 1, arguments.end());
    if (line.settings.name.empty())
        return failure("--name is missing");
    if (line.settings.command.empty())
        return failure("there is no QEMU command, neither after -- nor under [Command] of a file");
    return line;
}

Result<> readFile(Settings& settings, const std::string& path) {
    std::ifstream file(path);
    if (!file)
        return systemFailure(path);
    std::string section, line;
    for (int number = 1; std::getline(file, line); ++number) {
        const std::string text(trimmed(line));
        if (text.empty() || text.starts_with('#') || text.starts_with(';'))
            continue;
        if (text.starts_with('[')) {
            section = text;
            continue;
        }
        if (auto read = readLine(settings, section, text); !read)
            return failure(path + ":" + std::to_string(number) + ": " + read.error());
    }
    return {};
}

std::string helpText() {
    std::string text = "luo-qemu --name NAME [OPTION]... -- QEMU [ARGUMENT]...\n\n"
                       "Runs a QEMU guest that lives through live updates of the kernel; see luo-qemu(8).\n\n";
    for (const Option& option : table) {
        std::string head = "  --" + std::string(option.name) + (option.value.empty() ? "" : " ") + std::string(option.value);
        head.resize(std::max<std::size_t>(head.size() + 1, 22), ' ');
        text += head + std::string(option.help) + "\n";
    }
    return text + "  --help, --version\n";
}

} // namespace luod::qemu
