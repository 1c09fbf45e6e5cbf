// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <systemd/sd-event.h>
#include <utility>
#include <vector>

namespace luod::platform {

// Something the loop watches, for as long as this object lives. May be dropped at any time on the loop's thread, inside
// its own callback too, and may outlive the loop.
class EventSource {
public:
    EventSource() = default;
    EventSource(EventSource&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
    EventSource& operator=(EventSource&& other) noexcept {
        std::swap(source_, other.source_);
        return *this;
    }
    ~EventSource();

    explicit operator bool() const { return source_ != nullptr; }
    sd_event_source* raw() const { return source_; }

    void events(std::uint32_t epollEvents);       // io: from now on these
    void after(std::chrono::microseconds delay);  // timer: once, this long from now (again)
    void off();                                   // keep it, but do not call it
    void on();
    void prepare(std::function<void()> callback); // while it is on: before each time the loop goes to sleep

private:
    friend class EventLoop;
    explicit EventSource(sd_event_source* source) : source_(source) {}
    sd_event_source* source_ = nullptr;
};

// The one thread that decides: sd-event, thinly. Only post() may be called from other threads.
//
// An exception that leaves a callback is a bug: it is logged and the process terminates. Where sd-event has no memory
// or no fd for a source, std::system_error is thrown.
class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    int run(); // until exit(); returns its code
    void exit(int code = 0);
    sd_event* raw() const { return event_; }

    // The fd stays the caller's, who keeps it open longer than the source. The callback gets the epoll events.
    [[nodiscard]] EventSource io(int fd, std::uint32_t epollEvents, std::function<void(std::uint32_t)> callback);
    // Monotonic, once; again with after(). The second form waits for its first after().
    [[nodiscard]] EventSource timer(std::chrono::microseconds delay, std::function<void()> callback);
    [[nodiscard]] EventSource timer(std::function<void()> callback);
    // Once, on the next turn of the loop, unless dropped before.
    [[nodiscard]] EventSource defer(std::function<void()> callback);
    // Blocks the signal in the calling thread and, by inheritance, in all that are started later.
    [[nodiscard]] EventSource signal(int signal, std::function<void()> callback);

    // Runs it on the loop, in the order posted. Any thread. What was not run when the loop is destroyed never is.
    void post(std::function<void()> callback);
    // What was posted and not run goes now, and what it holds with it: the loop may live longer than what that refers to.
    void dropPosted();

    // Answers the service manager's watchdog from the loop. False where there is none ($WATCHDOG_USEC).
    bool watchdog();

private:
    void runPosted();

    sd_event* event_ = nullptr;
    core::UniqueFd wake_;
    EventSource woken_;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_; // under mutex_
};

} // namespace luod::platform
