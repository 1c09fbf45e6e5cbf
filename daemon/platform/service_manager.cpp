// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/service_manager.hpp"

#include <cstdlib>
#include <memory>
#include <systemd/sd-bus.h>

namespace luod::platform {

using core::Errno;

namespace {

constexpr const char *destination = "org.freedesktop.systemd1", *managerPath = "/org/freedesktop/systemd1",
                     *managerInterface = "org.freedesktop.systemd1.Manager", *unitInterface = "org.freedesktop.systemd1.Unit",
                     *serviceInterface = "org.freedesktop.systemd1.Service";

struct Close {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, Close>;
using Message = std::unique_ptr<sd_bus_message, Close>;

Errno<Bus> connect(std::chrono::microseconds patience) {
    sd_bus* raw = nullptr;
    if (int failed = sd_bus_open_system(&raw); failed < 0)
        return std::unexpected(-failed);
    Bus bus(raw);
    sd_bus_set_method_call_timeout(raw, static_cast<std::uint64_t>(patience.count()));
    return bus;
}

template <typename T> Errno<T> property(sd_bus* bus, const char* path, const char* interface, const char* name, char type) {
    T value{};
    int failed = sd_bus_get_property_trivial(bus, destination, path, interface, name, nullptr, type, &value);
    if (failed < 0)
        return std::unexpected(-failed);
    return value;
}

// Calls each(name, path) for every loaded service.
template <typename Each> int eachService(sd_bus* bus, Each each) {
    sd_bus_message* raw = nullptr;
    int failed = sd_bus_call_method(bus, destination, managerPath, managerInterface, "ListUnitsByPatterns", nullptr, &raw, "asas",
                                    0, 1, "*.service");
    if (failed < 0)
        return failed;
    Message reply(raw);
    if (failed = sd_bus_message_enter_container(raw, 'a', "(ssssssouso)"); failed < 0)
        return failed;
    const char *name, *path, *ignored;
    std::uint32_t job;
    while ((failed = sd_bus_message_read(raw, "(ssssssouso)", &name, &ignored, &ignored, &ignored, &ignored, &ignored, &path,
                                         &job, &ignored, &ignored)) > 0)
        each(name, path);
    return failed;
}

using Text = std::unique_ptr<char, decltype(&std::free)>;

Errno<std::string> unitPath(sd_bus* bus, const std::string& unit) {
    sd_bus_message* raw = nullptr;
    int failed = sd_bus_call_method(bus, destination, managerPath, managerInterface, "LoadUnit", nullptr, &raw, "s", unit.c_str());
    Message reply(raw);
    const char* path = nullptr;
    if (failed < 0 || (failed = sd_bus_message_read(raw, "o", &path)) < 0)
        return std::unexpected(-failed);
    return path;
}

} // namespace

unsigned systemdVersion(const std::string& text) { return static_cast<unsigned>(std::strtoul(text.c_str(), nullptr, 10)); }

Errno<unsigned> ServiceManager::version() const {
    auto bus = connect(patience_);
    if (!bus)
        return std::unexpected(bus.error());
    char* text = nullptr;
    int failed = sd_bus_get_property_string(bus->get(), destination, managerPath, managerInterface, "Version", nullptr, &text);
    if (failed < 0)
        return std::unexpected(-failed);
    Text owned(text, &std::free);
    return systemdVersion(text);
}

Errno<bool> ServiceManager::runs(const std::string& unit) const {
    auto bus = connect(patience_);
    auto path = bus ? unitPath(bus->get(), unit) : std::unexpected(bus.error());
    if (!path)
        return std::unexpected(path.error());
    char* text = nullptr;
    int failed =
        sd_bus_get_property_string(bus->get(), destination, path->c_str(), unitInterface, "ActiveState", nullptr, &text);
    if (failed < 0)
        return std::unexpected(-failed);
    const std::string state = Text(text, &std::free).get();
    return state == "active" || state == "reloading" || state == "deactivating";
}

Errno<bool> ServiceManager::survivesShutdown(const std::string& unit) const {
    auto bus = connect(patience_);
    auto path = bus ? unitPath(bus->get(), unit) : std::unexpected(bus.error());
    if (!path)
        return std::unexpected(path.error());
    // A property that is not there is one that this systemd does not know.
    return property<int>(bus->get(), path->c_str(), unitInterface, "SurviveFinalKillSignal", 'b').value_or(0) != 0;
}

Errno<std::vector<ServiceManager::FdStore>> ServiceManager::fdStores() const {
    auto bus = connect(patience_);
    if (!bus)
        return std::unexpected(bus.error());
    std::vector<FdStore> stores;
    int failed = eachService(bus->get(), [&](const char* name, const char* path) {
        auto fds = property<std::uint32_t>(bus->get(), path, serviceInterface, "NFileDescriptorStore", 'u');
        if (fds && *fds > 0)
            stores.push_back({name, *fds});
    });
    if (failed < 0)
        return std::unexpected(-failed);
    return stores;
}

bool ServiceManager::isBusThere(std::chrono::microseconds patience) {
    auto bus = connect(patience);
    const char* name = nullptr;
    return bus && sd_bus_get_unique_name(bus->get(), &name) >= 0; // waits until we are let in
}

Errno<ServiceManager::BootTimes> ServiceManager::bootTimes() const {
    auto bus = connect(patience_);
    if (!bus)
        return std::unexpected(bus.error());
    auto wall = property<std::uint64_t>(bus->get(), managerPath, managerInterface, "UserspaceTimestamp", 't');
    if (!wall)
        return std::unexpected(wall.error());
    auto monotonic = property<std::uint64_t>(bus->get(), managerPath, managerInterface, "UserspaceTimestampMonotonic", 't');
    return BootTimes{*wall, monotonic.value_or(0)};
}

} // namespace luod::platform
