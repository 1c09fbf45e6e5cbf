// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command.hpp"

#include "failure.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr int firstFd = 3; // SD_LISTEN_FDS_START

// First out of the way of each other, then into their places; dup2 takes close-on-exec off.
void arrange(std::vector<Retrieved>& files) {
    int end = firstFd + int(files.size());
    for (Retrieved& file : files) {
        Fd moved{fcntl(file.fd.get(), F_DUPFD_CLOEXEC, end)};
        if (moved.get() < 0)
            throw local("cannot pass the files on", errno);
        file.fd = std::move(moved);
    }
    int place = firstFd;
    for (Retrieved& file : files) {
        int own = file.fd.release();
        if (dup2(own, place++) < 0)
            throw local("cannot pass the files on", errno);
        close(own);
    }
}

void setEnvironment(size_t files, const std::string& names) {
    setenv("LISTEN_FDS", std::to_string(files).c_str(), 1);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

} // namespace

std::string listenNames(const std::vector<Retrieved>& files) {
    std::string names;
    for (const Retrieved& file : files) {
        std::string name = file.name.empty() ? fmt::format("token-{}", file.token) : file.name;
        std::ranges::replace_if(
            name, [](unsigned char c) { return c == ':' || c < 0x20 || c == 0x7f; }, '_');
        names += (names.empty() ? "" : ":") + name;
    }
    return names;
}

void become(const std::vector<std::string>& command, std::vector<Retrieved> files) {
    setEnvironment(files.size(), listenNames(files));
    arrange(files);
    std::vector<char*> argv;
    for (const std::string& word : command)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    signal(SIGPIPE, SIG_DFL); // an ignored signal would be inherited
    execvp(argv[0], argv.data());
    throw local(fmt::format("cannot run {}", command.front()), errno);
}

} // namespace luoctl
