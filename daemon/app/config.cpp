// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/config.hpp"

#include "app/config_values.hpp"
#include "app/ini.hpp"
#include "app/module_list.hpp"
#include "core/unique_fd.hpp"
#include "proto/config_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <unistd.h>

namespace luod::app {

namespace {

using Value = std::string_view;

template <typename To, typename From> bool take(const std::optional<From>& from, To& to) {
    if (from)
        to = static_cast<To>(*from);
    return from.has_value();
}

template <typename To>
bool between(std::optional<std::uint64_t> from, std::uint64_t least, std::uint64_t most, To& to) {
    return from && *from >= least && *from <= most && take(from, to);
}

bool count(Value value, std::uint64_t& to) {
    return value == "infinity" ? (to = core::unlimited, true) : take(parseNumber(value), to);
}

bool share(Value value, Share& to) {
    if (value == "infinity")
        return to = {core::unlimited, false}, true;
    bool isPercent = value.ends_with('%');
    auto amount = isPercent ? parseNumber(value.substr(0, value.size() - 1)) : parseSize(value);
    return amount && !(isPercent && *amount > 100) && (to = {*amount, isPercent}, true);
}

bool group(Value value, std::string& to) {
    return validGroup(value) && (to = value, true);
}

bool span(Value value, std::uint64_t& to) {
    auto parsed = parseTimeSpan(value);
    return parsed && parsed->count() > 0 && (to = std::uint64_t(parsed->count()), true);
}

bool late(Value value, bool& goOn) {
    return (value == "abort" || value == "go-on") && (goOn = value == "go-on", true);
}

bool unclaimed(Value value, core::UpdatePolicy::Unclaimed& to) {
    using enum core::UpdatePolicy::Unclaimed;
    for (auto [word, means] : {std::pair{"keep", Keep}, {"discard", Discard}, {"carry", Carry}})
        if (value == word)
            return to = means, true;
    return false;
}

bool moduleNames(Value value, std::vector<std::string>& to) {
    return value == "none" ? (to.clear(), true) : parseModuleNames(value, to);
}

// clang-format off
constexpr ConfigKey keys[] = {
    {"Sessions", "MaxSessions", "number", "4096", "sessions at most, of all users",
     [](Config& c, Value v) { return count(v, c.limits.sessions); }},
    {"Sessions", "MaxSessionsPerUser", "number", "256", "sessions at most of one user",
     [](Config& c, Value v) { return count(v, c.limits.sessionsPerUser); }},
    {"Sessions", "MaxFiles", "number", "100000", "files at most in all sessions",
     [](Config& c, Value v) { return count(v, c.limits.files); }},
    {"Sessions", "MaxFilesPerUser", "number", "50000", "files at most in all sessions of one user",
     [](Config& c, Value v) { return count(v, c.limits.filesPerUser); }},
    {"Sessions", "MaxFilesPerSession", "number", "10000", "files at most in one session",
     [](Config& c, Value v) { return count(v, c.limits.filesPerSession); }},
    {"Sessions", "MaxBytes", "size or a percentage", "90%", "sizes of the files in all sessions, together",
     [](Config& c, Value v) { return share(v, c.maxBytes); }},
    {"Sessions", "MaxBytesPerUser", "size or a percentage", "75%", "sizes of one user's files, together",
     [](Config& c, Value v) { return share(v, c.maxBytesPerUser); }},
    {"Sessions", "MaxMetadata", "size", "64M", "names and metadata of all files, together",
     [](Config& c, Value v) { return take(parseSize(v), c.limits.metadata); }},
    {"Sessions", "MaxMetadataPerUser", "size", "16M", "names and metadata of one user's files, together",
     [](Config& c, Value v) { return take(parseSize(v), c.limits.metadataPerUser); }},
    {"Sessions", "MaxCalls", "number", "1024", "calls being answered at most, of all users",
     [](Config& c, Value v) { return count(v, c.limits.calls); }},
    {"Sessions", "MaxCallsPerUser", "number", "128", "calls being answered at most, of one user",
     [](Config& c, Value v) { return count(v, c.limits.callsPerUser); }},
    {"Sessions", "MaxMetadataBytes", "size", "4096", "how much metadata one file may have",
     [](Config& c, Value v) { return take(parseSize(v), c.limits.metadataBytes); }},
    {"Sessions", "AllowGroup", "group", "luod", "whose members may create sessions",
     [](Config& c, Value v) { return group(v, c.allowGroup); }},
    {"Sessions", "Polkit", "boolean", "yes", "ask polkit about everybody else",
     [](Config& c, Value v) { return take(parseBoolean(v), c.polkit); }},
    {"Sessions", "CompareLabels", "boolean", "yes", "whether a session's security label has to be its user's",
     [](Config& c, Value v) { return take(parseBoolean(v), c.compareLabels); }},
    {"Sessions", "Lend", "boolean", "yes", "whether users other than root may borrow sessions' descriptors",
     [](Config& c, Value v) { return take(parseBoolean(v), c.lend); }},
    {"Update", "DeadlineSec", "time span", "30s", "how long all clients together may take to get ready",
     [](Config& c, Value v) { return span(v, c.update.deadline); }},
    {"Update", "ClientDeadlineSec", "time span", "30s", "how long one client may take that did not ask for another time",
     [](Config& c, Value v) { return span(v, c.update.clientDeadline); }},
    {"Update", "OnDeadline", "way out (abort or go-on)", "abort", "what becomes of an update when a client is late",
     [](Config& c, Value v) { return late(v, c.update.goOnWithoutLate); }},
    {"Update", "LeaveTimeoutSec", "time span", "2min", "how long the shutdown may take before the update is given up",
     [](Config& c, Value v) { return span(v, c.update.leaveTimeout); }},
    {"Update", "MaxInhibitors", "number", "1024", "locks at most, of all users",
     [](Config& c, Value v) { return count(v, c.limits.inhibitors); }},
    {"Update", "MaxInhibitorsPerUser", "number", "64", "locks at most of one user",
     [](Config& c, Value v) { return count(v, c.limits.inhibitorsPerUser); }},
    {"Update", "Unclaimed", "policy (keep, discard or carry)", "keep", "what becomes of sessions that nobody claims",
     [](Config& c, Value v) { return unclaimed(v, c.update.unclaimed); }},
    {"Update", "UnclaimedSec", "time span", "10min", "when a session that came over counts as unclaimed",
     [](Config& c, Value v) { return span(v, c.update.unclaimedAfter); }},
    {"Update", "Modules", "list of modules", "none", "whose handlers' files are held, besides those that luod knows of",
     [](Config& c, Value v) { return moduleNames(v, c.modules); }},
    {"Daemon", "Workers", "number from 1 to 64", "4", "threads for what takes time in the kernel",
     [](Config& c, Value v) { return between(parseNumber(v), 1, 64, c.workers); }},
    {"Daemon", "LedgerSize", "size from 64K to 1G", "1M", "size of a new ledger",
     [](Config& c, Value v) { return between(parseSize(v), 64 << 10, 1 << 30, c.ledgerSize); }},
    {"Daemon", "FileDescriptorStoreMax", "number", "8192", "room in the fd store, for systemd before 254",
     [](Config& c, Value v) { return take(parseNumber(v), c.fdStoreMax); }},
    {"Daemon", "DeviceTimeoutSec", "time span", "5s", "how long to try while others hold the device",
     [](Config& c, Value v) { return take(parseTimeSpan(v), c.deviceTimeout); }},
};
// clang-format on

// 0, or the errno.
int readFile(const char* path, std::string& content) {
    core::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file)
        return errno;
    char block[4096];
    ssize_t got;
    while ((got = ::read(file.get(), block, sizeof block)) > 0)
        content.append(block, static_cast<std::size_t>(got));
    return got < 0 ? errno : 0;
}

// Empty where the assignment was taken, else what is wrong with it.
std::string apply(const Assignment& is, Config& config) {
    auto key = std::find_if(std::begin(keys), std::end(keys),
                            [&](const ConfigKey& k) { return k.section == is.section && k.name == is.key; });
    if (key != std::end(keys)) {
        if (key->set(config, is.value.empty() ? key->defaultValue : is.value))
            return {};
        return fmt::format("{}={} is not a {}, ignored", is.key, is.value, key->type);
    }
    for (const auto& other : keys)
        if (other.name == is.key)
            return fmt::format("{}= belongs into [{}], ignored in [{}]", is.key, other.section, is.section);
    for (const auto& other : keys)
        if (other.section == is.section)
            return fmt::format("unknown key {}= in [{}], ignored", is.key, is.section);
    return fmt::format("{}= in unknown section [{}], ignored", is.key, is.section);
}

} // namespace

std::span<const ConfigKey> configKeys() {
    return keys;
}

LoadedConfig loadConfig(const std::filesystem::path& root) {
    IniText text;
    for (const auto& path : proto::configFiles(root)) {
        std::string content;
        if (int err = readFile(path.c_str(), content))
            text.warnings.push_back(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(err)));
        else
            parseIni(content, path, text);
    }
    return configOf(std::move(text));
}

LoadedConfig configOf(IniText text) {
    LoadedConfig loaded{{}, std::move(text.warnings)};
    for (const auto& assignment : text.assignments)
        if (auto wrong = apply(assignment, loaded.config); !wrong.empty())
            loaded.warnings.push_back(fmt::format("{}:{}: {}", assignment.file, assignment.line, wrong));
    return loaded;
}

} // namespace luod::app
