// SPDX-License-Identifier: LGPL-2.1-or-later

// Quotas: what counts, what is refused, and that it is the same after a restart and a kexec.

#include "unit/core_life.hpp"

#include <fcntl.h>
#include <sys/mman.h>

namespace luod::test {
namespace {

class QuotaTest : public testing::Test {
protected:
    void SetUp() override {
        live();
        a = *life->create(1, "a");
    }
    void live() {
        life.reset();
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
    }
    void limit(auto member, std::uint64_t value) {
        Limits limits = life->custodian->limits();
        limits.*member = value;
        life->custodian->setLimits(limits);
    }
    // Without memory behind it: a hole as a whole.
    static Offer hole(Token token, std::uint64_t size) {
        UniqueFd fd(::memfd_create("hole", MFD_CLOEXEC));
        EXPECT_EQ(::ftruncate(fd.get(), off_t(size)), 0);
        return {.fd = std::move(fd), .token = token};
    }
    Usage used(uid_t user = 1) { return life->custodian->quotas().used(user); }

    World world{};
    std::unique_ptr<Life> life;
    SessionId a = 0;
};

TEST_F(QuotaTest, HolesOfAFileCountAsItsContentDoes) {
    limit(&Limits::bytesPerUser, 1000);
    ASSERT_TRUE(life->preserve(a, offers(hole(1, 600))));
    EXPECT_EQ(used().bytes, 600u);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(a, offers(hole(2, 401))),
                          "uid 1 uses 600 bytes in preserved files, and 401 more would be over the limit of 1000: take out some, or "
                          "raise MaxBytesPerUser= in luod.conf"));
    ASSERT_TRUE(life->preserve(a, offers(hole(2, 400))));
    ASSERT_TRUE(life->discard(a));
    EXPECT_EQ(used(), Usage{});
}

TEST_F(QuotaTest, OneCallsFilesCountTogether) {
    limit(&Limits::bytesPerUser, 1000);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(a, offers(hole(1, 600), hole(2, 600))), "1200 more"));
    EXPECT_EQ(used().files, 0u);
}

TEST_F(QuotaTest, RootIsBoundByTheTotalOnly) {
    limit(&Limits::bytesPerUser, 10);
    limit(&Limits::bytes, 1000);
    auto root = *life->create(0, "r");
    ASSERT_TRUE(life->preserve(root, offers(hole(1, 995))));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(root, offers(hole(2, 6))),
                          "luod in all uses 995 bytes in preserved files, and 6 more would be over the limit of 1000"));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(a, offers(hole(2, 6))), "MaxBytes="));
}

TEST_F(QuotaTest, WhatAnOwnerPreservedItselfCounts) {
    limit(&Limits::bytesPerUser, 1000);
    ASSERT_TRUE(life->custodian->open(a));
    auto fd = memfd("x");
    auto& kernel = *world.luo.find("luod.1.a", false);
    kernel.files.emplace(7, dupOf(fd.get())), kernel.files.emplace(8, dupOf(fd.get()));
    auto note = [](Token token, std::uint64_t size) {
        std::vector<Offer> all;
        all.push_back({.token = token, .kind = FileKind::Memfd, .size = size});
        return all;
    };
    ASSERT_TRUE(life->notePreserved(a, note(7, 700)));
    EXPECT_EQ(used().bytes, 700u);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->notePreserved(a, note(8, 301)), "MaxBytesPerUser="));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->notePreserved(a, note(8, unlimited)), "MaxBytesPerUser="));
    EXPECT_FALSE(life->registry.find(a)->files.contains(8));
}

TEST_F(QuotaTest, SizesThatOverflowFitNowhere) {
    limit(&Limits::bytesPerUser, unlimited - 1);
    std::vector<Offer> two;
    for (Token token : {1, 2})
        two.push_back({.token = token, .kind = FileKind::Memfd, .size = unlimited / 2 + 1});
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->notePreserved(a, std::move(two)), "MaxBytesPerUser="));
}

TEST_F(QuotaTest, AFileThatGrowsOnItsWayIsTakenOutAgain) {
    limit(&Limits::bytesPerUser, 1000);
    Offer offer = hole(1, 10);
    UniqueFd owners = dupOf(offer.fd.get());
    Result<> answer;
    life->custodian->preserve(a, offers(std::move(offer), hole(2, 10)), [&](Result<> given) { answer = std::move(given); });
    ASSERT_EQ(::ftruncate(owners.get(), 5000), 0); // luod has looked, the kernel has not
    life->workers.drain();
    EXPECT_TRUE(failsWith(Errc::LimitReached, answer, "uses 5010 bytes in preserved files, over the limit of 1000"));
    EXPECT_NE(answer.error().words.find("file 1 was made larger while it was handed over, and is taken out again"), std::string::npos)
        << answer.error().words;
    EXPECT_EQ(used().bytes, 10u);
    EXPECT_TRUE(life->registry.find(a)->files.contains(2));
    EXPECT_FALSE(world.luo.find("luod.1.a", false)->files.contains(1));
}

TEST_F(QuotaTest, AFileThatGrowsWithinTheLimitCountsAsItIs) {
    Offer offer = hole(1, 10);
    UniqueFd owners = dupOf(offer.fd.get());
    Result<> answer = fail(Errc::Busy, "");
    life->custodian->preserve(a, offers(std::move(offer)), [&](Result<> given) { answer = std::move(given); });
    ASSERT_EQ(::ftruncate(owners.get(), 5000), 0);
    life->workers.drain();
    EXPECT_TRUE(answer);
    EXPECT_EQ(used().bytes, 5000u);
    EXPECT_EQ(life->registry.find(a)->files.at(1).state, FileState::Preserved);
    live();
    EXPECT_EQ(used().bytes, 5000u);
}

TEST_F(QuotaTest, NamesAndMetadataCountTogether) {
    limit(&Limits::metadataPerUser, 20);
    ASSERT_TRUE(life->preserve(a, offers(offer(1, "x", "name", {{"k", std::string(11, 'v')}}))));
    EXPECT_EQ(used().metadata, 16u);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(a, offers(offer(2, "x", "named"))), "MaxMetadataPerUser="));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->custodian->annotate(a, 1, "name", {{"k", std::string(16, 'v')}}),
                          "5 more would be over the limit of 20"));
    ASSERT_TRUE(life->custodian->annotate(a, 1, "name", {{"k", std::string(15, 'v')}}));
    EXPECT_EQ(used().metadata, 20u);
    ASSERT_TRUE(life->custodian->annotate(a, 1, "", {})) << "less always fits";
    EXPECT_EQ(used().metadata, 0u);
}

TEST_F(QuotaTest, ALimitThatIsLoweredTakesNothingAway) {
    ASSERT_TRUE(life->preserve(a, offers(hole(1, 600))));
    limit(&Limits::bytesPerUser, 500);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(a, offers(hole(2, 1))), "uses 600 bytes"));
    EXPECT_EQ(used().bytes, 600u);
    EXPECT_TRUE(life->takeOut(a, 1));
}

TEST_F(QuotaTest, WhatIsUsedIsTheSameAfterARestartAndAKexec) {
    ASSERT_TRUE(life->preserve(a, offers(hole(1, 600), offer(2, "four", "name", {{"k", true}}))));
    const Usage before = used();
    EXPECT_EQ(before, (Usage{.sessions = 1, .files = 2, .bytes = 604, .metadata = 6}));
    live();
    EXPECT_EQ(used(), before);
    life.reset();
    world.kexec(false);
    live();
    EXPECT_EQ(used(), before);
    EXPECT_EQ(life->custodian->quotas().used(), before);
    limit(&Limits::sessionsPerUser, 1);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(1, "b"), "uses 1 sessions")) << "incoming ones count";
}

TEST(Quotas, ACallIsInFlightUntilItsTicketIsGone) {
    Registry registry;
    auto quotas = std::make_unique<Quotas>(registry);
    quotas->setLimits({.calls = 4, .callsPerUser = 2});
    auto first = *quotas->admit(1), second = *quotas->admit(1);
    EXPECT_EQ(quotas->used(1).calls, 2u);
    EXPECT_TRUE(failsWith(Errc::LimitReached, quotas->admit(1), "wait for answers, or raise MaxCallsPerUser="));
    auto roots = *quotas->admit(0), another = *quotas->admit(0);
    EXPECT_TRUE(failsWith(Errc::LimitReached, quotas->admit(0), "MaxCalls="));
    EXPECT_EQ(quotas->users(), (std::set<uid_t>{0, 1}));
    first.reset();
    EXPECT_TRUE(quotas->admit(1));
    EXPECT_EQ(quotas->used(1).calls, 1u);
    quotas.reset();
    second.reset(); // after luod's parts
}

} // namespace
} // namespace luod::test
