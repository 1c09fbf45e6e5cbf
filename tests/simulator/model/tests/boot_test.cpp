// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

struct Boot : testing::Test {
    Machine m;
    void SetUp() override {
        ASSERT_TRUE(m.kernel.preserveFd(m.create("a"), 1, makeMemfd()));
        ASSERT_TRUE(m.kernel.preserveFd(m.create("b"), 1, makeMemfd("x", FileKind::hugetlbMemfd)));
    }
};

TEST_F(Boot, TheSameVersionsAreAccepted) {
    ASSERT_TRUE(m.reboot("7.2"));
    EXPECT_EQ(Arrival::accepted, m.kernel.arrival());
    EXPECT_EQ(0, m.openResult);
    EXPECT_EQ(1u, m.kernel.state().liveupdateNumber);
    EXPECT_EQ(0, code(m.kernel.retrieveFd(m.retrieve("a"), 1)));
}

TEST_F(Boot, OtherKhoVersionLosesAllAndSaysNothing) {
    ASSERT_TRUE(m.reboot("7.0"));
    EXPECT_EQ(Arrival::khoRefused, m.kernel.arrival());
    EXPECT_EQ(0, m.openResult);
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
    EXPECT_EQ(0u, m.kernel.state().liveupdateNumber);
}

TEST_F(Boot, OtherLuoVersionPanicsEvenWithLiveUpdateOff) {
    for (const bool enabled : {true, false}) {
        Profile other = *findProfile("7.3");
        other.versions.luo = "luo-v6";
        other.liveupdateEnabled = enabled;
        Machine machine;
        ASSERT_TRUE(machine.rebootInto(other));
        EXPECT_EQ(Arrival::panicked, machine.kernel.arrival()) << "with no session at all";
        EXPECT_FALSE(machine.kernel.deviceExists());
    }
}

TEST_F(Boot, LayersWithAStringOfTheirOwnPanicToo) {
    Machine old("7.0");
    Profile other = *findProfile("7.0");
    other.versions.luoFlb = "luo-flb-v2";
    ASSERT_TRUE(old.rebootInto(other));
    EXPECT_EQ(Arrival::panicked, old.kernel.arrival());
}

TEST_F(Boot, KhoOffIgnoresIt) {
    Profile off = *findProfile("7.3");
    off.khoEnabled = false;
    ASSERT_TRUE(m.rebootInto(off));
    EXPECT_EQ(Arrival::ignored, m.kernel.arrival());
    EXPECT_EQ(ENOENT, m.openResult);
}

TEST_F(Boot, LiveUpdateOffHasNoDevice) {
    Profile off = *findProfile("7.3");
    off.liveupdateEnabled = false;
    ASSERT_TRUE(m.rebootInto(off));
    EXPECT_EQ(Arrival::accepted, m.kernel.arrival());
    EXPECT_EQ(ENOENT, m.openResult);
}

TEST_F(Boot, AMissingHandlerIsEioForTheWholeBoot) {
    m.inject("module:name=hugetlb:not-loaded");
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(EIO, m.openResult);
    m.faults.clear();
    EXPECT_EQ(0, code(m.kernel.loadModule(hugetlbModule(m.kernel.profile())))) << "too late";
    EXPECT_EQ(EIO, code(m.kernel.openDevice()));
    EXPECT_EQ(EIO, code(m.kernel.openDevice()));
    EXPECT_EQ(ENOENT, m.kernel.state().deserializeError);
    ASSERT_EQ(2u, m.kernel.state().incoming.size()) << "what was read before it stays, out of reach";
    EXPECT_EQ(1u, m.kernel.state().incoming.at(0).files.size());
    EXPECT_TRUE(m.kernel.state().incoming.at(1).files.empty());
    EXPECT_EQ(1, m.pins("memfd"));
}

TEST_F(Boot, AMissingHandlerTakesTheWholeSessionAlong) {
    Machine mixed;
    const SessionId s = mixed.create("both");
    ASSERT_TRUE(mixed.kernel.preserveFd(s, 1, makeMemfd()));
    ASSERT_TRUE(mixed.kernel.preserveFd(s, 2, makeMemfd("x", FileKind::hugetlbMemfd)));
    mixed.inject("module:name=hugetlb:not-loaded");
    ASSERT_TRUE(mixed.reboot());
    EXPECT_EQ(EIO, mixed.openResult);
    EXPECT_TRUE(mixed.kernel.state().incoming.at(0).files.empty());
    EXPECT_EQ(0, mixed.pins("memfd"));
}

TEST_F(Boot, AModuleLoadedBeforeTheFirstOpenIsInTime) {
    ASSERT_TRUE(m.kernel.freeze());
    Kernel next(*findProfile("7.3"), m.kernel.jump(KexecImage::kexecFileLoad));
    ASSERT_TRUE(next.loadModule(memfdModule(next.profile())));
    ASSERT_TRUE(next.loadModule(hugetlbModule(next.profile())));
    EXPECT_EQ(0, code(next.openDevice()));
}

TEST_F(Boot, AnotherCompatStringIsAMissingHandler) {
    Profile other = *findProfile("7.3");
    other.versions.memfd = "memfd-v3";
    ASSERT_TRUE(m.rebootInto(other));
    EXPECT_EQ(EIO, m.openResult);
}

TEST_F(Boot, TheFaultOfOpenSticksOnlyAsEio) {
    m.inject("open:nth=2:errno=EIO");
    m.inject("open:nth=1:errno=ENXIO");
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(ENXIO, m.openResult);
    EXPECT_EQ(EIO, code(m.kernel.openDevice()));
    EXPECT_EQ(EIO, code(m.kernel.openDevice()));
    EXPECT_TRUE(m.kernel.state().incoming.empty());
}

TEST(Profiles, AreKnownByName) {
    EXPECT_FALSE(findProfile("6.0"));
    for (const std::string& name : profileNames())
        EXPECT_EQ(name, findProfile(name)->name);
    const Profile old = *findProfile("7.0");
    EXPECT_EQ("kho-v1", old.versions.kho);
    EXPECT_EQ("memfd-v1", old.versions.memfd);
    EXPECT_EQ(findProfile("7.2")->versions, findProfile("7.3")->versions);
    EXPECT_EQ("luo-v5", findProfile("7.3")->versions.luo);
}

} // namespace
} // namespace luosim::model
