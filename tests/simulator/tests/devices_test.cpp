// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario_test.hpp"

namespace {
const std::vector<std::string> two = {"--devices", "2"};
}

TEST(Devices, AreCarriedOver) {
    passes("aDeviceIsCarriedOver", two);
}
TEST(Devices, UnpluggedOnesStopTheUpdate) {
    passes("anUnpluggedDeviceStopsTheUpdate", two);
}
TEST(Devices, AreFreeAfterAColdBoot) {
    passes("aDeviceForgottenIsFreeAfterAColdBoot", two);
}
TEST(Devices, RefuseOtherCalls) {
    passes("otherVfioCallsAreRefused", two);
}
TEST(Devices, AMissingModuleIsAnUnreadableHandover) {
    const auto result =
        simulate("aDeviceIsCarriedOver", {"--devices", "2", "--fault", "module:name=vfio-pci:not-loaded"});
    EXPECT_NE(result.status, 0);
}
