// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/event_loop.hpp"

#include "platform/journal.hpp"
#include "platform/message_ids.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <new>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace luod::platform {

namespace {

// What sd-event carries as userdata; freed with the source, so that a callback may drop its own.
struct Callbacks {
    std::function<void(std::uint32_t)> fire;
    std::function<void()> prepare;
};

void check(int result, const char* what) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), what);
}

// sd-event is C: nothing may be thrown through it.
template <typename Function> int guarded(const Function& function) noexcept {
    try {
        function();
        return 0;
    } catch (const std::bad_alloc&) { // half of something may have been done: the next luod sorts that out
        log(LOG_CRIT, "no memory is left: luod ends and is to be started again; no session is lost by it", {},
            message::outOfMemory);
        std::_Exit(EXIT_FAILURE);
    } catch (const std::exception& e) {
        log(LOG_CRIT, fmt::format("a bug: an exception left a callback: {}", e.what()), {}, message::bug);
    } catch (...) {
        log(LOG_CRIT, "a bug: something was thrown out of a callback", {}, message::bug);
    }
    std::terminate();
}

int fire(void* userdata, std::uint32_t events = 0) noexcept {
    return guarded([&] { static_cast<Callbacks*>(userdata)->fire(events); });
}

extern "C" {
static int onIo(sd_event_source*, int, std::uint32_t events, void* userdata) {
    return fire(userdata, events);
}
static int onTimer(sd_event_source*, std::uint64_t, void* userdata) {
    return fire(userdata);
}
static int onDefer(sd_event_source*, void* userdata) {
    return fire(userdata);
}
static int onSignal(sd_event_source*, const signalfd_siginfo*, void* userdata) {
    return fire(userdata);
}
static int onPrepare(sd_event_source*, void* userdata) {
    return guarded([&] { static_cast<Callbacks*>(userdata)->prepare(); });
}
static void onDestroy(void* userdata) {
    delete static_cast<Callbacks*>(userdata);
}
}

// add(&source, callbacks) makes the source with the callbacks as its userdata.
template <typename Add> sd_event_source* make(const char* what, std::function<void(std::uint32_t)> fire, Add add) {
    auto callbacks = std::make_unique<Callbacks>(Callbacks{std::move(fire), {}});
    sd_event_source* source = nullptr;
    check(add(&source, callbacks.get()), what);
    check(sd_event_source_set_destroy_callback(source, onDestroy), what);
    callbacks.release();
    return source;
}

std::function<void(std::uint32_t)> ignoringEvents(std::function<void()> callback) {
    return [callback = std::move(callback)](std::uint32_t) { callback(); };
}

} // namespace

EventSource::~EventSource() {
    sd_event_source_disable_unref(source_);
}

void EventSource::events(std::uint32_t epollEvents) {
    check(sd_event_source_set_io_events(source_, epollEvents), "cannot watch a descriptor");
}

void EventSource::after(std::chrono::microseconds delay) {
    check(sd_event_source_set_time_relative(source_,
                                            static_cast<std::uint64_t>(std::max<std::int64_t>(0, delay.count()))),
          "cannot set a timer");
    check(sd_event_source_set_enabled(source_, SD_EVENT_ONESHOT), "cannot set a timer");
}

void EventSource::off() {
    check(sd_event_source_set_enabled(source_, SD_EVENT_OFF), "cannot switch an event off");
}

void EventSource::on() {
    check(sd_event_source_set_enabled(source_, SD_EVENT_ON), "cannot switch an event on");
}

void EventSource::prepare(std::function<void()> callback) {
    static_cast<Callbacks*>(sd_event_source_get_userdata(source_))->prepare = std::move(callback);
    check(sd_event_source_set_prepare(source_, onPrepare), "cannot prepare an event");
}

EventLoop::EventLoop() {
    check(sd_event_new(&event_), "cannot make an event loop");
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_)
        throw std::system_error(errno, std::generic_category(), "cannot make an event loop");
    woken_ = io(wake_.get(), EPOLLIN, [this](std::uint32_t) { runPosted(); });
}

EventLoop::~EventLoop() {
    woken_ = {};
    sd_event_unref(event_);
}

int EventLoop::run() {
    int code = sd_event_loop(event_);
    check(code, "the event loop failed");
    return code;
}

void EventLoop::exit(int code) {
    check(sd_event_exit(event_, code), "cannot leave the event loop");
}

EventSource EventLoop::io(int fd, std::uint32_t epollEvents, std::function<void(std::uint32_t)> callback) {
    return EventSource(make("cannot watch a descriptor", std::move(callback), [&](auto source, auto* callbacks) {
        return sd_event_add_io(event_, source, fd, epollEvents, onIo, callbacks);
    }));
}

EventSource EventLoop::timer(std::function<void()> callback) {
    auto source =
        EventSource(make("cannot make a timer", ignoringEvents(std::move(callback)), [&](auto source, auto* callbacks) {
            return sd_event_add_time(event_, source, CLOCK_MONOTONIC, 0, 1, onTimer, callbacks);
        }));
    source.off();
    return source;
}

EventSource EventLoop::timer(std::chrono::microseconds delay, std::function<void()> callback) {
    auto source = timer(std::move(callback));
    source.after(delay);
    return source;
}

EventSource EventLoop::defer(std::function<void()> callback) {
    return EventSource(make("cannot defer", ignoringEvents(std::move(callback)), [&](auto source, auto* callbacks) {
        return sd_event_add_defer(event_, source, onDefer, callbacks);
    }));
}

EventSource EventLoop::signal(int signal, std::function<void()> callback) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    check(-pthread_sigmask(SIG_BLOCK, &one, nullptr), "cannot block a signal");
    return EventSource(
        make("cannot watch a signal", ignoringEvents(std::move(callback)), [&](auto source, auto* callbacks) {
            return sd_event_add_signal(event_, source, signal, onSignal, callbacks);
        }));
}

void EventLoop::post(std::function<void()> callback) {
    {
        std::lock_guard lock(mutex_);
        posted_.push_back(std::move(callback));
    }
    std::uint64_t one = 1; // fails only where the counter is full, and then the loop is awake anyway
    [[maybe_unused]] auto written = ::write(wake_.get(), &one, sizeof one);
}

void EventLoop::dropPosted() {
    std::vector<std::function<void()>> dropped;
    std::lock_guard lock(mutex_);
    dropped.swap(posted_);
}

void EventLoop::runPosted() {
    std::uint64_t count;
    [[maybe_unused]] auto got = ::read(wake_.get(), &count, sizeof count);
    std::vector<std::function<void()>> now;
    {
        std::lock_guard lock(mutex_);
        now.swap(posted_);
    }
    for (auto& callback : now)
        std::exchange(callback, nullptr)();
}

bool EventLoop::watchdog() {
    int result = sd_event_set_watchdog(event_, true);
    check(result, "cannot answer the watchdog");
    return result > 0;
}

} // namespace luod::platform
