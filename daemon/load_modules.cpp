// SPDX-License-Identifier: LGPL-2.1-or-later
//
// luod-modules: loads the modules that files of the last live update need, before anybody opens /dev/liveupdate: that
// first open reads every session, and where one file finds no handler all are lost. Run twice: as a generator, which is
// before systemd 261 and later open the device themselves, and as luod-modules.service, before luod does.
#include "app/module_list.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Names = std::vector<std::string>;

// Nothing where there is no record, or none yet. root: for tests.
std::optional<Names> recorded(const std::string& root) {
    std::ifstream file(root + "/var/lib/luod/handover");
    if (!file)
        return {};
    return luod::app::recordedModules({std::istreambuf_iterator<char>(file), {}});
}

// The kernel shows modules, and most of what is built in, under its own spelling.
bool isThere(const std::string& root, std::string name) {
    std::ranges::replace(name, '-', '_');
    return ::access((root + "/sys/module/" + name).c_str(), F_OK) == 0;
}

int cannotRun(const std::string& program, int err) {
    std::fprintf(stderr, "luod-modules: %s: %s; what the last live update brought may be lost\n", program.c_str(),
                 std::strerror(err));
    return EXIT_FAILURE;
}

// modprobe is what knows of compressed modules, dependencies and what an administrator configured for each.
int modprobe(const std::string& root, Names& names) {
    std::string program = root + "/usr/sbin/modprobe";
    std::vector<char*> arguments;
    for (const char* word : {"modprobe", "-a", "--"})
        arguments.push_back(const_cast<char*>(word));
    for (std::string& name : names)
        arguments.push_back(name.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    if (int err = ::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments.data(), environ))
        return cannotRun(program, err);
    int status = 0;
    bool ended = ::waitpid(pid, &status, 0) == pid && WIFEXITED(status);
    return ended ? WEXITSTATUS(status) : EXIT_FAILURE;
}

// 0: all are there now.
int load(const std::string& root, Names names) {
    std::erase_if(names, [&](const std::string& name) { return isThere(root, name); });
    return names.empty() ? EXIT_SUCCESS : modprobe(root, names);
}

// There is no journal yet where generators run.
void speakToKernelLog(const std::string& root) {
    if (int log = ::open((root + "/dev/kmsg").c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY); log >= 0) {
        ::dup2(log, STDERR_FILENO);
        ::close(log);
    }
}

// Where nothing is left to be done for the service, it does not run: luod, and with it every client, would wait for it.
int generate(const std::string& root, const std::string& earlyUnits) {
    speakToKernelLog(root);
    auto names = recorded(root);
    if (!names)
        return EXIT_SUCCESS;
    int status = load(root, *names);
    if (status == EXIT_SUCCESS && ::symlink("/dev/null", (earlyUnits + "/luod-modules.service").c_str()) < 0)
        std::perror("luod-modules: luod-modules.service runs, too");
    return status;
}

int usage() {
    std::fputs("luod-modules [--root=DIRECTORY] [NORMAL EARLY LATE]\n"
               "\n"
               "Loads the modules that files of the last live update need. Started as luod-modules.service and, with three\n"
               "directories, as a generator; see luod(8).\n",
               stderr);
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    constexpr std::string_view option = "--root=";
    std::span<char*> arguments(argv + 1, std::size_t(argc) - 1);
    std::string root;
    if (!arguments.empty() && std::string_view(arguments[0]).starts_with(option)) {
        root = arguments[0] + option.size();
        arguments = arguments.subspan(1);
    }
    if (arguments.size() == 3)
        return generate(root, arguments[1]);
    return arguments.empty() ? load(root, recorded(root).value_or(Names())) : usage();
}
