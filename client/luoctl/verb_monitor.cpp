// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "verbs.hpp"
#include "wait.hpp"

#include <csignal>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/signalfd.h>
#include <time.h>

namespace luoctl {
namespace {

using Names = std::map<std::string, std::string>; // object path -> session's name

uint64_t wallClock() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return uint64_t(now.tv_sec) * 1'000'000 + uint64_t(now.tv_nsec) / 1'000;
}

std::string wordOf(const luod_event& event) {
    switch (event.type) {
    case LUOD_EVENT_SESSION_ADDED:
        return "session-added";
    case LUOD_EVENT_SESSION_REMOVED:
        return "session-removed";
    case LUOD_EVENT_SESSION_CHANGED:
        return "session-changed";
    case LUOD_EVENT_FILE_PRESERVED:
        return "file-preserved";
    case LUOD_EVENT_FILE_TAKEN_OUT:
        return "file-taken-out";
    case LUOD_EVENT_FILE_RETRIEVED:
        return "file-retrieved";
    case LUOD_EVENT_FILE_INVALID:
        return "file-invalid";
    case LUOD_EVENT_AVAILABLE:
        return event.available ? "available" : "unavailable";
    case LUOD_EVENT_LUOD_GONE:
        return "luod-gone";
    case LUOD_EVENT_LUOD_BACK:
        return "luod-back";
    default:
        return "";
    }
}

bool isOfFile(int type) {
    return type == LUOD_EVENT_FILE_PRESERVED || type == LUOD_EVENT_FILE_TAKEN_OUT || type == LUOD_EVENT_FILE_RETRIEVED ||
           type == LUOD_EVENT_FILE_INVALID;
}

Event rowOf(const luod_event& event, Names& names) {
    if (event.type == LUOD_EVENT_SESSION_ADDED)
        names[event.session] = event.name;
    Event row{.time = wallClock(),
              .event = wordOf(event),
              .path = event.session,
              .token = event.token,
              .ofFile = isOfFile(event.type)};
    if (auto name = names.find(event.session); name != names.end())
        row.session = name->second;
    if (event.type == LUOD_EVENT_SESSION_REMOVED)
        names.erase(event.session);
    row.detail = row.ofFile ? event.name : event.state;
    return row;
}

std::string lineOf(const Event& event) {
    std::string line = fmt::format("{}  {:<15}", timestamp(event.time), event.event);
    if (!event.path.empty())
        line += " " + printable(event.session.empty() ? event.path : event.session);
    if (event.ofFile)
        line += fmt::format("  token {}", event.token);
    if (!event.detail.empty())
        line += "  " + printable(event.detail);
    return line + "\n";
}

Fd stopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return Fd{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void print(const Event& event, const Options& options) {
    std::string line = options.json != Json::Off ? dump(jsonOf(event), options.json) : lineOf(event);
    if (int r = writeAll(STDOUT_FILENO, line); r < 0)
        throw local("cannot write to standard output", -r);
}

} // namespace

void runMonitor(Context& context) {
    Luod& luod = context.luod;
    Fd signals = stopSignals();
    luod.check(luod_subscribe_progress(luod.handle()), "cannot subscribe");
    Names names;
    for (const Session& session : luod.list())
        names[session.path] = session.name;
    if (!context.options.quiet)
        writeAll(STDERR_FILENO, "Watching luod; Ctrl-C ends it.\n");
    do {
        while (luod.check(luod_process(luod.handle()), "cannot go on") > 0)
            ;
        const luod_event* event = nullptr;
        while (luod_next_event(luod.handle(), &event) > 0)
            if (!wordOf(*event).empty()) // not one that a newer library made up
                print(rowOf(*event, names), context.options);
    } while (!waitFor(luod, signals.get()));
}

} // namespace luoctl
