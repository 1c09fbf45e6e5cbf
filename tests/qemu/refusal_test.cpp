// SPDX-License-Identifier: LGPL-2.1-or-later

// What a kernel cannot carry is refused before the guest runs; what it can is carried by the same code. And the ends of
// ordinary lives.

#include "host.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(HostTest, HugePagesThatTheKernelCannotCarryAreRefused) {
    Hosted guest(world, {.machine = {"-machine", "q35,memory-backend=h", "-object",
                                     "memory-backend-memfd,id=h,size=32M,hugetlb=on,hugetlbsize=2M"}});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("would not come through a live update"), HasSubstr("memory.h"),
                                    HasSubstr("hugetlb-memfd")));
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, ADeviceThatQemuOpensItselfIsRefused) {
    Hosted guest(world, {.machine = {"-device", "vfio-pci,host=0000:01:00.0"}});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), HasSubstr("--carry"));
}

TEST_F(HostTest, ADeviceThatTheKernelCannotCarryIsRefused) {
    Hosted guest(world, {.machine = {"-add-fd", "fd=@null@,set=1"}, .options = {"--carry", "null=/dev/null"}});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("would not come through a live update"), HasSubstr("carried.null")));
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, WithoutLiveUpdateNoGuestStarts) {
    world.fault("create:errno=ENOSPC");
    Hosted guest(world);
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), HasSubstr("would not come through a live update"));
}

TEST_F(HostTest, TwoOfOneName) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    Hosted other(world);
    other.begin();
    EXPECT_EQ(other.wait(), 1);
    EXPECT_THAT(other.said(), HasSubstr("runs already"));
    guest.line.ask('c');
    EXPECT_THAT(sessions(), HasSubstr("vm1"));
}

TEST_F(HostTest, StoppedItLeavesNothingBehind) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    kill(guest.pid(), SIGTERM); // goes to QEMU, which ends well
    EXPECT_EQ(guest.wait(), 0);
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, AskedToShutDownItMayTakeItsTime) {
    Hosted guest(world, {.options = {"--powerdown", "500ms"}}); // this one does not know of power buttons
    guest.boot();
    guest.waitCovered();
    kill(guest.pid(), SIGTERM);
    guest.waitStatus("asked to shut down");
    EXPECT_EQ(guest.wait(), 0);
    EXPECT_THAT(guest.said(), HasSubstr("does not shut down in time"));
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, TheStatusIsQemus) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    kill(guest.qemu(), SIGABRT);
    EXPECT_EQ(guest.wait(), 128 + SIGABRT);
    EXPECT_EQ(sessions(), "");
    guest.setMachine({"-machine", "none-such"});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, FilesOnDiskHaveNoHole) {
    constexpr unsigned long sectors = 2048; // after which the guest begins again at the first
    TempDir dir;
    const std::string image = dir.write("disk", "");
    std::filesystem::resize_file(image, sectors * 512);
    Hosted guest(world, {.machine = {"-machine", "pc", "-drive", "file=" + image + ",format=raw,if=ide"}});
    guest.boot();
    guest.waitCovered();
    const auto before = guest.line.number('d');
    update();
    guest.resume();
    unsigned long last = 0;
    while ((last = guest.line.number('d')) < before + 10) {
    }
    kill(guest.pid(), SIGTERM);
    EXPECT_EQ(guest.wait(), 0);
    std::ifstream file(image, std::ios::binary);
    for (auto number = last < sectors ? 1 : last - sectors + 1; number <= last; ++number) {
        std::uint32_t word = 0;
        file.seekg(std::streamoff(number % sectors * 512)).read(reinterpret_cast<char*>(&word), sizeof word);
        ASSERT_TRUE(word >= number && (word - number) % sectors == 0) << word << " where " << number << " should be";
    }
}

} // namespace
} // namespace luod::tests
