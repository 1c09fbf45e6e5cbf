// SPDX-License-Identifier: LGPL-2.1-or-later

// A guest lives through live updates: what it counts goes on, and its memory is what it was.

#include "host.hpp"

#include <fmt/format.h>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Life : public HostTest, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Machine, Life, testing::Values("pc", "q35"), [](const auto& info) { return std::string(info.param); });

TEST_P(Life, ItGoesOnInTheNextKernelAndInTheOneAfter) {
    Hosted guest(world, {.machine = {"-machine", GetParam()}});
    guest.boot();
    Seen seen = look(guest);
    for (int times = 0; times < 2; ++times) {
        guest.waitCovered();
        update();
        EXPECT_THAT(sessions(), AllOf(HasSubstr("vm1"), HasSubstr("incoming")));
        guest.resume();
        expectGoneOn(seen, guest);
        seen = look(guest);
        EXPECT_THAT(guest.said(), HasSubstr("runs on"));
    }
    guest.waitCovered();
    EXPECT_THAT(sessions(), AllOf(HasSubstr("outgoing"), Not(HasSubstr("incoming"))));
    const std::string report = world.luoctl({"report"}).out;
    for (const char* step : {"vm1 ", "vm1: saved", "vm1: preserved", "vm1: starting", "vm1: started", "vm1: loaded", "vm1: running"})
        EXPECT_THAT(report.substr(report.find("PAUSED")), HasSubstr(step));
    fmt::print("{}", report.substr(report.find("PAUSED")));
}

TEST_F(HostTest, TheCounterGoesOnFromWhereItStoodStill) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    const auto before = guest.line.number('c');
    update();
    const auto stopped = counterIn("vm1", "memory.ram");
    EXPECT_GE(stopped, before);
    guest.setMachine({"-machine", "q35", "-S"}); // not heeded: the command is the one of before
    guest.resume();
    EXPECT_GE(guest.line.number('c'), stopped);
}

TEST_F(HostTest, ThreeGuestsOfDifferentSize) {
    std::vector<std::unique_ptr<Hosted>> guests;
    std::vector<Seen> seen;
    for (const char* memory : {"16M", "48M", "96M"}) {
        guests.push_back(std::make_unique<Hosted>(
            world, Hosted::Options{.name = std::string("vm") + memory, .machine = {"-machine", "pc"}, .memory = memory}));
        guests.back()->boot();
        guests.back()->waitCovered();
        seen.push_back(look(*guests.back()));
    }
    update();
    for (const auto& guest : guests)
        guest->resume();
    for (std::size_t i = 0; i < guests.size(); ++i)
        expectGoneOn(seen[i], *guests[i]);
}

TEST_F(HostTest, WithTheUsualDevices) {
    Hosted guest(world, {.machine = {"-machine", "q35", "-smp", "2", "-drive", "driver=null-co,if=none,id=n", "-device",
                                     "virtio-blk-pci,drive=n", "-nic", "user,model=virtio-net-pci", "-vga", "std", "-usb",
                                     "-device", "usb-tablet", "-device", "virtio-rng-pci", "-device", "virtio-balloon-pci"}});
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, MemoryInTwoNodes) {
    Hosted guest(world, {.machine = {"-machine", "pc", "-smp", "2", "-object", "memory-backend-ram,id=m0,size=16M", "-object",
                                     "memory-backend-memfd,id=m1,size=16M", "-numa", "node,memdev=m0", "-numa",
                                     "node,memdev=m1"}});
    guest.boot();
    const Seen seen = look(guest);
    EXPECT_EQ(seen.memory, "27"); // over both, up to the firmware's tables
    guest.waitCovered();
    update();
    EXPECT_THAT(world.luoctl({"show", "vm1"}).out, AllOf(HasSubstr("memory.m0"), HasSubstr("memory.m1")));
    guest.resume();
    expectGoneOn(seen, guest);
}

} // namespace
} // namespace luod::tests
