// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playground.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cli {

Playground::Playground() {
    bus_ = connect();
    startMock();
}

Playground::Bus Playground::connect() {
    sd_bus* bus = nullptr;
    EXPECT_GE(sd_bus_new(&bus), 0);
    EXPECT_GE(sd_bus_set_address(bus, privateBus_.address().c_str()), 0);
    EXPECT_GE(sd_bus_set_bus_client(bus, 1), 0);
    EXPECT_GE(sd_bus_start(bus), 0);
    return {bus, sd_bus_flush_close_unref};
}

void Playground::startMock() {
    mock_ = std::make_unique<Process>(std::vector<std::string>{MOCK_LUOD, privateBus_.address()});
    EXPECT_EQ(luod::tests::readLine(mock_->out()), "ready");
}

std::map<std::string, std::string> Playground::environment() const {
    return {
        {"LUOD_BUS_ADDRESS", privateBus_.address()}, {"LD_PRELOAD", FAKE_IOCTL}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
}

Process Playground::startLuoctl(std::vector<std::string> words, int out, int err) {
    words.insert(words.begin(), LUOCTL);
    luod::tests::ProcessOptions options{
        .command = std::move(words), .environment = environment(), .captureOutput = out < 0, .captureErrors = err < 0};
    if (out >= 0)
        options.fds.emplace_back(STDOUT_FILENO, out);
    if (err >= 0)
        options.fds.emplace_back(STDERR_FILENO, err);
    return Process(std::move(options));
}

Outcome Playground::luoctl(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), LUOCTL);
    UniqueFd in = memfdWith(input);
    return luod::tests::run({.command = std::move(words),
                             .environment = environment(),
                             .fds = {{STDIN_FILENO, in.get()}},
                             .captureErrors = true});
}

Playground::Client Playground::client() {
    luod_client* client = nullptr;
    EXPECT_EQ(luod_open(&client, privateBus_.address().c_str()), 0);
    return {client, luod_close};
}

std::string Playground::create(const std::string& name) {
    char* path = nullptr;
    EXPECT_EQ(luod_create(client().get(), name.c_str(), LUOD_ANY_OWNER, &path), 0);
    std::string out = path ? path : "";
    free(path);
    return out;
}

UniqueFd memfdWith(const std::string& content) {
    UniqueFd fd{memfd_create("test", MFD_CLOEXEC)};
    EXPECT_EQ(write(fd.get(), content.data(), content.size()), ssize_t(content.size()));
    lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::string contentOf(int fd) {
    std::string content(size_t(lseek(fd, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd, content.data(), content.size(), 0), ssize_t(content.size()));
    return content;
}

bool closeOnExec(int fd) {
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

} // namespace cli
