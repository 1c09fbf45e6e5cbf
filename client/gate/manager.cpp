// SPDX-License-Identifier: LGPL-2.1-or-later
#include "manager.hpp"

#include <fstream>
#include <unistd.h>

namespace luod::gate {

namespace {

constexpr const char* service = "org.freedesktop.systemd1";
constexpr Object manager{service, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"};
constexpr const char* kexecTarget = "kexec.target";

template <typename T> Got<> noValue(const Got<T>& got) {
    if (!got)
        return std::unexpected(got.error());
    return {};
}

} // namespace

Got<> Manager::forbidKexec() {
    if (isMasked())
        return {}; // by an administrator, who may also undo it
    std::ofstream mark(forbidden_);
    if (auto masked = bus_.call(manager, "MaskUnitFiles", "asbb", 1, kexecTarget, 1, 1); !masked)
        return noValue(masked);
    // A unit that somebody refers to is loaded already, and stays as it was.
    return isMasked() ? Got<>() : noValue(bus_.call(manager, "Reload", ""));
}

Got<> Manager::allowKexec() {
    if (::access(forbidden_.c_str(), F_OK) < 0)
        return {};
    if (auto unmasked = bus_.call(manager, "UnmaskUnitFiles", "asb", 1, kexecTarget, 1); !unmasked)
        return noValue(unmasked);
    ::unlink(forbidden_.c_str());
    return noValue(bus_.call(manager, "Reload", "")); // or systemctl warns of a unit that changed on disk
}

bool Manager::isMasked() { return stateOf(kexecTarget, "LoadState") == "masked"; }

bool Manager::kexecQueued() {
    auto reply = bus_.call(manager, "ListJobs", "");
    if (!reply || sd_bus_message_enter_container(reply->get(), 'a', "(usssoo)") < 0)
        return false;
    const char *unit = nullptr, *type = nullptr, *state = nullptr, *job = nullptr, *path = nullptr;
    std::uint32_t id = 0;
    while (sd_bus_message_read(reply->get(), "(usssoo)", &id, &unit, &type, &state, &job, &path) > 0)
        if (std::string_view(unit) == kexecTarget && std::string_view(type) == "start")
            return true;
    return false;
}

Got<> Manager::startKexec() {
    return noValue(bus_.call(manager, "StartUnit", "ss", kexecTarget, "replace-irreversibly"));
}

Got<> Manager::clearJobs() { return noValue(bus_.call(manager, "ClearJobs", "")); }

Got<> Manager::startSelf() { return noValue(bus_.call(manager, "StartUnit", "ss", "luod-gate.service", "replace")); }

bool Manager::luodRuns() {
    auto state = stateOf("luod.service", "ActiveState");
    return state != "inactive" && state != "failed";
}

std::string Manager::stateOf(const char* unit, const char* property) {
    auto loaded = bus_.call(manager, "LoadUnit", "s", unit);
    const char* path = nullptr;
    if (!loaded || sd_bus_message_read_basic(loaded->get(), 'o', &path) < 0)
        return "";
    return bus_.text({service, path, "org.freedesktop.systemd1.Unit"}, property).value_or("");
}

} // namespace luod::gate
