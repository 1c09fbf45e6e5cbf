// SPDX-License-Identifier: LGPL-2.1-or-later
#include "say.hpp"
#include "supervisor.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

namespace {

using namespace luod::qemu;

constexpr int usageStatus = 2;

// Before any thread is there, so that none of them takes one.
void blockSignals() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
        sigaddset(&ours, number);
    sigprocmask(SIG_BLOCK, &ours, nullptr);
}

int run(Settings settings) {
    blockSignals();
    sd_event* made = nullptr;
    if (sd_event_default(&made) < 0)
        return EXIT_FAILURE;
    const std::unique_ptr<sd_event, sd_event* (*)(sd_event*)> loop(made, sd_event_unref);
    Supervisor supervisor(loop.get(), std::move(settings));
    if (auto started = supervisor.start(); !started) {
        say(LOG_ERR, started.error());
        return EXIT_FAILURE;
    }
    sd_event_loop(loop.get());
    return supervisor.status();
}

} // namespace

int main(int argc, char** argv) {
    auto line = readCommandLine({argv + 1, argv + argc});
    if (!line) {
        say(LOG_ERR, line.error());
        return usageStatus;
    }
    if (line->help || line->version)
        return std::fputs(line->help ? helpText().c_str() : "luo-qemu " LUOD_VERSION "\n", stdout) < 0;
    try {
        return run(std::move(line->settings));
    } catch (const std::exception& error) {
        say(LOG_CRIT, error.what());
        return EXIT_FAILURE;
    }
}
