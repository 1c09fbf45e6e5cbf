// SPDX-License-Identifier: LGPL-2.1-or-later

// A service that does what its arguments say, one after the other, and then waits for a signal:
//   ready  die  exit=N  barrier  status=TEXT  store=NAME:TEXT (a memfd)  store-nopoll=NAME:TEXT  store-again=NAME
//   store-pipe=NAME (its other end stays with us)  store-eventfd=NAME  remove=NAME  many=N (memfds 0..N-1)  next=N (one
//   more memfd, then die while there are fewer than N)  session=NAME (of the Live Update Orchestrator) report (status:
//   the fds that came, in order of name, with what they hold)  environment=NAME (status: its value) watchdog-once
//   silent-term (SIGTERM does nothing)  child-says=MESSAGE  reloadable last-words (SIGUSR1: store five memfds and die)
// "first:STEP" is for an instance that was given no fds, "again:STEP" for one that was.

#include "proto/liveupdate-abi.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <limits.h>
#include <map>
#include <string>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace {

std::map<std::string, int> given; // by name
int pipeEnd = -1;

int memfdOf(const std::string& text) {
    const int fd = memfd_create("fake", MFD_CLOEXEC);
    return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? fd : -1;
}

void store(const std::string& name, int fd, const std::string& more = "") {
    if (sd_pid_notify_with_fds(0, 0, fmt::format("FDSTORE=1\nFDNAME={}\n{}", name, more).c_str(), &fd, 1) < 0)
        std::_Exit(90);
    close(fd);
}

void storeText(const std::string& nameAndText, const std::string& more = "") {
    const auto colon = nameAndText.find(':');
    store(nameAndText.substr(0, colon), memfdOf(nameAndText.substr(colon + 1)), more);
}

void storePipe(const std::string& name) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        std::_Exit(90);
    pipeEnd = ends[1];
    store(name, ends[0]);
}

void storeSession(const std::string& name) {
    const int device = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);
    luo_create_session create{.size = sizeof create, .fd = -1, .name = {}};
    name.copy(reinterpret_cast<char*>(create.name), sizeof create.name - 1);
    if (device < 0 || ioctl(device, LUO_CREATE_SESSION, &create) < 0)
        std::_Exit(91);
    close(device);
    luo_preserve_fd preserve{.size = sizeof preserve, .fd = memfdOf("in session " + name), .token = 7};
    if (ioctl(create.fd, LUO_PRESERVE_FD, &preserve) < 0)
        std::_Exit(92);
    close(preserve.fd);
    store(name, create.fd, "FDPOLL=0");
}

std::string contentOf(int fd) {
    luo_retrieve_fd retrieve{.size = sizeof retrieve, .fd = -1, .token = 7};
    if (ioctl(fd, LUO_RETRIEVE_FD, &retrieve) == 0)
        fd = retrieve.fd;
    char text[100];
    const ssize_t length = pread(fd, text, sizeof text, 0);
    return std::string(text, length < 0 ? 0 : static_cast<std::size_t>(length));
}

void report() {
    std::string text;
    for (const auto& [name, fd] : given)
        text += fmt::format("{}={};", name, contentOf(fd));
    sd_notify(0, ("STATUS=" + text).c_str());
}

void nextOne(std::size_t enough) {
    if (given.size() < enough) {
        storeText(fmt::format("{}:text", given.size()));
        std::raise(SIGKILL);
    }
}

void takeGiven() {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(0, &names);
    for (int i = 0; i < count; ++i)
        given[names[i]] = SD_LISTEN_FDS_START + i;
}

// It lives until it was heard: of a dead one nobody can tell whose child it was.
void childSays(const std::string& message) {
    if (fork() == 0)
        std::_Exit(sd_notify(0, message.c_str()) < 0 || sd_notify_barrier(0, 30'000'000) < 0);
    wait(nullptr);
}

void storeAndDie(int) {
    for (int i = 0; i < 5; ++i)
        storeText(fmt::format("{}:text", i));
    std::raise(SIGKILL);
}

void reload(int) {
    sd_notify(0, "RELOADING=1");
    sd_notify(0, "STATUS=reloaded\nREADY=1");
}

const std::map<std::string, std::function<void(const std::string&)>> steps{
    {"ready", [](auto) { sd_notify(0, "READY=1"); }},
    {"die", [](auto) { std::raise(SIGKILL); }},
    {"exit", [](auto status) { std::_Exit(std::stoi(status)); }},
    {"barrier", [](auto) { sd_notify_barrier(0, 30'000'000) < 0 ? std::_Exit(93) : void(); }},
    {"status", [](auto text) { sd_notify(0, ("STATUS=" + text).c_str()); }},
    {"store", [](auto text) { storeText(text); }},
    {"store-nopoll", [](auto text) { storeText(text, "FDPOLL=0"); }},
    {"store-again", [](auto name) { store(name, dup(given.begin()->second)); }},
    {"store-pipe", storePipe},
    {"store-eventfd", [](auto name) { store(name, eventfd(0, EFD_CLOEXEC)); }},
    {"remove", [](auto name) { sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str()); }},
    {"many",
     [](auto n) {
         for (int i = 0; i < std::stoi(n); ++i)
             storeText(fmt::format("{}:text", i));
     }},
    {"next", [](auto n) { nextOne(std::stoul(n)); }},
    {"session", storeSession},
    {"report", [](auto) { report(); }},
    {"environment", [](auto name) { sd_notify(0, fmt::format("STATUS={}", std::getenv(name.c_str())).c_str()); }},
    {"watchdog-once", [](auto) { sd_notify(0, "WATCHDOG=1"); }},
    {"silent-term", [](auto) { std::signal(SIGTERM, SIG_IGN); }},
    {"child-says", childSays},
    {"last-words", [](auto) { std::signal(SIGUSR1, storeAndDie); }},
    {"reloadable", [](auto) { std::signal(SIGHUP, reload); }},
};

} // namespace

int main(int argc, char** argv) {
    takeGiven();
    for (int i = 1; i < argc; ++i) {
        std::string step = argv[i];
        if (step.starts_with(given.empty() ? "again:" : "first:"))
            continue;
        if (step.starts_with("again:") || step.starts_with("first:"))
            step.erase(0, 6);
        const auto equals = step.find('=');
        steps.at(step.substr(0, equals))(equals == std::string::npos ? "" : step.substr(equals + 1));
    }
    for (;;)
        pause();
}
