// SPDX-License-Identifier: LGPL-2.1-or-later

// Linux 7.0 lets pass what it then loses without a word, and its sessions are few and small. Through luod nothing of that can
// happen: it is refused, in words.

#include "binaries.hpp"
#include "expect.hpp"
#include "memfd.hpp"
#include "whole_life.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::HasSubstr;

class OldKernel : public testing::Test {
protected:
    explicit OldKernel(std::string config = "") : world({.simulator = {"--profile", "7.0"}, .config = std::move(config)}) {}

    // By a program in the machine, which would make the kernel's calls itself on a newer kernel. Its exit status.
    int preserveInside(const char* session, const char* token, const UniqueFd& file, const std::string& words = "") {
        const Outcome outcome = world.inside({binary("luoctl"), "preserve", session, token, "--fd", "0"}, file.get());
        EXPECT_THAT(outcome.err, HasSubstr(words));
        return outcome.status;
    }
    std::map<std::uint64_t, std::string> contentsOf(const std::string& session) {
        std::map<std::uint64_t, std::string> contents;
        expectDone(client.retrieveAll(session, contents));
        return contents;
    }

    World world;
    Client client{world};
};

TEST_F(OldKernel, TakesNoFileIntoASessionThatCameOver) {
    const std::string session = client.made("vm1");
    const UniqueFd first = memfdWith("first"), late = memfdWith("late");
    expectDone(client.preserve(session, first.get(), 1));
    world.luod().kexec();
    expectRefused(client.preserve(session, late.get(), 2), "WrongDirection", "is incoming");
    EXPECT_EQ(preserveInside("vm1", "2", late, "incoming"), 10);
    EXPECT_EQ(contentsOf(session), (std::map<std::uint64_t, std::string>{{1, "first"}}));
}

TEST_F(OldKernel, GivesNothingBackBeforeItsTime) {
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    EXPECT_EQ(preserveInside("vm1", "1", file), 0);
    UniqueFd back;
    expectRefused(client.retrieve(session, 1, back), "WrongDirection", "is outgoing");
    EXPECT_EQ(world.luoctl({"retrieve", "vm1", "1"}).status, 10);
    world.luod().kexecDirect();
    EXPECT_EQ(world.luoctl({"retrieve", "vm1", "1"}).out, "x");
}

TEST_F(OldKernel, TakesNoSealsThatItWouldDrop) {
    const std::string session = client.made("vm1");
    for (const int seals : {F_SEAL_SHRINK, F_SEAL_WRITE | F_SEAL_GROW, F_SEAL_FUTURE_WRITE}) {
        const UniqueFd file = memfdWith("sealed", MFD_ALLOW_SEALING);
        ASSERT_EQ(fcntl(file.get(), F_ADD_SEALS, seals), 0);
        const Unchanged guard(world, client);
        expectRefused(client.preserve(session, file.get(), 1), "KindNotSupported", "carries seals that this kernel cannot");
    }
    const UniqueFd file = memfdWith("sealed", MFD_ALLOW_SEALING), plain = memfdWith("plain");
    ASSERT_EQ(fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
    EXPECT_EQ(preserveInside("vm1", "1", file, "carries seals"), 9);
    expectDone(client.preserve(session, plain.get(), 1));
    world.luod().kexec();
    EXPECT_EQ(contentsOf(session), (std::map<std::uint64_t, std::string>{{1, "plain"}}));
}

TEST_F(OldKernel, TakesNoFileTwice) {
    const std::string vm1 = client.made("vm1"), vm2 = client.made("vm2");
    const UniqueFd file = memfdWith("once"), other = memfdWith("other");
    expectDone(client.preserve(vm1, file.get(), 1));
    EXPECT_EQ(preserveInside("vm2", "2", other), 0);
    for (const bool restarted : {false, true}) {
        SCOPED_TRACE(restarted);
        if (restarted)
            world.luod().kill();
        for (const auto& session : {vm1, vm2})
            for (const UniqueFd* each : {&file, &other})
                expectRefused(client.preserve(session, each->get(), 7), "AlreadyPreserved", "by a session already");
        EXPECT_EQ(preserveInside("vm2", "7", file, "by a session already"), 7);
        EXPECT_EQ(preserveInside("vm1", "7", other, "by a session already"), 7);
    }
    expectRefused(client.preserve(vm1, {{file.get(), 8, "", {}}, {file.get(), 9, "", {}}}), "AlreadyPreserved", "");
    world.luod().kexec();
    EXPECT_EQ(contentsOf(vm1), (std::map<std::uint64_t, std::string>{{1, "once"}}));
    EXPECT_EQ(contentsOf(vm2), (std::map<std::uint64_t, std::string>{{2, "other"}}));
}

TEST_F(OldKernel, Takes128FilesInASessionAndSaysSo) {
    const std::string vm1 = client.made("vm1"), vm2 = client.made("vm2");
    std::vector<UniqueFd> files;
    std::vector<Input> inputs;
    std::map<std::uint64_t, std::string> expected;
    for (std::uint64_t i = 0; i < 129; ++i) {
        expected[i] = fmt::format("content {}", i);
        files.push_back(memfdWith(expected[i]));
        inputs.push_back({files.back().get(), i, "", {}});
    }
    const Answer answer = client.preserve(vm1, inputs);
    expectRefused(answer, "LimitReached", "Linux before 7.2 takes 128");
    EXPECT_THAT(answer.words, HasSubstr("file 128 "));
    expected.erase(128);
    expectDone(client.preserve(vm2, {inputs.back()})); // as the words say
    world.luod().kexecDirect();
    EXPECT_EQ(contentsOf(vm1), expected);
    EXPECT_EQ(contentsOf(vm2), (std::map<std::uint64_t, std::string>{{128, "content 128"}}));
}

class FullOldKernel : public OldKernel {
protected:
    FullOldKernel() : OldKernel("[Daemon]\nLedgerSize=64K\n") {
        while ((last = client.create(std::to_string(sessions))))
            ++sessions;
    }
    std::size_t sessions = 0;
    Answer last;
};

TEST_F(FullOldKernel, Takes744SessionsAndSaysSo) {
    EXPECT_EQ(sessions, 743u); // and luod's own
    expectRefused(last, "LimitReached", "Linux before 7.2 takes 744, luod's own among them");
    const UniqueFd file = memfdWith("of the last");
    expectDone(client.preserve(client.found("742"), file.get(), 1));
    world.luod().kexecDirect();
    EXPECT_EQ(client.status().sessions, 743u);
    EXPECT_EQ(client.status().lastHandover, "done");
    EXPECT_EQ(contentsOf(client.found("742")), (std::map<std::uint64_t, std::string>{{1, "of the last"}}));
}

// A greater ledger needs a session for a moment; so it may be full earlier than elsewhere.
TEST_F(FullOldKernel, LeavesNoSessionForAGreaterLedgerUntilOneIsDiscarded) {
    const std::string session = client.found("0"), text(3000, 'x');
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, file.get(), 1));
    const luod_value value{.key = "k", .type = LUOD_STRING, .as = {.s = text.c_str()}};
    Answer answer;
    int written = 0;
    while ((answer = client.annotate(session, 1, fmt::format("n{}", written), {value})))
        ASSERT_LT(++written, 10000);
    expectRefused(answer, "LedgerTrouble", "the ledger is full");
    expectDone(client.discard(client.found("1")));
    while (!client.annotate(session, 1, "fits again", {value}))
        ASSERT_LT(++written, 20000);
    world.luod().kexecDirect();
    EXPECT_EQ(client.status().sessions, 742u);
    UniqueFd back;
    expectDone(client.retrieve(session, "fits again", back));
}

TEST(KillOnAnOldKernel, AtEveryCall) { killAtEveryCall(wholeLife({"--profile", "7.0"}), 100); }

} // namespace
} // namespace luod::tests
