// SPDX-License-Identifier: LGPL-2.1-or-later
// luod's units as the service manager knows them, asked over the bus.
#include "doctor.hpp"
#include "failure.hpp"
#include "system_bus.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr const char* manager = "org.freedesktop.systemd1";
constexpr std::array units{"luod.service",         "luod-gate.service",           "luod-modules.service",
                           "luod-verdict.service", "luod-metrics.service",        "luod-metrics.timer",
                           "dbus-org.luod1.service", "liveupdate-restored.target", "liveupdate-lost.target"};
// No Environment=: there may be secrets in it.
constexpr std::array<std::string_view, 22> wanted{
    "LoadState",     "ActiveState",  "SubState",       "UnitFileState",          "FragmentPath", "DropInPaths",
    "NeedDaemonReload", "StateChangeTimestamp", "Result", "MainPID",             "ExecMainStatus", "ExecMainCode",
    "NRestarts",     "StatusText",   "FileDescriptorStoreMax", "NFileDescriptorStore", "FileDescriptorStorePreserve",
    "MemoryCurrent", "MemoryMax",    "TasksCurrent",   "NextElapseUSecRealtime", "SurviveFinalKillSignal"};

struct Unref {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

// Throws what the service manager said.
template <typename... Args>
Message ask(sd_bus* bus, const char* path, const char* interface, const char* method, const char* types, Args... args) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* reply = nullptr;
    int r = sd_bus_call_method(bus, manager, path, interface, method, &error, &reply, types, args...);
    Message owned{reply};
    std::string words = error.message ? error.message : "";
    sd_bus_error_free(&error);
    if (r < 0)
        throw Failure{1, fmt::format("the service manager does not say: {}", words.empty() ? strerrordesc_np(-r) : words)};
    return owned;
}

template <typename T> std::string number(sd_bus_message* message, char type) {
    T value{};
    sd_bus_message_read_basic(message, type, &value);
    return std::to_string(value);
}

std::string listOf(sd_bus_message* message) {
    std::string text;
    const char* word = nullptr;
    sd_bus_message_enter_container(message, 'a', "s");
    while (sd_bus_message_read_basic(message, 's', &word) > 0)
        text += (text.empty() ? "" : " ") + std::string(word);
    sd_bus_message_exit_container(message);
    return text;
}

std::string basic(sd_bus_message* message, std::string_view type) {
    const char* text = "";
    if (type == "s" || type == "o")
        return sd_bus_message_read_basic(message, type[0], &text) > 0 ? text : "";
    if (type == "as")
        return listOf(message);
    if (type == "t")
        return number<uint64_t>(message, 't');
    if (type == "u")
        return number<uint32_t>(message, 'u');
    if (type == "i" || type == "b")
        return number<int>(message, type[0]);
    sd_bus_message_skip(message, std::string(type).c_str());
    return "?";
}

std::string variant(sd_bus_message* message) {
    const char* type = nullptr;
    if (sd_bus_message_peek_type(message, nullptr, &type) <= 0)
        return "?";
    std::string signature = type; // peek's own does not outlive the next call
    sd_bus_message_enter_container(message, 'v', signature.c_str());
    std::string text = basic(message, signature);
    sd_bus_message_exit_container(message);
    return text;
}

std::string properties(sd_bus* bus, const std::string& path, const char* interface) {
    Message reply = ask(bus, path.c_str(), "org.freedesktop.DBus.Properties", "GetAll", "s", interface);
    std::string text;
    sd_bus_message_enter_container(reply.get(), 'a', "{sv}");
    while (sd_bus_message_enter_container(reply.get(), 'e', "sv") > 0) {
        const char* name = "";
        sd_bus_message_read_basic(reply.get(), 's', &name);
        if (std::ranges::find(wanted, std::string_view(name)) != wanted.end())
            text += fmt::format("{}={}\n", name, variant(reply.get()));
        else
            sd_bus_message_skip(reply.get(), "v");
        sd_bus_message_exit_container(reply.get());
    }
    return text;
}

std::string unitText(sd_bus* bus, std::string_view name) {
    Message reply = ask(bus, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "LoadUnit", "s", name.data());
    const char* path = "";
    sd_bus_message_read_basic(reply.get(), 'o', &path);
    std::string text = properties(bus, path, "org.freedesktop.systemd1.Unit");
    if (name.ends_with(".service"))
        text += properties(bus, path, "org.freedesktop.systemd1.Service");
    if (name.ends_with(".timer"))
        text += properties(bus, path, "org.freedesktop.systemd1.Timer");
    return text;
}

std::string version(sd_bus* bus) {
    Message reply = ask(bus, "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get", "ss",
                        "org.freedesktop.systemd1.Manager", "Version");
    return fmt::format("systemd {}\n", variant(reply.get()));
}

} // namespace

Part unitsPart() {
    Part part{"units", {}};
    try {
        SystemBus bus;
        if (!bus.hasOwner(manager))
            throw Failure{1, "no service manager is on the bus"};
        part.items.push_back(tried("service-manager", [&] { return version(bus.get()); }));
        for (const char* unit : units)
            part.items.push_back(tried(unit, [&] { return unitText(bus.get(), unit); }));
    } catch (const Failure& failure) {
        part.items.push_back(absent("service-manager", failure.line));
    }
    return part;
}

} // namespace luoctl
