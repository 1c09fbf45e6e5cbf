// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/config.hpp"
#include "app/daemon.hpp"
#include "platform/journal.hpp"
#include "platform/message_ids.hpp"
#include "version.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <sys/types.h>
#include <syslog.h>

namespace {

int usage(std::FILE* to, int status) {
    std::fputs("luod [--version|--help|--reload PID]\n"
               "\n"
               "Keeps files in the kernel's live update sessions and gives them back after a kexec.\n"
               "--reload has the luod of that PID read its configuration again: what systemctl reload does.\n"
               "Takes no other arguments; it is configured in /etc/luod/luod.conf, see luod(8) and luod.conf(5).\n",
               to);
    return status;
}

// For ExecReload=: kill(1) is not on every machine.
int reload(const char* pid) {
    char* end = nullptr;
    long number = std::strtol(pid, &end, 10);
    if (*end == '\0' && number > 0 && ::kill(pid_t(number), SIGHUP) == 0)
        return EXIT_SUCCESS;
    std::perror("luod --reload");
    return EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--version") == 0)
        return std::puts("luod " LUOD_VERSION) < 0;
    if (argc == 3 && std::strcmp(argv[1], "--reload") == 0)
        return reload(argv[2]);
    if (argc > 1)
        return std::strcmp(argv[1], "--help") == 0 ? usage(stdout, EXIT_SUCCESS) : usage(stderr, 2);
    try {
        auto loaded = luod::app::loadConfig();
        for (const std::string& warning : loaded.warnings)
            luod::platform::log(LOG_WARNING, warning, {}, luod::platform::message::configIgnored);
        return luod::app::Daemon(std::move(loaded.config)).run();
    } catch (const std::exception& error) {
        luod::platform::log(LOG_CRIT, error.what(), {}, luod::platform::message::startFailed);
        return EXIT_FAILURE;
    }
}
