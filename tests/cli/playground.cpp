// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playground.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cli {
namespace {

// Descriptors for 0, 1, 2, and an extra one that becomes 3; -1: as they are, or none.
pid_t start(std::vector<std::string> words, std::vector<std::string> environment, std::array<int, 4> fds) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 4; ++i)
        if (fds[size_t(i)] >= 0)
            posix_spawn_file_actions_adddup2(&actions, fds[size_t(i)], i);
    std::vector<char*> argv, envp;
    for (std::string& word : words)
        argv.push_back(word.data());
    for (std::string& variable : environment)
        envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_t pid = 0;
    int r = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(r, 0) << words.front() << ": " << std::strerror(r);
    return r == 0 ? pid : 0;
}

std::string path() {
    return std::string("PATH=") + std::getenv("PATH");
}

// Reads both until both have ended.
void drain(int out, int err, Ran& ran) {
    std::array<pollfd, 2> fds{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
    std::array<std::string*, 2> into{&ran.out, &ran.err};
    for (int left = 2; left > 0;) {
        poll(fds.data(), fds.size(), -1);
        for (size_t i = 0; i < fds.size(); ++i) {
            std::array<char, 65536> buffer;
            ssize_t n = fds[i].revents ? read(fds[i].fd, buffer.data(), buffer.size()) : -1;
            if (n > 0)
                into[i]->append(buffer.data(), size_t(n));
            else if (fds[i].revents) {
                fds[i].fd = -1;
                --left;
            }
        }
    }
}

std::vector<std::string> environmentFor(const std::string& address) {
    return {path(), "LUOD_BUS_ADDRESS=" + address, std::string("LD_PRELOAD=") + FAKE_IOCTL, "LC_ALL=C.UTF-8", "TZ=UTC"};
}

} // namespace

int Child::end(int signal) {
    int status = 0;
    if (pid_ > 0) {
        kill(pid_, signal);
        waitpid(pid_, &status, 0);
    }
    pid_ = 0;
    return status;
}

void Playground::SetUp() {
    std::array<int, 2> ends;
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    // It complains about limits where it may not raise them; nobody needs to read that.
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    daemon_ = Child{start({"dbus-daemon", std::string("--config-file=") + BUS_CONF, "--nofork", "--print-address=3"},
                          {path()}, {-1, -1, nowhere, ends[1]})};
    close(nowhere);
    close(ends[1]);
    std::array<char, 512> line;
    ssize_t n = read(ends[0], line.data(), line.size()); // it is ready when it says where
    close(ends[0]);
    ASSERT_GT(n, 1);
    address_.assign(line.data(), size_t(n - 1));
    bus_ = connect();
    startMock();
}

Playground::Bus Playground::connect() {
    sd_bus* bus = nullptr;
    EXPECT_GE(sd_bus_new(&bus), 0);
    EXPECT_GE(sd_bus_set_address(bus, address_.c_str()), 0);
    EXPECT_GE(sd_bus_set_bus_client(bus, 1), 0);
    EXPECT_GE(sd_bus_start(bus), 0);
    return {bus, sd_bus_flush_close_unref};
}

void Playground::startMock() {
    bool there = false;
    sd_bus_slot* slot = nullptr;
    sd_bus_match_signal(
        bus_.get(), &slot, "org.freedesktop.DBus", nullptr, "org.freedesktop.DBus", "NameOwnerChanged",
        [](sd_bus_message* message, void* data, sd_bus_error*) {
            const char *name = nullptr, *before = nullptr, *now = nullptr;
            sd_bus_message_read(message, "sss", &name, &before, &now);
            *static_cast<bool*>(data) |= std::string(name) == "org.luod1" && *now;
            return 0;
        },
        &there);
    mock_ = Child{start({MOCK_LUOD, address_}, {path()}, {-1, -1, -1, -1})};
    while (!there) {
        int r = sd_bus_process(bus_.get(), nullptr);
        ASSERT_GE(r, 0);
        if (r == 0) {
            ASSERT_GT(sd_bus_wait(bus_.get(), 20'000'000), 0) << "the mock does not come";
        }
    }
    sd_bus_slot_unref(slot);
}

Child Playground::startLuoctl(std::vector<std::string> words, int out, int err) {
    words.insert(words.begin(), LUOCTL);
    return Child{start(std::move(words), environmentFor(address_), {-1, out, err, -1})};
}

Ran Playground::luoctl(std::vector<std::string> words, const std::string& input) {
    std::array<int, 2> out, err;
    EXPECT_EQ(pipe2(out.data(), O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err.data(), O_CLOEXEC), 0);
    int in = memfdWith(input);
    words.insert(words.begin(), LUOCTL);
    Child child{start(std::move(words), environmentFor(address_), {in, out[1], err[1], -1})};
    close(in);
    close(out[1]);
    close(err[1]);
    Ran ran;
    drain(out[0], err[0], ran);
    close(out[0]);
    close(err[0]);
    int status = child.end(0);
    ran.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
}

std::unique_ptr<luod_client, luod_client* (*)(luod_client*)> Playground::client() {
    luod_client* client = nullptr;
    EXPECT_EQ(luod_open(&client, address_.c_str()), 0);
    return {client, luod_close};
}

std::string Playground::create(const std::string& name) {
    char* path = nullptr;
    EXPECT_EQ(luod_create(client().get(), name.c_str(), LUOD_ANY_OWNER, &path), 0);
    std::string out = path ? path : "";
    free(path);
    return out;
}

int memfdWith(const std::string& content) {
    int fd = memfd_create("test", MFD_CLOEXEC);
    EXPECT_EQ(write(fd, content.data(), content.size()), ssize_t(content.size()));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

std::string contentOf(int fd) {
    std::string content(size_t(lseek(fd, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd, content.data(), content.size(), 0), ssize_t(content.size()));
    return content;
}

size_t openFds() {
    auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return size_t(std::distance(begin(all), end(all)));
}

bool closeOnExec(int fd) {
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

} // namespace cli
