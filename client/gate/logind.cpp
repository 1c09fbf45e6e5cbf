// SPDX-License-Identifier: LGPL-2.1-or-later
#include "logind.hpp"

#include <fcntl.h>

namespace luod::gate {

namespace {

constexpr const char* service = "org.freedesktop.login1";
constexpr Object manager{service, "/org/freedesktop/login1", "org.freedesktop.login1.Manager"};
constexpr std::uint64_t kexecWithLocks = 3; // reboot by kexec, and honour block locks though root asks
constexpr std::uint64_t defaultDelay = 5'000'000;

// "type" out of the metadata; nothing where they do not say.
std::optional<std::string> typeIn(sd_bus_message* message) {
    std::optional<std::string> type;
    sd_bus_message_enter_container(message, 'a', "{sv}");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char *key = nullptr, *value = nullptr;
        if (sd_bus_message_read_basic(message, 's', &key) < 0)
            break;
        if (std::string_view(key) == "type" && sd_bus_message_read(message, "v", "s", &value) >= 0)
            type = value;
        else if (sd_bus_message_skip(message, "v") < 0)
            break;
        sd_bus_message_exit_container(message);
    }
    return type;
}

} // namespace

void Logind::onPrepare(std::function<void(bool start, std::optional<std::string> type)> then) {
    auto heard = [then = std::move(then)](sd_bus_message* message) {
        int start = 0;
        if (sd_bus_message_read_basic(message, 'b', &start) < 0)
            return;
        bool more = sd_bus_message_has_signature(message, "ba{sv}") > 0;
        then(start, more ? typeIn(message) : std::nullopt);
    };
    bus_.onSignal(manager, "PrepareForShutdownWithMetadata", heard);
    bus_.onSignal(manager, "PrepareForShutdown", heard);
}

void Logind::onAppearing(std::function<void()> then) {
    bus_.onOwner(service, [then = std::move(then)](bool isThere) {
        if (isThere)
            then();
    });
}

Got<> Logind::takeLock() {
    auto reply = bus_.call(manager, "Inhibit", "ssss", "shutdown", "luod", "live update: clients get ready", "delay");
    if (!reply)
        return std::unexpected(reply.error());
    int fd = -1;
    if (sd_bus_message_read_basic(reply->get(), 'h', &fd) < 0)
        return std::unexpected(Bus::unreadable("the lock"));
    lock_ = client::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    return {};
}

std::uint64_t Logind::longestDelay() {
    return bus_.property<std::uint64_t>(manager, "InhibitDelayMaxUSec", 't').value_or(defaultDelay);
}

Got<> Logind::kexec() {
    auto reply = bus_.call(manager, "RebootWithFlags", "t", kexecWithLocks);
    if (!reply)
        return std::unexpected(reply.error());
    return {};
}

std::string Logind::scheduled() {
    auto reply = bus_.call({service, manager.path, "org.freedesktop.DBus.Properties"}, "Get", "ss", manager.interface,
                           "ScheduledShutdown");
    const char* type = nullptr;
    if (!reply || sd_bus_message_enter_container(reply->get(), 'v', "(st)") < 0 ||
        sd_bus_message_enter_container(reply->get(), 'r', "st") < 0 ||
        sd_bus_message_read_basic(reply->get(), 's', &type) < 0)
        return "";
    return type;
}

std::vector<std::string> Logind::terminals() {
    std::vector<std::string> all;
    auto reply = bus_.call(manager, "ListSessions", "");
    if (!reply || sd_bus_message_enter_container(reply->get(), 'a', "(susso)") < 0)
        return all;
    const char *id = nullptr, *user = nullptr, *seat = nullptr, *path = nullptr;
    std::uint32_t uid = 0;
    while (sd_bus_message_read(reply->get(), "(susso)", &id, &uid, &user, &seat, &path) > 0)
        if (auto tty = bus_.text({service, path, "org.freedesktop.login1.Session"}, "TTY"); tty && !tty->empty())
            all.push_back(*tty);
    return all;
}

} // namespace luod::gate
