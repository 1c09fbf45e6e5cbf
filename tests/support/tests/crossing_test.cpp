// SPDX-License-Identifier: LGPL-2.1-or-later

// The way of a fd store over a simulated kexec.

#include "binaries.hpp"
#include "managed_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::tests {

using testing::ElementsAre;

static ManagedService::Options fake(std::vector<std::string> steps, std::vector<std::string> managerArguments = {}) {
    steps.insert(steps.begin(), binary("tests/fake-service"));
    return {.command = steps, .managerArguments = std::move(managerArguments)};
}

TEST(Crossing, CarriesSessionsAndPlainFiles) {
    ManagedService service(fake({"first:session=s1", "first:store=plain:text", "report", "ready"}));
    service.kexec();
    EXPECT_EQ(service.ask("status"), "plain=text;s1=in session s1;");
    service.kexec(); // s1 is an incoming session by now: it goes over no second time
    EXPECT_EQ(service.ask("status"), "plain=text;");
}

TEST(Crossing, LeavesBehindWhatCannotBePreserved) {
    ManagedService service(fake({"first:session=s1", "first:store-eventfd=counter", "report", "ready"}));
    service.kexec();
    EXPECT_THAT(service.stored(), ElementsAre("s1"));
    EXPECT_THAT(service.log(), testing::HasSubstr("stored fd counter cannot be preserved"));
}

TEST(Crossing, OlderSystemdLosesTheStore) {
    ManagedService service(
        fake({"first:session=s1", "first:store=plain:text", "again:report", "ready"}, {"--carry", "no"}));
    service.stop();
    service.kexec();
    EXPECT_EQ(service.ask("status"), ""); // "first" once more
}

TEST(Crossing, SaysWhyTheRebootWasRefused) {
    auto options = fake({"first:session=s1", "report", "ready"});
    options.simulatorArguments = {"--fault", "reboot:freeze:nth=1:errno=EBUSY"};
    ManagedService service(std::move(options));
    EXPECT_THROW(service.kexec(), std::exception);
    service.waitReady();
    EXPECT_THAT(service.stored(), ElementsAre("s1")); // no boot has ended
    service.kexec();
    EXPECT_EQ(service.ask("status"), "s1=in session s1;");
}

TEST(Crossing, DirectRebootBringsBackNoStore) {
    ManagedService service(fake({"ready", "first:store=plain:text", "barrier"}));
    service.kill();
    EXPECT_THAT(service.stored(), ElementsAre("plain"));
    service.kexecDirect();
    EXPECT_GT(service.waitReady(), 0);
}

} // namespace luod::tests
