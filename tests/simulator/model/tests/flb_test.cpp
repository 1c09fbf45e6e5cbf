// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

struct Shared : testing::Test {
    Machine m{"future"};
    SessionId a = m.create("a");
    SessionId b = m.create("b");
    SharedFlb& pool() { return *m.flbs["hugetlb-v1"]; }
    int preserve(SessionId s, std::uint64_t token, FileKind kind) {
        return code(m.kernel.preserveFd(s, token, makeMemfd("x", kind)));
    }
};

TEST_F(Shared, FollowsTheFilesOfAllSessionsAndBothHandlers) {
    EXPECT_EQ(ENOENT, code(m.kernel.flbOutgoing(pool())));
    EXPECT_EQ(0, preserve(a, 1, FileKind::memfd));
    EXPECT_EQ(0, preserve(b, 1, FileKind::hugetlbMemfd));
    EXPECT_EQ(0, preserve(b, 2, FileKind::memfd));
    EXPECT_EQ(3, m.flb("hugetlb-v1").outgoingCount);
    EXPECT_EQ(1, pool().preserved);
    EXPECT_EQ(2, m.pins("hugetlb")) << "one file and the FLB";
    EXPECT_EQ(0, code(m.kernel.flbOutgoing(pool())));
    EXPECT_TRUE(m.kernel.closeSession(b));
    EXPECT_EQ(1, m.flb("hugetlb-v1").outgoingCount);
    EXPECT_EQ(0, pool().unpreserved);
    EXPECT_TRUE(m.kernel.closeSession(a));
    EXPECT_EQ(1, pool().unpreserved);
    EXPECT_EQ(0, m.pins("hugetlb"));
    EXPECT_EQ(0, m.flb("hugetlb-v1").outgoingCount);
}

TEST_F(Shared, RetrievedOnceFinishedAfterTheLast) {
    EXPECT_EQ(0, preserve(a, 1, FileKind::memfd));
    EXPECT_EQ(0, preserve(b, 1, FileKind::hugetlbMemfd));
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(0, pool().retrieved);
    EXPECT_EQ(FlbIncoming::preserved, m.kernel.flbProvenance(pool()));
    const SessionId second = m.retrieve("b");
    EXPECT_EQ(0, code(m.kernel.retrieveFd(second, 1))); // asks for the pool
    EXPECT_EQ("hugetlb-v1", std::any_cast<std::string>(**m.kernel.flbIncoming(pool())));
    EXPECT_EQ(1, pool().retrieved);
    EXPECT_EQ(2, m.flb("hugetlb-v1").incomingCount);
    EXPECT_EQ(2, m.pins("hugetlb"));
    EXPECT_TRUE(m.kernel.finish(second));
    EXPECT_EQ(0, pool().finished);
    EXPECT_EQ(1, m.pins("hugetlb"));
    EXPECT_TRUE(m.kernel.closeSession(m.retrieve("a")));
    EXPECT_EQ(1, pool().finished);
    EXPECT_EQ(0, m.pins("hugetlb"));
    EXPECT_EQ(ENODATA, code(m.kernel.flbIncoming(pool())));
    EXPECT_EQ(FlbIncoming::finished, m.kernel.flbProvenance(pool()));
}

TEST_F(Shared, FinishedEvenIfNobodyAskedForIt) {
    EXPECT_EQ(0, preserve(a, 1, FileKind::memfd));
    ASSERT_TRUE(m.reboot());
    EXPECT_TRUE(m.kernel.closeSession(m.retrieve("a")));
    EXPECT_EQ(1, pool().retrieved);
    EXPECT_EQ(1, pool().finished);
}

TEST(FlbOf73, WhatNobodyAskedForIsNeverFinished) {
    Machine m("7.3");
    ASSERT_TRUE(m.kernel.preserveFd(m.create("a"), 1, makeMemfd()));
    ASSERT_TRUE(m.reboot());
    EXPECT_TRUE(m.kernel.closeSession(m.retrieve("a")));
    EXPECT_EQ(0, m.flbs["hugetlb-v1"]->finished);
    EXPECT_EQ(1, m.flb("hugetlb-v1").incomingCount);
}

TEST_F(Shared, NothingPreservedAndUnknownVersionAreToldApart) {
    EXPECT_EQ(ENODATA, code(m.kernel.flbIncoming(pool()))) << "cold boot";
    EXPECT_EQ(FlbIncoming::nothingPreserved, m.kernel.flbProvenance(pool()));
    EXPECT_EQ(0, preserve(a, 1, FileKind::memfd));
    ASSERT_TRUE(m.reboot());
    auto memfd = std::make_shared<MemfdHandler>("x-v1", "x", FileKind::other, true);
    auto newer = std::make_shared<SharedFlb>("hugetlb-v2", "hugetlb");
    auto other = std::make_shared<SharedFlb>("kvm-v1", "kvm");
    ASSERT_TRUE(m.kernel.registerFileHandler(memfd));
    ASSERT_TRUE(m.kernel.registerFlb(*memfd, newer));
    ASSERT_TRUE(m.kernel.registerFlb(*memfd, other));
    EXPECT_EQ(ENOENT, code(m.kernel.flbIncoming(*newer))) << "the kernel says the same of both";
    EXPECT_EQ(ENOENT, code(m.kernel.flbIncoming(*other)));
    EXPECT_EQ(FlbIncoming::unknownVersion, m.kernel.flbProvenance(*newer));
    EXPECT_EQ(FlbIncoming::nothingPreserved, m.kernel.flbProvenance(*other));
}

/// Refuses once.
class Stubborn final : public SharedFlb {
public:
    using SharedFlb::SharedFlb;
    Result<Blob> preserve() override { return refusePreserve ? Result<Blob>(fail(ENOSPC)) : SharedFlb::preserve(); }
    Result<Blob> retrieve(const Blob& data) override {
        ++tries;
        return refuseRetrieve ? Result<Blob>(fail(EPROTO)) : SharedFlb::retrieve(data);
    }
    bool refusePreserve = false;
    bool refuseRetrieve = false;
    int tries = 0;
};

TEST(Flb, ARefusingOneRollsBackThoseBeforeIt) {
    const Profile profile = *findProfile("7.3");
    Kernel kernel(profile);
    auto handler = std::make_shared<MemfdHandler>(profile);
    auto first = std::make_shared<SharedFlb>("one-v1", "m");
    auto second = std::make_shared<Stubborn>("two-v1", "m");
    ASSERT_TRUE(kernel.registerFileHandler(handler));
    ASSERT_TRUE(kernel.registerFlb(*handler, first));
    ASSERT_TRUE(kernel.registerFlb(*handler, second));
    ASSERT_TRUE(kernel.openDevice());
    const SessionId s = *kernel.createSession("a");
    second->refusePreserve = true;
    const State before = kernel.state();
    EXPECT_EQ(ENOSPC, code(kernel.preserveFd(s, 1, makeMemfd())));
    EXPECT_EQ(before, kernel.state());
    EXPECT_EQ(1, first->unpreserved);
    EXPECT_EQ(0, second->unpreserved);
}

TEST(Flb, AFailedRetrieveSticks) {
    const Profile profile = *findProfile("future");
    Handover handover{.attached = true, .fromRelease = "", .versions = profile.versions, .hasLuo = true};
    handover.flbs.push_back({"two-v1", Blob(std::string("x")), 1});
    Kernel kernel(profile, handover);
    auto handler = std::make_shared<MemfdHandler>(profile);
    auto flb = std::make_shared<Stubborn>("two-v1", "m");
    flb->refuseRetrieve = true;
    ASSERT_TRUE(kernel.registerFileHandler(handler));
    ASSERT_TRUE(kernel.registerFlb(*handler, flb));
    EXPECT_EQ(EPROTO, code(kernel.flbIncoming(*flb)));
    flb->refuseRetrieve = false;
    EXPECT_EQ(EPROTO, code(kernel.flbIncoming(*flb)));
    EXPECT_EQ(1, flb->tries);
}

struct Registration : testing::Test {
    Profile profile = *findProfile("7.3");
    Kernel kernel{profile};
    std::shared_ptr<FileHandler> one = std::make_shared<MemfdHandler>("one-v1", "m", FileKind::memfd, true);
    std::shared_ptr<FileHandler> two = std::make_shared<MemfdHandler>("two-v1", "m", FileKind::memfd, true);
};

TEST_F(Registration, HandlersAreUniqueByTheirString) {
    EXPECT_EQ(0, code(kernel.registerFileHandler(one)));
    auto same = std::make_shared<MemfdHandler>("one-v1", "n", FileKind::other, true);
    EXPECT_EQ(EEXIST, code(kernel.registerFileHandler(same)));
    kernel.unregisterFileHandler(*one);
    EXPECT_EQ(0, code(kernel.registerFileHandler(same)));
}

TEST_F(Registration, FlbsAreUniqueByTheirStringAndLimited) {
    auto flb = std::make_shared<SharedFlb>("f-v1", "m");
    EXPECT_EQ(EINVAL, code(kernel.registerFlb(*one, flb))) << "the handler comes first";
    ASSERT_TRUE(kernel.registerFileHandler(one));
    ASSERT_TRUE(kernel.registerFileHandler(two));
    EXPECT_EQ(0, code(kernel.registerFlb(*one, flb)));
    EXPECT_EQ(EEXIST, code(kernel.registerFlb(*one, flb)));
    EXPECT_EQ(EEXIST, code(kernel.registerFlb(*two, std::make_shared<SharedFlb>("f-v1", "m"))));
    EXPECT_EQ(0, code(kernel.registerFlb(*two, flb)));
    for (int i = 1; i < 63; ++i)
        ASSERT_EQ(0, code(kernel.registerFlb(*one, std::make_shared<SharedFlb>("g" + std::to_string(i), "m"))));
    EXPECT_EQ(ENOSPC, code(kernel.registerFlb(*one, std::make_shared<SharedFlb>("too many", "m"))));
    kernel.unregisterFlb(*one, *flb);
    EXPECT_EQ(ENOSPC, code(kernel.registerFlb(*one, std::make_shared<SharedFlb>("too many", "m")))) << "two has it";
    kernel.unregisterFileHandler(*two); // takes its FLBs along
    EXPECT_EQ(0, code(kernel.registerFlb(*one, std::make_shared<SharedFlb>("now", "m"))));
}

TEST_F(Registration, UnregisteringUnderAFileHarmsNobody) {
    auto flb = std::make_shared<SharedFlb>("f-v1", "m");
    ASSERT_TRUE(kernel.registerFileHandler(one));
    ASSERT_TRUE(kernel.registerFlb(*one, flb));
    ASSERT_TRUE(kernel.openDevice());
    const SessionId s = *kernel.createSession("a");
    ASSERT_TRUE(kernel.preserveFd(s, 1, makeMemfd()));
    kernel.unregisterFlb(*one, *flb);
    kernel.unregisterFlb(*one, *flb);
    kernel.unregisterFileHandler(*one);
    EXPECT_EQ(ENOENT, code(kernel.preserveFd(s, 2, makeMemfd())));
    EXPECT_EQ(0, code(kernel.closeSession(s)));
    EXPECT_EQ(1, flb->unpreserved);
}

TEST(Modules, ArePinnedOnlyWhileFilesAreHeld) {
    Machine m;
    EXPECT_EQ(ENOENT, code(m.kernel.unloadModule("nosuch")));
    EXPECT_EQ(EEXIST, code(m.kernel.loadModule(memfdModule(m.kernel.profile()))));
    const SessionId s = m.create("a");
    ASSERT_TRUE(m.kernel.preserveFd(s, 1, makeMemfd()));
    EXPECT_EQ(EAGAIN, code(m.kernel.unloadModule("memfd")));
    EXPECT_EQ(EAGAIN, code(m.kernel.unloadModule("hugetlb"))) << "its FLB is in use by a memfd";
    ASSERT_TRUE(m.kernel.closeSession(s));
    EXPECT_EQ(0, code(m.kernel.unloadModule("hugetlb")));
    EXPECT_EQ(0, m.flb("hugetlb-v1").users);
    EXPECT_EQ(0, code(m.kernel.unloadModule("memfd")));
    EXPECT_FALSE(m.kernel.moduleLoaded("memfd"));
    EXPECT_EQ(ENOENT, code(m.kernel.preserveFd(m.create("b"), 1, makeMemfd())));
}

TEST(Modules, AFailedLoadLeavesNothingBehind) {
    const Profile profile = *findProfile("7.3");
    Kernel kernel(profile);
    EXPECT_EQ(EINVAL, code(kernel.loadModule(hugetlbModule(profile)))) << "memfd is not there";
    EXPECT_TRUE(kernel.state().handlers.empty());
    EXPECT_FALSE(kernel.moduleLoaded("hugetlb"));
    EXPECT_EQ(0, code(kernel.loadModule(memfdModule(profile))));
    EXPECT_EQ(0, code(kernel.loadModule(hugetlbModule(profile))));
}

} // namespace
} // namespace luosim::model
