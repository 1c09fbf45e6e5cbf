// SPDX-License-Identifier: LGPL-2.1-or-later

// What luod depends on is away or refuses: it says so, and loses nothing.

#include "expect.hpp"
#include "memfd.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
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
    EXPECT_TRUE(waitReadable(death.get()));
    EXPECT_THROW(world.luod().waitReady(), std::exception); // given up after some attempts: there is no bus
    EXPECT_THAT(world.luod().log(), HasSubstr("the system bus is gone"));
    EXPECT_THAT(world.luod().log(), HasSubstr("the system bus cannot be used"));
    world.bus().start();
    world.luod().start();
    Client client(world);
    EXPECT_THAT(client.picture(), HasSubstr("1 'ram' memfd preserved 1"));
    world.luod().kexec();
    UniqueFd back;
    expectDone(client.retrieve(session, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "x");
}

} // namespace
} // namespace luod::tests
