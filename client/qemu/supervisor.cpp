// SPDX-License-Identifier: LGPL-2.1-or-later
#include "supervisor.hpp"

#include "say.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace luod::qemu {

namespace {

constexpr std::uint64_t patience = 10'000'000; // microseconds

// Which luod it is that a name has to be unique for: there is one a bus.
std::string busInUse() {
    for (const char* variable : {"LUOD_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"})
        if (const char* address = std::getenv(variable))
            return std::to_string(std::hash<std::string>()(address));
    return "system";
}

// Held by its process and by nothing else: two of one name would take each other's session away, and write to one disk.
Result<Fd> lockName(const std::string& name) {
    const std::string text = "luo-qemu/" + busInUse() + "/" + std::to_string(geteuid()) + "/" + name;
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (text.size() + 1 > sizeof address.sun_path)
        return failure("the name is too long");
    text.copy(address.sun_path + 1, text.size());
    Fd lock(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    if (bind(lock.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0)
        return lock;
    return errno == EADDRINUSE ? failure("a guest of that name runs already") : systemFailure("a lock on the name");
}

} // namespace

Supervisor::Supervisor(sd_event* loop, Settings settings)
    : loop_(loop), settings_(std::move(settings)), cover_(loop, settings_.name, settings_.deadline), patience_(loop) {}

Supervisor::~Supervisor() {
    sd_event_source_disable_unref(ending_);
    sd_event_source_disable_unref(talking_);
}

Result<> Supervisor::start() {
    auto lock = lockName(settings_.name);
    if (!lock)
        return failure(lock.error());
    nameLock_ = std::move(*lock);
    auto luod = Luod::connect();
    if (!luod)
        return failure(luod.error());
    updates_.emplace(loop_, settings_.name, std::move(*luod), cover_);
    auto arrival = arrive(settings_, updates_->luod(), cover_);
    if (!arrival)
        return failure(arrival.error());
    vm_ = std::move(arrival->vm);
    watchSignals();
    watchQemu();
    sd_notify(0, "READY=1");
    updates_->begin({*vm_, [this] { watchQemu(); },
                     [this](const std::string& why) {
                         say(LOG_ERR, "the guest is lost: " + why);
                         leave(EXIT_FAILURE);
                     }},
                    arrival->covered, std::move(arrival->unfinished));
    return {};
}

void Supervisor::watchSignals() {
    for (const int number : passedOn)
        sd_event_add_signal(
            loop_, nullptr, number,
            [](sd_event_source*, const signalfd_siginfo* what, void* self) {
                static_cast<Supervisor*>(self)->onSignal(int(what->ssi_signo));
                return 0;
            },
            this);
    sd_event_add_post(
        loop_, nullptr,
        [](sd_event_source*, void* self) {
            static_cast<Supervisor*>(self)->updates_->process();
            return 0;
        },
        this);
}

void Supervisor::watchQemu() {
    sd_event_source_disable_unref(ending_);
    sd_event_source_disable_unref(talking_);
    sd_event_add_io(
        loop_, &ending_, vm_->child.pidfd(), EPOLLIN,
        [](sd_event_source*, int, std::uint32_t, void* self) {
            static_cast<Supervisor*>(self)->qemuEnded();
            return 0;
        },
        this);
    sd_event_add_io(
        loop_, &talking_, vm_->guest.fd(), EPOLLIN,
        [](sd_event_source*, int, std::uint32_t, void* self) {
            static_cast<Supervisor*>(self)->drain();
            return 0;
        },
        this);
}

// Events that nobody waits for, or the end of the wire: that QEMU has ended is told by its pidfd.
void Supervisor::drain() {
    if (!vm_->guest.drain())
        talking_ = sd_event_source_disable_unref(talking_);
}

void Supervisor::onSignal(int number) {
    if (updates_->frozen() && number != SIGUSR1 && number != SIGUSR2) {
        say(LOG_INFO, "the guest is saved, and goes on in the next kernel");
        vm_->child.kill();
        return leave(EXIT_SUCCESS);
    }
    if (number == SIGTERM && settings_.powerdown > 0)
        return powerDown();
    vm_->child.signal(number);
}

// Asked a second time, QEMU is ended at once.
void Supervisor::powerDown() {
    auto pressed = vm_->guest.pressPowerButton(Deadline::in(patience));
    const std::uint64_t time = std::exchange(settings_.powerdown, 0);
    if (!pressed)
        return vm_->child.signal(SIGTERM);
    sd_notify(0, "STOPPING=1\nSTATUS=The guest was asked to shut down");
    patience_.after(time, [this] {
        say(LOG_WARNING, "the guest does not shut down in time: its QEMU is ended");
        vm_->child.signal(SIGTERM);
    });
}

void Supervisor::qemuEnded() {
    ending_ = sd_event_source_disable_unref(ending_);
    talking_ = sd_event_source_disable_unref(talking_);
    const int status = vm_->child.wait();
    if (updates_->frozen()) {
        say(LOG_WARNING, "QEMU ended with " + endingOf(status) + "; the guest is saved, and nothing is lost");
        sd_notify(0, "STATUS=The guest is saved for the live update; its QEMU has ended");
        return;
    }
    if (status != 0)
        say(LOG_ERR, "QEMU ended with " + endingOf(status));
    updates_->end(endingOf(status));
    leave(status);
}

void Supervisor::leave(int status) {
    sd_notify(0, "STOPPING=1");
    status_ = status;
    sd_event_exit(loop_, 0);
}

} // namespace luod::qemu
