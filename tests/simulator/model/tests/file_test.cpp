// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

struct Preserve : testing::Test {
    Machine m;
    SessionId s = m.create("a");
    int preserve(std::uint64_t token, FileRef file) { return code(m.kernel.preserveFd(s, token, std::move(file))); }
};

TEST_F(Preserve, RefusesWhatNoHandlerTakes) {
    EXPECT_EQ(ENOENT, preserve(1, std::make_shared<PlainFile>(nextFileId())));
    auto named = makeMemfd();
    named->inode->unlinked = false;
    EXPECT_EQ(ENOENT, preserve(1, named));
    EXPECT_EQ(ENOENT, preserve(1, std::make_shared<PlainFile>(nextFileId(), FileKind::vfioGroup)));
    EXPECT_EQ(EBADF, preserve(1, nullptr));
}

TEST_F(Preserve, ChecksInTheKernelsOrder) {
    auto file = makeMemfd();
    EXPECT_EQ(0, preserve(1, file));
    EXPECT_EQ(EEXIST, preserve(1, nullptr)) << "the token comes before the fd";
    EXPECT_EQ(EEXIST, preserve(1, file)) << "and before the duplicate";
    EXPECT_EQ(EBUSY, preserve(2, file));
}

TEST_F(Preserve, LimitComesAfterTheTokenAndBeforeTheFd) {
    Profile small = *findProfile("7.3");
    small.limits.filesPerSession = 1;
    Kernel kernel(small);
    ASSERT_TRUE(kernel.loadModule(memfdModule(small)));
    ASSERT_TRUE(kernel.openDevice());
    const SessionId id = *kernel.createSession("a");
    EXPECT_EQ(0, code(kernel.preserveFd(id, 1, makeMemfd())));
    EXPECT_EQ(EEXIST, code(kernel.preserveFd(id, 1, nullptr)));
    EXPECT_EQ(ENOSPC, code(kernel.preserveFd(id, 2, nullptr)));
}

TEST_F(Preserve, LimitOf70Is128) {
    Machine old("7.0");
    const SessionId id = old.create("a");
    for (int token = 0; token < 128; ++token)
        ASSERT_EQ(0, code(old.kernel.preserveFd(id, token, makeMemfd())));
    EXPECT_EQ(ENOSPC, code(old.kernel.preserveFd(id, 128, makeMemfd())));
}

TEST_F(Preserve, OneMemfdOnceWhereverAndHoweverOpened) {
    auto file = makeMemfd();
    auto again = std::make_shared<FakeMemfd>(file->inode);
    EXPECT_EQ(0, preserve(1, file));
    EXPECT_TRUE(m.kernel.filePreserved(*again));
    EXPECT_EQ(EBUSY, code(m.kernel.preserveFd(m.create("b"), 1, again)));
    EXPECT_EQ(0, code(m.kernel.closeSession(s)));
    EXPECT_FALSE(m.kernel.filePreserved(*again));
    EXPECT_EQ(0, code(m.kernel.preserveFd(m.create("c"), 1, again)));
}

TEST_F(Preserve, HoldsAReferenceAndGivesItBack) {
    auto file = makeMemfd();
    auto inode = file->inode;
    const std::weak_ptr<FakeMemfd> watch = file;
    EXPECT_EQ(0, preserve(1, std::move(file)));
    EXPECT_FALSE(watch.expired());
    EXPECT_TRUE(inode->fixed);
    EXPECT_TRUE(inode->filled);
    EXPECT_EQ(1, m.pins("memfd"));
    EXPECT_EQ(0, code(m.kernel.closeSession(s)));
    EXPECT_TRUE(watch.expired());
    EXPECT_FALSE(inode->fixed);
    EXPECT_EQ(0, m.pins("memfd"));
}

TEST_F(Preserve, MemfdRefusals) {
    auto sealed = makeMemfd();
    sealed->inode->seals = 0x40;
    EXPECT_EQ(EOPNOTSUPP, preserve(1, sealed));
    EXPECT_FALSE(sealed->inode->fixed);
    auto huge = makeMemfd();
    huge->inode->claimedSize = (0xffffffffull << 12) + 1;
    EXPECT_EQ(EFBIG, preserve(1, huge));
    huge->inode->claimedSize = 0xffffffffull << 12;
    EXPECT_EQ(0, preserve(1, huge));
    auto full = makeMemfd();
    full->failFill = ENOMEM;
    const State before = m.state();
    EXPECT_EQ(ENOMEM, preserve(2, full));
    EXPECT_EQ(before, m.state());
    auto empty = makeMemfd("");
    empty->failFill = ENOMEM; // has no holes
    EXPECT_EQ(0, preserve(2, empty));
}

TEST_F(Preserve, AFaultInTheHandlerRollsBack) {
    m.inject("preserve:handler:token=7:errno=ENOMEM");
    const State before = m.state();
    EXPECT_EQ(ENOMEM, preserve(7, makeMemfd()));
    EXPECT_EQ(before, m.state());
    EXPECT_EQ(1, m.flbs["hugetlb-v1"]->preserved);
    EXPECT_EQ(1, m.flbs["hugetlb-v1"]->unpreserved);
}

struct Retrieve : testing::Test {
    Machine m;
    std::shared_ptr<FakeMemfd> first = makeMemfd("first");
    std::shared_ptr<FakeMemfd> second = makeMemfd("second");
    void SetUp() override {
        const SessionId s = m.create("a");
        first->inode->seals = 0x2f;
        ASSERT_TRUE(m.kernel.preserveFd(s, 1, first));
        ASSERT_TRUE(m.kernel.preserveFd(s, 2, second));
    }
    SessionId next() {
        EXPECT_TRUE(m.reboot()) << m.freezeResult;
        return m.retrieve("a");
    }
};

TEST_F(Retrieve, TakesPositionAtFreezeContentAtTheJumpSealsAndSizeAtPreserve) {
    first->offset = 3;
    first->inode->content = "FIRST and more";
    first->inode->seals = 0;
    ASSERT_TRUE(m.kernel.freeze());
    first->offset = 4;
    first->inode->content = "Later and more";
    Kernel kernel(*findProfile("7.3"), m.kernel.jump(KexecImage::kexecFileLoad));
    ASSERT_TRUE(kernel.loadModule(memfdModule(kernel.profile())));
    ASSERT_TRUE(kernel.openDevice());
    const auto file = kernel.retrieveFd(*kernel.retrieveSession("a"), 1);
    ASSERT_TRUE(file);
    EXPECT_EQ("Later", asMemfd(*file).inode->content);
    EXPECT_EQ(3u, asMemfd(*file).position());
    EXPECT_EQ(0x2fu, asMemfd(*file).seals());
}

TEST_F(Retrieve, AnyOrderAndTheSameFileAgain) {
    const SessionId s = next();
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveFd(s, 3)));
    const auto two = m.kernel.retrieveFd(s, 2);
    const auto one = m.kernel.retrieveFd(s, 1);
    ASSERT_TRUE(one && two);
    EXPECT_EQ("second", asMemfd(*two).inode->content);
    EXPECT_EQ(*two, m.kernel.retrieveFd(s, 2).value());
}

TEST_F(Retrieve, AHandlersErrorSticksACallsErrorDoesNot) {
    m.inject("retrieve:handler:token=1:nth=1:errno=ENOMEM");
    m.inject("retrieve:token=2:nth=1:errno=EMFILE");
    const SessionId s = next();
    EXPECT_EQ(ENOMEM, code(m.kernel.retrieveFd(s, 1)));
    EXPECT_EQ(ENOMEM, code(m.kernel.retrieveFd(s, 1)));
    EXPECT_EQ(-ENOMEM, m.kernel.state().incoming.at(0).files.at(0).retrieveStatus);
    EXPECT_EQ(EMFILE, code(m.kernel.retrieveFd(s, 2)));
    EXPECT_EQ(0, code(m.kernel.retrieveFd(s, 2)));
    EXPECT_EQ(0, code(m.kernel.finish(s)));
}

TEST_F(Retrieve, FinishLetsGoAndMayBeRepeated) {
    const SessionId s = next();
    std::weak_ptr<File> kept;
    FileRef mine;
    {
        mine = m.kernel.retrieveFd(s, 1).value();
        kept = m.kernel.retrieveFd(s, 2).value();
    }
    EXPECT_EQ(2, m.pins("memfd"));
    EXPECT_EQ(EBUSY, code(m.kernel.preserveFd(m.create("b"), 1, mine))) << "still held";
    EXPECT_EQ(0, code(m.kernel.finish(s)));
    EXPECT_TRUE(kept.expired());
    EXPECT_EQ(0, m.pins("memfd"));
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveFd(s, 1)));
    EXPECT_EQ(0, code(m.kernel.finish(s)));
    EXPECT_EQ(EINVAL, code(m.kernel.retrieveSession("a"))) << "there until it is closed";
    EXPECT_EQ(0, code(m.kernel.preserveFd(m.create("c"), 1, mine)));
}

TEST_F(Retrieve, ClosingFinishesAndThrowsAwayTheRest) {
    const SessionId s = next();
    EXPECT_EQ(0, code(m.kernel.closeSession(s)));
    EXPECT_TRUE(m.kernel.state().incoming.empty());
    EXPECT_EQ(0, m.pins("memfd"));
}

TEST_F(Retrieve, WhatNobodyRetrievesIsNotCarriedFurther) {
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(1u, m.kernel.state().incoming.size());
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
    EXPECT_EQ(2u, m.kernel.state().liveupdateNumber);
}

TEST_F(Retrieve, ARefusedFinishKeepsAllAndARefusedCloseStrandsTheSession) {
    m.inject("finish:handler:session=a:errno=EBUSY");
    const SessionId s = next();
    const State before = m.state();
    EXPECT_EQ(EBUSY, code(m.kernel.finish(s)));
    EXPECT_EQ(before, m.state());
    EXPECT_EQ(EBUSY, code(m.kernel.closeSession(s)));
    EXPECT_TRUE(m.kernel.state().incoming.at(0).abandoned);
    EXPECT_FALSE(m.kernel.sessionOpen(s));
    EXPECT_EQ(EINVAL, code(m.kernel.retrieveSession("a")));
    EXPECT_EQ(2, m.pins("memfd"));
}

} // namespace
} // namespace luosim::model
