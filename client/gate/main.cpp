// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate.hpp"
#include "message_ids.hpp"
#include "say.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

namespace {

int usage(std::FILE* to, int status) {
    std::fputs("luod-gate [--root=DIRECTORY | --version | --help]\n"
               "\n"
               "Leads shutdowns into the next kernel through luod. Started as luod-gate.service; see luod-gate(8).\n",
               to);
    return status;
}

int onSignal(sd_event_source*, const signalfd_siginfo*, void* gate) {
    static_cast<luod::gate::Gate*>(gate)->terminate();
    return 0;
}

int run(const std::string& root) {
    sigset_t terminate;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    sigaddset(&terminate, SIGINT);
    ::sigprocmask(SIG_BLOCK, &terminate, nullptr);
    sd_event* made = nullptr;
    if (sd_event_default(&made) < 0)
        return EXIT_FAILURE;
    std::unique_ptr<sd_event, sd_event* (*)(sd_event*)> loop(made, sd_event_unref);
    luod::gate::Gate gate(loop.get(), luod::gate::Paths(root));
    for (int signal : {SIGTERM, SIGINT})
        sd_event_add_signal(loop.get(), nullptr, signal, onSignal, &gate);
    gate.start();
    return sd_event_loop(loop.get()) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
    std::string root;
    if (argc > 1 && std::strcmp(argv[1], "--version") == 0)
        return std::puts("luod-gate " LUOD_VERSION) < 0;
    if (argc == 2 && std::strncmp(argv[1], "--root=", 7) == 0)
        root = argv[1] + 7;
    else if (argc > 1)
        return std::strcmp(argv[1], "--help") == 0 ? usage(stdout, EXIT_SUCCESS) : usage(stderr, 2);
    try {
        return run(root);
    } catch (const std::exception& error) {
        luod::gate::say(LOG_CRIT, error.what(), luod::gate::message::failed);
        return EXIT_FAILURE;
    }
}
