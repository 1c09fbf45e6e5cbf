// SPDX-License-Identifier: LGPL-2.1-or-later

// What luod depends on is away or refuses: it says so, and loses nothing.

#include "expect.hpp"
#include "memfd.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <tuple>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::HasSubstr;

TEST(Device, IsAbsent) {
    World world({.simulator = {"--cmdline", "root=/dev/vda rw kho=on"}});
    Client client(world);
    const Client::Status status = client.status();
    EXPECT_FALSE(status.available);
    EXPECT_THAT(status.reason, HasSubstr("liveupdate=on"));
    EXPECT_EQ(status.lastHandover, "none");
    const Unchanged guard(world, client);
    expectRefused(client.create("vm1"), "Unavailable", "boot with kho=on liveupdate=on");
}

TEST(Device, IsBusyForAWhile) {
    World world;
    Client client(world);
    for (const int opening : {1, 2, 3, 4, 5})
        world.fault(fmt::format("open:nth={}:errno=EBUSY", opening));
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, file.get(), 1));
}

TEST(Device, IsBusyForTooLong) {
    World world({.config = "[Daemon]\nDeviceTimeoutSec=100ms\n"});
    Client client(world);
    client.made("vm1");
    world.fault("open:errno=EBUSY");
    {
        const Unchanged guard(world, client);
        expectRefused(client.create("vm2"), "Busy", "another program has /dev/liveupdate open; try again");
    }
    world.noFaults();
    expectDone(client.create("vm2"));
}

// Nothing is decided on a guess: luod ends, and with it back nothing is lost.
TEST(Device, IsBusyForTooLongAtTheStart) {
    World world({.manager = {"--carry", "no"}, .config = "[Daemon]\nDeviceTimeoutSec=50ms\n"});
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, file.get(), 1));
    world.fault("open:errno=EBUSY");
    EXPECT_THROW(world.luod().kexecDirect(), std::exception);
    EXPECT_THAT(world.luod().log(), HasSubstr("nothing was changed, luod ends and is to be started again"));
    world.noFaults();
    world.luod().start();
    UniqueFd back;
    expectDone(client.retrieve(session, 1, back));
    EXPECT_EQ(contentOf(back.get()), "x");
}

// As on a machine whose udev is not there, or knows nothing of luod's rule. What is held needs no device.
TEST(Device, IsNotOpenToLuodForAWhile) {
    World world;
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    world.fault("open:errno=EACCES");
    {
        const Unchanged guard(world, client);
        expectRefused(client.create("vm2"), "Unavailable", "see luod's udev rule and tmpfiles.d entry");
    }
    expectDone(client.preserve(session, file.get(), 1));
    world.noFaults();
    expectDone(client.create("vm2"));
}

TEST(Device, IsNotOpenToLuodAtTheStart) {
    World world({.manager = {"--carry", "no"}});
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, file.get(), 1));
    world.fault("open:errno=EACCES");
    world.luod().kexecDirect();
    EXPECT_THAT(client.status().reason, HasSubstr("luod may not open"));
    expectRefused(client.create("vm2"), "Unavailable", "udev rule");
    world.noFaults();
    world.luod().restart();
    EXPECT_EQ(client.status().lastHandover, "done");
    UniqueFd back;
    expectDone(client.retrieve(session, 1, back));
    EXPECT_EQ(contentOf(back.get()), "x");
}

TEST(Device, CannotReadWhatWasHandedOver) {
    World world({.manager = {"--carry", "no"}});
    Client client(world);
    client.made("vm1");
    world.fault("open:errno=EIO");
    world.luod().kexecDirect();
    const Client::Status status = client.status();
    EXPECT_FALSE(status.available);
    EXPECT_EQ(status.lastHandover, "unreadable");
    EXPECT_THAT(status.reason, HasSubstr("live update is back after a reboot"));
    const Unchanged guard(world, client);
    expectRefused(client.create("vm2"), "Unavailable", "cannot be read by this one");
}

class Kernel : public testing::Test {
protected:
    World world;
    Client client{world};
    std::string vm1 = client.made("vm1");
    UniqueFd a = memfdWith("a"), b = memfdWith("b"), back;
};

TEST_F(Kernel, RefusesAFile) {
    for (const auto& [number, error, words] :
         {std::tuple{"ENOMEM", "LimitReached", "no memory is left for it"},
          std::tuple{"ENOSPC", "LimitReached", "use another one"},
          std::tuple{"EFBIG", "LimitReached", "too large for this kernel"},
          std::tuple{"EBUSY", "AlreadyPreserved", "a session holds it already"},
          std::tuple{"EIO", "KernelRefused", "the kernel said: Input/output error"}}) {
        const Unchanged guard(world, client);
        world.fault(fmt::format("preserve:nth=1:errno={}", number));
        expectRefused(client.preserve(vm1, a.get(), 1), error, words);
    }
    expectDone(client.preserve(vm1, a.get(), 1));
}

TEST_F(Kernel, RefusesASession) {
    for (const auto& [number, error, words] :
         {std::tuple{"ENOMEM", "LimitReached", "takes no more sessions"},
          std::tuple{"EEXIST", "NameTaken", "somebody holds its file descriptor"},
          std::tuple{"EPERM", "Unavailable", "luod may not open /dev/liveupdate"}}) {
        const Unchanged guard(world, client);
        world.fault(fmt::format("create:from=1:errno={}", number)); // luod asks once more after EEXIST
        expectRefused(client.create("vm2"), error, words);
        world.noFaults();
    }
    expectDone(client.create("vm2"));
}

TEST_F(Kernel, CannotBringOneFileBack) {
    expectDone(client.preserve(vm1, {{a.get(), 1, "", {}}, {b.get(), 2, "", {}}}));
    world.fault("retrieve:handler:token=1:errno=ENOMEM");
    world.luod().kexec();
    for (int again = 0; again < 2; ++again)
        expectRefused(client.retrieve(vm1, 1, back), "KernelRefused", "the kernel said: Cannot allocate memory");
    expectDone(client.retrieve(vm1, 2, back));
    EXPECT_EQ(contentOf(back.get()), "b");
}

TEST_F(Kernel, IsNotReadyToFinish) {
    expectDone(client.preserve(vm1, a.get(), 1));
    world.luod().kexec();
    world.fault("finish:session=luod.0.vm1:nth=1:errno=EBUSY");
    {
        const Unchanged guard(world, client);
        expectRefused(client.finish(vm1), "Busy", "'vm1' cannot be finished yet");
    }
    expectDone(client.retrieve(vm1, 1, back));
    expectDone(client.finish(vm1));
}

// The file is out, and the others stay with luod until the kernel takes them again, whatever happens meanwhile.
TEST_F(Kernel, DoesNotMakeASessionAnew) {
    expectDone(client.preserve(vm1, {{a.get(), 1, "", {}}, {b.get(), 2, "", {}}}));
    world.fault("create:session=luod.0.vm1:errno=ENOMEM");
    expectRefused(client.takeOut(vm1, 1), "LimitReached", "is being made anew and will be tried again");
    EXPECT_THAT(client.picture(), HasSubstr("vm1 0 outgoing rebuilding 1"));
    const UniqueFd c = memfdWith("c");
    expectRefused(client.preserve(vm1, c.get(), 3), "Busy", "try again");
    b.reset();
    world.luod().kill();
    EXPECT_THAT(client.picture(), HasSubstr("vm1 0 outgoing rebuilding 1"));
    ASSERT_EQ(luod_subscribe(client.get()), 0);
    world.noFaults();
    const luod_event* event = nullptr;
    ASSERT_EQ(luod_wait_event(client.get(), 20'000'000, &event), 1); // luod tries every few seconds
    EXPECT_STREQ(event->state, "active");
    expectDone(client.preserve(vm1, c.get(), 3));
    world.luod().kexec();
    std::map<std::uint64_t, std::string> contents;
    expectDone(client.retrieveAll(vm1, contents));
    EXPECT_EQ(contents, (std::map<std::uint64_t, std::string>{{2, "b"}, {3, "c"}}));
}

TEST(TheBus, GoesAwayAndComesBack) {
    World world;
    std::string session;
    const UniqueFd file = memfdWith("x");
    {
        Client client(world);
        session = client.made("vm1");
        expectDone(client.preserve(session, file.get(), 1, "ram"));
    }
    const UniqueFd death(int(syscall(SYS_pidfd_open, world.luod().pid(), 0)));
    world.bus().stop();
    world.bus().start();
    EXPECT_TRUE(waitReadable(death.get())); // not before the bus is back
    EXPECT_THAT(world.luod().log(), HasSubstr("the system bus is gone"));
    world.luod().waitReady();
    Client client(world);
    EXPECT_THAT(client.picture(), HasSubstr("1 'ram' memfd preserved 1"));
    world.luod().kexec();
    UniqueFd back;
    expectDone(client.retrieve(session, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "x");
}

} // namespace
} // namespace luod::tests
