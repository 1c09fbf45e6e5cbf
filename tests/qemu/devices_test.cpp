// SPDX-License-Identifier: LGPL-2.1-or-later

// Devices passed through, as far as the simulator has them: files that are bound to their iommufd, and can be finished
// only when they are bound again.

#include "host.hpp"

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Devices : public HostTest {
protected:
    Devices() : HostTest({.simulator = {"--devices", "1"}}) {}
    Hosted::Options passingThrough() {
        return {.machine = {"-add-fd", "fd=@iommu@,set=1,opaque=iommu", "-add-fd", "fd=@nic@,set=2,opaque=nic"},
                .options = {"--carry", "iommu=/dev/iommu", "--carry", "nic=/dev/vfio/devices/vfio0"}};
    }
};

TEST_F(Devices, AreCarriedOver) {
    auto options = passingThrough();
    options.qemu = BINDING_QEMU;
    Hosted guest(world, options);
    guest.boot();
    Seen seen = look(guest);
    for (int times = 0; times < 2; ++times) {
        guest.waitCovered();
        EXPECT_THAT(world.luoctl({"show", "vm1"}).out, AllOf(HasSubstr("carried.iommu"), HasSubstr("carried.nic")));
        update();
        guest.resume();
        expectGoneOn(seen, guest);
        seen = look(guest);
    }
    guest.waitCovered();
    EXPECT_THAT(sessions(), AllOf(HasSubstr("outgoing"), Not(HasSubstr("incoming")))) << guest.said();
}

TEST_F(Devices, ThatQemuHasNotBoundAreRefused) {
    Hosted guest(world, passingThrough());
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("would not come through a live update"), HasSubstr("carried.nic")));
    EXPECT_EQ(sessions(), "");
}

} // namespace
} // namespace luod::tests
