// SPDX-License-Identifier: LGPL-2.1-or-later

// service-manager: plays systemd's part for one service, in tests on machines without systemd and under luo-sim.

#include "manager.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

int main(int argc, char** argv) {
    luod::tests::ManagerSetup setup;
    std::string restart = "always", carry = "yes", notifyAccess = "main";
    double watchdog = 0, stopTimeout = 10;
    CLI::App app{"Plays systemd's part for one service: fd store, notify socket, restarts, and the way over a kexec.\n"
                 "Commands on the control socket, one a line, each answered by a line 'ok ...' or 'error ...':\n"
                 "wait-ready pid list status kill restart reload stop start clean kexec kexec-direct"};
    app.add_option("--fdstore-max", setup.storeCapacity, "FileDescriptorStoreMax=")->capture_default_str();
    app.add_option("--restart", restart, "Restart=, without delay")->check(CLI::IsMember({"always", "no"}));
    app.add_option("--notify-access", notifyAccess, "NotifyAccess=")->check(CLI::IsMember({"main", "all"}));
    app.add_option("--watchdog", watchdog, "WatchdogSec=");
    app.add_option("--stop-timeout", stopTimeout, "TimeoutStopSec=")->capture_default_str();
    app.add_option("--control", setup.control, "path of the control socket");
    app.add_option("--name", setup.unit, "name of the unit")->capture_default_str();
    app.add_option("--carry", carry, "carry the fd store over a kexec, as systemd 261 does")
        ->check(CLI::IsMember({"yes", "no"}));
    app.add_flag("--allow-kexec", setup.mayKexec, "only under a simulator: otherwise this very machine goes over");
    app.add_option("--image", setup.image, "kernel to load before a kexec when none is");
    app.add_option("--image-cmdline", setup.imageCommandLine, "its command line instead of the present one");
    app.add_option("command", setup.command, "the service")->required();
    CLI11_PARSE(app, argc, argv);

    const auto microseconds = [](double seconds) { return std::chrono::microseconds(std::int64_t(seconds * 1e6)); };
    if (watchdog > 0)
        setup.watchdog = microseconds(watchdog);
    setup.stopTimeout = microseconds(stopTimeout);
    setup.restart = restart == "always";
    setup.notifyAll = notifyAccess == "all";
    setup.carry = carry == "yes";
    try {
        return luod::tests::Manager(std::move(setup)).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "service-manager: %s\n", error.what());
        return 1;
    }
}
