// SPDX-License-Identifier: LGPL-2.1-or-later
#include "host.hpp"

#include "binaries.hpp"

#include <fstream>

namespace luod::tests {

Hosted::Hosted(World& world, Options options) : world_(world), options_(std::move(options)) {}

Words Hosted::command() const {
    Words words{"/usr/bin/env", "NOTIFY_SOCKET=" + manager_.address(), binary("luo-qemu"), "--name", options_.name};
    const auto add = [&](const Words& more) { words.insert(words.end(), more.begin(), more.end()); };
    add(options_.options);
    add({"--", options_.qemu.empty() ? QEMU : options_.qemu, "-nodefaults", "-display", "none", "-m", options_.memory, "-kernel",
         GUEST});
    add(options_.machine);
    add(line.arguments());
    return words;
}

void Hosted::begin() { process_ = world_.begin(command()); }

void Hosted::boot() {
    begin();
    waitStatus("READY=1");
    line.accept();
    line.waitBooted();
}

void Hosted::resume() {
    begin();
    waitStatus("READY=1");
    line.accept();
}

void Hosted::waitStatus(const std::string& words) {
    for (;;) {
        if (!waitEither(manager_.fd(), process_->connection.get()))
            throw std::runtime_error("luo-qemu does not say '" + words + "', but: " + said());
        if (!waitReadable(manager_.fd(), Deadline(std::chrono::milliseconds(0))))
            throw std::runtime_error("luo-qemu has ended: " + said());
        const auto message = manager_.next();
        pid_ = message.sender;
        if (message.text.find(words) != std::string::npos)
            return;
    }
}

pid_t Hosted::qemu() const {
    std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
    pid_t child = 0;
    if (!(children >> child))
        throw std::runtime_error("luo-qemu has no QEMU");
    return child;
}

HostTest::Seen HostTest::look(Hosted& guest) {
    Seen seen;
    seen.sum = guest.line.ask('s');
    seen.memory = guest.line.ask('m');
    seen.boot = guest.line.ask('b');
    seen.ticks = guest.line.number('t');
    seen.counter = guest.line.number('c');
    return seen;
}

void HostTest::expectGoneOn(const Seen& before, Hosted& guest) {
    const Seen now = look(guest);
    EXPECT_EQ(now.sum, before.sum);
    EXPECT_EQ(now.memory, before.memory);
    EXPECT_EQ(now.boot, before.boot);
    EXPECT_EQ(guest.line.number('w'), 0u);
    EXPECT_GE(now.ticks, before.ticks);
    EXPECT_GE(now.counter, before.counter);
    EXPECT_GE(guest.line.number('c'), now.counter + 1); // and it still counts: an answer comes with a tick
}

unsigned long HostTest::counterIn(const std::string& session, const std::string& file) {
    const Outcome memory = world.luoctl({"retrieve", session, file});
    EXPECT_EQ(memory.status, 0) << memory.err;
    std::uint32_t counter = 0;
    memory.out.copy(reinterpret_cast<char*>(&counter), sizeof counter, 0x7000);
    return counter;
}

} // namespace luod::tests
