// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/notify.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace luod::platform::notify {

namespace {

std::string statusLine(std::string_view text) {
    std::string line = fmt::format("STATUS={}", text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

void send(const std::string& message) {
    sd_notify(0, message.c_str());
}

} // namespace

void ready(std::string_view status) {
    send(status.empty() ? "READY=1" : fmt::format("READY=1\n{}", statusLine(status)));
}

void reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void stopping() {
    send("STOPPING=1");
}

void status(std::string_view text) {
    send(statusLine(text));
}

} // namespace luod::platform::notify
