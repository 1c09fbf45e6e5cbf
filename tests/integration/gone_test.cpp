// SPDX-License-Identifier: LGPL-2.1-or-later

// What no program expects to run out of, or to change: memory, the system's descriptors, the clock, /proc. luod says no, or
// is started again; nothing it was told of is lost.

#include "adverse.hpp"
#include "expect.hpp"
#include "memfd.hpp"
#include "updated.hpp"

#include <cerrno>
#include <fmt/format.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::int64_t day = 86'400;

// Under a sanitizer a program's address space is of another order.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitised = true;
#else
constexpr bool sanitised = false;
#endif

TEST(Memory, IsUsedUp) {
    if (sanitised)
        GTEST_SKIP() << "the address space of a sanitised luod cannot be limited";
    World world({.environment = {"MALLOC_ARENA_MAX=1"}}); // or each thread would have its own to fall back on
    Client client(world);
    const std::string session = client.made("vm1"), text(4000, 'x');
    const luod_value value{.key = "k", .type = LUOD_STRING, .as = {.s = text.c_str()}};
    std::map<std::uint64_t, std::string> told, contents;
    world.limitLuodMemory(true);
    Answer answer;
    for (std::uint64_t token = 0; token < 5000; ++token) {
        const UniqueFd file = memfdWith(std::to_string(token));
        answer = client.preserve(session, {{file.get(), token, "", {value}}});
        if (!answer)
            break;
        told[token] = std::to_string(token);
    }
    EXPECT_FALSE(answer);
    fmt::print("after {} files: {}: {}\n", told.size(), answer.error, answer.words);
    world.luod().waitReady(); // it may have ended
    EXPECT_THAT(world.luod().log(), testing::Not(HasSubstr("a bug")));
    world.limitLuodMemory(false);
    expectDone(client.create("vm2"));
    world.luod().kexecDirect();
    expectDone(client.retrieveAll(session, contents));
    for (const auto& [token, content] : told)
        EXPECT_EQ(contents[token], content);
}

TEST(Descriptors, OfTheSystemAreUsedUp) {
    const Adverse adverse;
    World world({.environment = adverse.environment()});
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd a = memfdWith("a"), b = memfdWith("b");
    expectDone(client.preserve(session, a.get(), 1));
    const pid_t pid = world.luod().pid();
    adverse->openError = ENFILE;
    {
        const Unchanged guard(world, client);
        expectRefused(client.create("vm2"), "LimitReached", "the machine has no file descriptors left; raise fs.file-max");
    }
    expectDone(client.preserve(session, b.get(), 2)); // needs none that is not there
    adverse->openError = 0;
    EXPECT_EQ(world.luod().pid(), pid) << "luod has died of it";
    expectDone(client.create("vm2"));
    world.luod().kexec();
    std::map<std::uint64_t, std::string> contents;
    expectDone(client.retrieveAll(session, contents));
    EXPECT_EQ(contents, (std::map<std::uint64_t, std::string>{{1, "a"}, {2, "b"}}));
}

class Clock : public testing::Test {
protected:
    Adverse adverse;
    World world{{.environment = adverse.environment()}};
    Lead lead{world};

    // Goes over, and the wall clock goes back by a day whenever something happens.
    void goOver() {
        expectDone(lead.load());
        Party client(world, "vmm");
        adverse->clockOff -= day;
        expectDone(lead.begin({.deadline = 60s}));
        EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
        adverse->clockOff -= day;
        EXPECT_THAT(lead.awaited(), testing::SizeIs(1));
        client.ready();
        world.luod().waitNextBoot();
        EXPECT_EQ(lead.handover(), "done");
    }
    void expectInOrder() {
        luod_report* report = nullptr;
        expectDone(lead.client.answer(luod_get_report(lead.client.get(), nullptr, &report)));
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < report->n_moments && report->moments[i].what != std::string("left"); ++i) {
            EXPECT_GE(report->moments[i].monotonic, before) << report->moments[i].what;
            before = report->moments[i].monotonic;
        }
        EXPECT_GT(before, 0u);
        luod_report_free(report);
    }
};

TEST_F(Clock, JumpsBackwards) {
    const std::string session = lead.client.made("vm1");
    const UniqueFd file = memfdWith("x");
    adverse->clockOff -= day;
    expectDone(lead.client.preserve(session, file.get(), 1));
    world.luod().kill();
    goOver();
    expectInOrder();
    const std::string first = lead.update;
    UniqueFd back;
    expectDone(lead.client.retrieve(session, 1, back));
    EXPECT_EQ(contentOf(back.get()), "x");
    expectDone(lead.client.finish(session));
    goOver();
    luod_reports* reports = nullptr;
    expectDone(lead.client.answer(luod_list_reports(lead.client.get(), &reports)));
    EXPECT_EQ(luod_reports_next(reports)->update, lead.update) << "the last is the first, whatever the clock said";
    EXPECT_EQ(luod_reports_next(reports)->update, first);
    luod_reports_free(reports);
}

class Proc : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Shows, Proc, testing::Values("processes", "none"), [](const auto& info) { return info.param; });

TEST_P(Proc, IsHidden) {
    World world({.proc = GetParam()});
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd a = memfdWith("a"), b = memfdWith("b");
    expectDone(client.preserve(session, a.get(), 1, "ram"));
    expectRefused(client.preserve(session, a.get(), 2), "AlreadyPreserved", "");
    world.luod().kill();
    expectDone(client.preserve(session, b.get(), 2));
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("1 'ram' "), HasSubstr(" preserved 1")));
    for (const bool direct : {false, true}) {
        direct ? world.luod().kexecDirect() : world.luod().kexec();
        EXPECT_EQ(client.status().lastHandover, "done");
        std::map<std::uint64_t, std::string> contents;
        expectDone(client.retrieveAll(client.found("vm1", "incoming"), contents));
        EXPECT_EQ(contents, (std::map<std::uint64_t, std::string>{{1, "a"}, {2, "b"}}));
        expectDone(client.finish(client.found("vm1", "incoming")));
        const std::string again = client.made("vm1");
        expectDone(client.preserve(again, a.get(), 1));
        expectDone(client.preserve(again, b.get(), 2));
    }
}

} // namespace
} // namespace luod::tests
