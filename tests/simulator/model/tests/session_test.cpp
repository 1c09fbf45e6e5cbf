// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

const std::string longest(63, 'x');
const std::string unterminated(64, 'x');

TEST(Device, IsExclusiveAndNeedNotStayOpen) {
    Machine m;
    EXPECT_EQ(EBUSY, code(m.kernel.openDevice()));
    const SessionId s = m.create("a");
    m.kernel.releaseDevice();
    EXPECT_TRUE(m.kernel.sessionOpen(s));
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 1, makeMemfd())));
    EXPECT_EQ(EBADF, code(m.kernel.createSession("b")));
    EXPECT_EQ(0, code(m.kernel.openDevice()));
}

TEST(Device, IsMissingWithoutLiveUpdateOrKho) {
    for (bool Profile::*off : {&Profile::liveupdateEnabled, &Profile::khoEnabled}) {
        Profile profile = *findProfile("7.3");
        profile.*off = false;
        Kernel kernel(profile);
        EXPECT_FALSE(kernel.deviceExists());
        EXPECT_EQ(ENOENT, code(kernel.openDevice()));
        EXPECT_EQ(EOPNOTSUPP, code(kernel.registerFileHandler(std::make_shared<MemfdHandler>(profile))));
        EXPECT_EQ(0, code(kernel.loadModule(memfdModule(profile))));
        EXPECT_EQ(0, code(kernel.freeze()));
        EXPECT_FALSE(kernel.jump(KexecImage::kexecFileLoad).hasLuo);
    }
}

TEST(CreateSession, NamesStrict) {
    Machine m;
    EXPECT_EQ(EINVAL, code(m.kernel.createSession("")));
    EXPECT_EQ(EINVAL, code(m.kernel.createSession(std::string_view("\0abc", 4))));
    EXPECT_EQ(EINVAL, code(m.kernel.createSession(unterminated)));
    const SessionId s = m.create(longest);
    EXPECT_EQ(longest, m.kernel.getName(s).value());
    EXPECT_EQ(EEXIST, code(m.kernel.createSession(longest + std::string(1, '\0'))));
    EXPECT_EQ("ab", m.kernel.getName(*m.kernel.createSession(std::string_view("ab\0cd", 5))).value());
}

TEST(CreateSession, NamesLax) {
    Machine m("7.0");
    EXPECT_EQ(0, code(m.kernel.createSession("")));
    EXPECT_EQ(0, code(m.kernel.createSession(unterminated)));
    EXPECT_EQ(EEXIST, code(m.kernel.createSession(longest))) << "was cut to the same";
    EXPECT_EQ(longest, m.kernel.state().outgoing.at(1).name);
}

TEST(CreateSession, LimitComesBeforeTheDuplicate) {
    Machine m("7.0");
    for (int i = 0; i < 744; ++i)
        m.create("s" + std::to_string(i));
    EXPECT_EQ(ENOMEM, code(m.kernel.createSession("one more")));
    EXPECT_EQ(ENOMEM, code(m.kernel.createSession("s0")));

    Profile small = *findProfile("7.3");
    small.limits.sessions = 1;
    Kernel kernel(small);
    ASSERT_TRUE(kernel.openDevice());
    ASSERT_TRUE(kernel.createSession("a"));
    EXPECT_EQ(ENOSPC, code(kernel.createSession("a")));
}

TEST(RetrieveSession, OnceAndOnlyFromTheIncomingList) {
    Machine m;
    m.create("a");
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
    ASSERT_TRUE(m.reboot());
    m.create("a"); // outgoing: the lists are apart
    const SessionId s = m.retrieve("a");
    EXPECT_TRUE(m.kernel.sessionRetrieved(s));
    EXPECT_EQ(EINVAL, code(m.kernel.retrieveSession("a")));
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("")));
    EXPECT_EQ(0, code(m.kernel.closeSession(s)));
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
}

TEST(RetrieveSession, AnUnterminatedNameIsNobodys) {
    Machine m("7.0");
    ASSERT_TRUE(m.kernel.createSession(unterminated));
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession(unterminated)));
    EXPECT_EQ(0, code(m.kernel.retrieveSession(longest)));
}

TEST(Session, TypeIsCheckedOnStrictKernels) {
    Machine m;
    m.create("in");
    ASSERT_TRUE(m.reboot());
    const SessionId in = m.retrieve("in");
    const SessionId out = m.create("out");
    EXPECT_EQ(EINVAL, code(m.kernel.preserveFd(in, 1, makeMemfd())));
    EXPECT_EQ(EINVAL, code(m.kernel.retrieveFd(out, 1)));
    EXPECT_EQ(EINVAL, code(m.kernel.finish(out)));
    EXPECT_EQ("in", m.kernel.getName(in).value());
    EXPECT_EQ("out", m.kernel.getName(out).value());
}

TEST(Session, GetNameIsNotIn70) {
    Machine m("7.0");
    EXPECT_EQ(EINVAL, code(m.kernel.getName(m.create("a"))));
}

TEST(Session, ClosedIsBad) {
    Machine m;
    const SessionId s = m.create("a");
    EXPECT_EQ(0, code(m.kernel.closeSession(s)));
    EXPECT_EQ(EBADF, code(m.kernel.closeSession(s)));
    EXPECT_EQ(EBADF, code(m.kernel.preserveFd(s, 1, makeMemfd())));
    EXPECT_EQ(EBADF, code(m.kernel.getName(s)));
    EXPECT_NE(s, m.create("a")) << "an id is not used again";
}

TEST(Lax, AFilePreservedOnARetrievedSessionIsLost) {
    Machine m("7.0");
    m.create("a");
    ASSERT_TRUE(m.reboot());
    const SessionId s = m.retrieve("a");
    auto file = makeMemfd();
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 1, file)));
    EXPECT_EQ(1, m.flb("hugetlb-v1").outgoingCount);
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
}

TEST(Lax, FinishOnAnOutgoingSessionDropsItsFiles) {
    Machine m("7.0");
    const SessionId s = m.create("a");
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveFd(s, 1)));
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 1, makeMemfd())));
    EXPECT_EQ(EINVAL, code(m.kernel.retrieveFd(s, 1)));
    EXPECT_EQ(0, code(m.kernel.finish(s)));
    EXPECT_TRUE(m.kernel.state().outgoing.at(0).files.empty());
    EXPECT_EQ(0, m.pins("memfd"));
    EXPECT_EQ(0, m.flb("hugetlb-v1").outgoingCount);
}

TEST(Lax, SealsAreLostAndDuplicatesPass) {
    Machine m("7.0");
    auto file = makeMemfd();
    file->inode->seals = 0x0f;
    const SessionId s = m.create("a");
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 1, file)));
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 2, file)));
    EXPECT_EQ(0, code(m.kernel.preserveFd(m.create("b"), 1, file)));
    ASSERT_TRUE(m.reboot());
    const auto back = m.kernel.retrieveFd(m.retrieve("a"), 1);
    ASSERT_TRUE(back);
    EXPECT_EQ(1u, asMemfd(*back).seals()) << "F_SEAL_SEAL: of a memfd that never allowed sealing";
}

} // namespace
} // namespace luosim::model
