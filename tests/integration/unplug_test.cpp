// SPDX-License-Identifier: LGPL-2.1-or-later

// Devices that are unplugged while files of theirs are preserved: by the simulator's `unplug`, with the kernel's uevent for it.

#include "expect.hpp"
#include "memfd.hpp"
#include "update_party.hpp"

#include "binaries.hpp"

#include <fmt/format.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Unplug : public testing::Test {
protected:
    // A guest with memory, 1, and a device, 2, with its iommufd, 3.
    void SetUp() override {
        session = client.made("vm1");
        expectDone(client.preserve(session, ram.get(), 1, "ram"));
        preserveDevice();
        ASSERT_THAT(client.picture(), HasSubstr("2 'nic' vfio-cdev preserved 0 driver=s:vfio-pci pci-address=s:0000:00:04.0"));
    }
    void preserveDevice() {
        const std::string luoctl = binary("luoctl");
        const std::string both = luoctl + " preserve -q --by-luod --fd 4 --name iommu vm1 3 && " + luoctl +
                                 " preserve -q --by-luod --fd 3 --name nic vm1 2";
        const Outcome done = world.inside({VFIO_OWNER, "0", "/bin/sh", "-c", both});
        ASSERT_EQ(done.status, 0) << done.err;
    }
    // The event of that type, once it is there: "SESSION NAME STATE TOKEN".
    std::string heard(Client& listener, int type) {
        const luod_event* event = nullptr;
        while (luod_wait_event(listener.get(), 20'000'000, &event) == 1)
            if (event->type == type)
                return fmt::format("{} {} {} {}", event->session, event->name, event->state, event->token);
        return "nothing";
    }
    void unplug() {
        Client listener(world);
        ASSERT_EQ(luod_subscribe(listener.get()), 0);
        world.simulator("unplug vfio0");
        EXPECT_EQ(heard(listener, LUOD_EVENT_FILE_INVALID), session + " nic  2");
        EXPECT_EQ(heard(listener, LUOD_EVENT_SESSION_CHANGED), session + "  invalid 0");
    }
    void expectInvalid() {
        EXPECT_THAT(client.picture(), AllOf(HasSubstr("vm1 0 outgoing invalid 3"), HasSubstr("2 'nic' vfio-cdev invalid"),
                                            HasSubstr("1 'ram' memfd preserved"), HasSubstr("3 'iommu' iommufd preserved")));
    }
    std::string finding() {
        const std::string all = world.luoctl({"check", "--mode=direct", "--no-legend"}).out;
        const auto at = all.find("\nfiles ");
        return all.substr(at + 1, all.find('\n', at + 1) - at - 1);
    }

    World world{{.simulator = {"--devices", "1"}}};
    Client client{world};
    UniqueFd ram = memfdWith("guest memory");
    std::string session;
};

TEST_F(Unplug, TheFileIsInvalidAndSaidToBeEverywhere) {
    EXPECT_THAT(finding(), AllOf(HasSubstr(" ok "), HasSubstr("3 files in 1 sessions")));
    unplug();
    expectInvalid();
    EXPECT_THAT(world.luoctl({"list"}).out, HasSubstr(" invalid "));
    EXPECT_THAT(world.luoctl({"list", "--json=short"}).out, HasSubstr(R"("state":"invalid")"));
    EXPECT_THAT(world.luoctl({"show", "vm1"}).out, HasSubstr(" vfio-cdev invalid "));
    EXPECT_THAT(world.luoctl({"show", "vm1", "--json=short"}).out, HasSubstr(R"("kind":"vfio-cdev")"));
    EXPECT_THAT(finding(), AllOf(HasSubstr(" error "), HasSubstr("file 2 'nic' of session 'vm1' of uid 0 is invalid: its device "
                                                                 "0000:00:04.0 was unplugged")));
}

TEST_F(Unplug, OperationsOnItFailWithTheirOwnError) {
    unplug();
    expectRefused(client.annotate(session, 2, "other"), "FileInvalid", "its device 0000:00:04.0 was unplugged");
    const Outcome refused = world.luoctl({"annotate", "vm1", "nic", "--metadata", "a=b"});
    EXPECT_EQ(refused.status, 10);
    EXPECT_THAT(refused.err, HasSubstr("luoctl take-out"));
    expectDone(client.annotate(session, 1, "memory"));
}

TEST_F(Unplug, ALiveUpdateIsRefusedUntilItIsTakenOut) {
    unplug();
    Lead lead(world);
    expectDone(lead.load());
    expectRefused(lead.begin(), "CheckFailed", "files: file 2 'nic' of session 'vm1'");
    expectDone(client.takeOut(session, 2));
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("vm1 0 outgoing active 2"), Not(HasSubstr("'nic'"))));
    EXPECT_THAT(finding(), HasSubstr(" ok "));
    world.luod().kexecDirect(); // the simulated kernel refuses while it holds the file
    UniqueFd back;
    expectDone(client.retrieve(session, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "guest memory");
}

TEST_F(Unplug, ALiveUpdateUnderWayIsCalledOff) {
    Lead lead(world);
    expectDone(lead.load());
    Party vmm(world, "vmm");
    auto forced = Lead::allThatNeedsAnImage();
    forced.insert(forced.end(), {"handler-modules", "module-loading"}); // of VFIO there is none on this machine
    expectDone(lead.begin({.force = forced}));
    EXPECT_EQ(vmm.hear().type, LUOD_EVENT_PREPARE);
    unplug();
    const Party::Heard over = vmm.hear();
    EXPECT_EQ(over.outcome, "aborted");
    EXPECT_THAT(over.reason, HasSubstr("a device behind a file of session 'vm1' of uid 0 was unplugged"));
    EXPECT_EQ(lead.phase(), "idle");
}

TEST_F(Unplug, TheOwnerMayGiveTheSessionUp) {
    unplug();
    expectDone(client.discard(session));
    EXPECT_THAT(finding(), HasSubstr(" ok "));
}

TEST_F(Unplug, ItIsRememberedOverARestart) {
    unplug();
    world.luod().kill();
    expectInvalid();
    world.luod().restart();
    expectInvalid();
}

TEST_F(Unplug, OneThatWentWhileThereWasNoLuodIsFound) {
    const pid_t pid = world.luod().pid();
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    world.simulator("unplug vfio0");
    world.luod().kill(); // before it could hear of it
    expectInvalid();
}

} // namespace
} // namespace luod::tests
