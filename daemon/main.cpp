// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/config.hpp"
#include "app/daemon.hpp"
#include "platform/journal.hpp"
#include "version.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <syslog.h>

namespace {

int usage(std::FILE* to, int status) {
    std::fputs("luod [--version|--help]\n"
               "\n"
               "Keeps files in the kernel's live update sessions and gives them back after a kexec.\n"
               "Takes no other arguments; it is configured in /etc/luod/luod.conf, see luod(8) and luod.conf(5).\n",
               to);
    return status;
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--version") == 0)
        return std::puts("luod " LUOD_VERSION) < 0;
    if (argc > 1)
        return std::strcmp(argv[1], "--help") == 0 ? usage(stdout, EXIT_SUCCESS) : usage(stderr, 2);
    try {
        auto loaded = luod::app::loadConfig();
        for (const std::string& warning : loaded.warnings)
            luod::platform::log(LOG_WARNING, warning);
        return luod::app::Daemon(std::move(loaded.config)).run();
    } catch (const std::exception& error) {
        luod::platform::log(LOG_CRIT, error.what());
        return EXIT_FAILURE;
    }
}
