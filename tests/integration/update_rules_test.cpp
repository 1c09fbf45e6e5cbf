// SPDX-License-Identifier: LGPL-2.1-or-later

// The rules of a live update, one by one: who has a say and who has not, what can be done when, what is refused as a
// kernel, and a disk that takes nothing.

#include "updated.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

class Rules : public Updated {
protected:
    using Updated::Updated;
    // As soon as luod has seen it.
    void waitAwaited(std::size_t count) {
        const Deadline deadline;
        while (lead.awaited().size() != count && deadline.milliseconds() > 0)
            continue;
    }
};

TEST_F(Rules, LocksAreListedWithAllThatIsKnownOfThem) {
    Party vmm(world, "vmm", "delay", 7'000'000), backup(world, "backup", "block");
    EXPECT_THAT(lead.inhibitors(), ElementsAre("vmm: the tests want it, delay, 0, 7000000, held",
                                               "backup: the tests want it, block, 0, 0, held"));
    backup.ready();
    while (lead.inhibitors().size() == 2) { // until luod has seen it
    }
    holdSomething();
    expectDone(lead.load());
    expectDone(lead.begin({.deadline = 60s}));
    EXPECT_THAT(lead.inhibitors(), ElementsAre("vmm: the tests want it, delay, 0, 7000000, awaited"));
}

TEST_F(Rules, WhoIsAwaitedAndForHowLongIsToBeSeen) {
    holdSomething();
    expectDone(lead.load());
    EXPECT_THAT(lead.awaited(), IsEmpty());
    Party quick(world, "quick", "delay", 7'000'000), slow(world, "slow", "delay", 3'600'000'000), plain(world, "plain");
    expectDone(lead.begin({.deadline = 60s}));
    EXPECT_EQ(lead.awaited().size(), 3u);
    EXPECT_THAT(lead.awaited(), Contains("quick, 0, 7000000"));  // as it wished
    EXPECT_THAT(lead.awaited(), Contains("plain, 0, 30000000")); // as configured
    quick.ready();
    waitAwaited(2);
    EXPECT_THAT(lead.awaited(), Not(Contains(HasSubstr("quick"))));
    EXPECT_THAT(lead.awaited(), Not(Contains("slow, 0, 3600000000"))) << "nobody has more time than all together";
    expectDone(lead.abort("enough"));
    EXPECT_THAT(lead.awaited(), IsEmpty());
}

TEST_F(Rules, ProgressIsSignalled) {
    holdSomething();
    expectDone(lead.load());
    Party one(world, "one"), two(world, "two");
    luod_subscribe_progress(lead.client.get());
    expectDone(lead.begin());
    one.ready();
    std::vector<std::string> seen;
    auto next = [&] {
        const luod_event* event = nullptr;
        while (luod_wait_event(lead.client.get(), 20'000'000, &event) > 0)
            if (event->type == LUOD_EVENT_PROGRESS) {
                seen.push_back(fmt::format("{} {} {}", event->what, event->subject, event->awaited));
                return true;
            }
        return false;
    };
    while (next() && !seen.back().starts_with("ready"))
        continue;
    EXPECT_THAT(seen, ElementsAre("requested  0", "checked  0", "asked  2", "ready one 1"));
}

TEST_F(Rules, AfterTheBarrierNothingCanBeChanged) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm");
    const std::string session = lead.client.found("vm1", "outgoing");
    expectDone(lead.begin());
    const UniqueFd more = memfdWith("more"), tooLate = memfdWith("too late");
    expectDone(lead.client.preserve(session, more.get(), 8)); // before it everything can
    expectDone(lead.client.annotate(session, 8, "late"));
    world.fault("reboot:delay=2s");
    client.ready();
    lead.waitPhase("leaving");
    for (const Answer& answer : {lead.client.create("vm2"), lead.client.preserve(session, tooLate.get(), 9),
                                 lead.client.takeOut(session, 8), lead.client.discard(session)})
        expectRefused(answer, "UpdateUnderWay", "");
    expectRefused(lead.begin(), "UpdateUnderWay", "");
    world.luod().waitNextBoot();
    expectItBack();
    std::map<std::uint64_t, std::string> contents;
    expectDone(lead.client.retrieveAll(lead.client.found("vm1", "incoming"), contents));
    EXPECT_EQ(contents.size(), 2u);
}

TEST_F(Rules, StrangersHaveNoSay) {
    Party stranger(world, "stranger", "block", 0, nobody);
    expectRefused(stranger.taken, "AccessDenied", "");
    luod_client* client = stranger.client().get();
    const UniqueFd kernel = memfdWith("kernel");
    char* line = nullptr;
    expectRefused(stranger.client().answer(luod_load_kernel(client, kernel.get(), -1, "", nullptr, &line)), "AccessDenied", "");
    expectRefused(stranger.client().answer(luod_unload_kernel(client, 0)), "AccessDenied", "");
    luod_findings* findings = nullptr;
    expectRefused(stranger.client().answer(luod_check(client, "direct", 0, &findings)), "AccessDenied", "");
    expectRefused(stranger.client().answer(luod_live_update(client, nullptr, nullptr)), "AccessDenied", "");
    expectRefused(stranger.client().answer(luod_abort(client, "", 0)), "AccessDenied", "");
    EXPECT_THAT(lead.inhibitors(), IsEmpty());
}

class Members : public Rules {
protected:
    Members()
        : Rules({.config = "[Sessions]\nAllowGroup=nogroup\n[Update]\nMaxInhibitorsPerUser=2\nMaxInhibitors=4\n"}) {}
};

TEST_F(Members, OfTheGroupHaveASayAndNoMore) {
    Party member(world, "member", "block", 0, nobody);
    expectDone(member.taken);
    EXPECT_THAT(lead.inhibitors(), ElementsAre(HasSubstr("block, 65534")));
    expectRefused(member.client().answer(luod_live_update(member.client().get(), nullptr, nullptr)), "AccessDenied", "");
    holdSomething();
    expectDone(lead.load());
    expectRefused(lead.begin(), "Inhibited", "member");
    Party daemon(world, "daemon", "block", 0, 1);
    expectRefused(daemon.taken, "AccessDenied", "");
}

TEST_F(Members, LocksAreLimited) {
    Party one(world, "one", "delay", 0, nobody), two(world, "two", "delay", 0, nobody), three(world, "three", "delay", 0, nobody);
    expectDone(two.taken);
    expectRefused(three.taken, "LimitReached", "MaxInhibitorsPerUser=");
    Party roots(world, "root's"), more(world, "root's, too"), tooMany(world, "too many");
    expectDone(more.taken);
    expectRefused(tooMany.taken, "LimitReached", "MaxInhibitors=");
    one.ready();
    while (lead.inhibitors().size() == 4) { // until luod has seen it
    }
    Party again(world, "again", "delay", 0, nobody);
    expectDone(again.taken);
}

TEST_F(Rules, WhatIsNoFileIsNoKernelAndNobodyWaitsForIt) {
    expectDone(lead.load());
    const TempDir dir;
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd in(ends[0]), out(ends[1]); // nobody writes to it: whoever reads it waits
    ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
    const UniqueFd good = memfdWith("initrd"), fifo(open((dir / "fifo").c_str(), O_RDWR | O_CLOEXEC)),
                   directory(open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                   socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    for (const UniqueFd* no : {&in, &out, &fifo, &directory, &socket, &zero}) {
        expectRefused(lead.load(no->get(), -1), "InvalidArgument", "kernel is not a regular file");
        expectRefused(lead.load(good.get(), no->get()), "InvalidArgument", "initrd is not a regular file");
    }
    const std::string path = dir.write("file", "kernel");
    const UniqueFd onlyAPath(open(path.c_str(), O_PATH | O_CLOEXEC)), onlyToWrite(open(path.c_str(), O_WRONLY | O_CLOEXEC)),
        empty = memfdWith("");
    for (const UniqueFd* no : {&onlyAPath, &onlyToWrite})
        expectRefused(lead.load(no->get(), -1), "InvalidArgument", "open for reading");
    expectRefused(lead.load(empty.get(), -1), "InvalidArgument", "not acceptable");
    EXPECT_THAT(lead.findings(), Contains("loaded ok")); // what was loaded before still is
}

TEST_F(Rules, AKernelThatIsRefusedIsRefusedInWords) {
    struct Refusal {
        const char *errnoName, *error, *words;
    };
    for (auto [name, error, words] : {Refusal{"EADDRNOTAVAIL", "KernelRefused", "kho_scratch="},
                                      Refusal{"ENOEXEC", "InvalidArgument", "not a kernel"},
                                      Refusal{"ENOKEY", "KernelRefused", "signature"},
                                      Refusal{"EPERM", "KernelRefused", "CAP_SYS_BOOT"},
                                      Refusal{"ENOMEM", "KernelRefused", "memory"}, Refusal{"EBUSY", "Busy", "try again"}}) {
        world.fault(fmt::format("load:errno={}", name));
        expectRefused(lead.load(), error, words);
        world.noFaults();
    }
    EXPECT_THAT(lead.findings(), Contains("loaded error"));
}

TEST_F(Rules, AKernelThatCannotBeLoadedAnewStopsTheUpdateBeforeAnybodyIsAsked) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm");
    world.fault("load:errno=EADDRNOTAVAIL");
    expectRefused(lead.begin(), "KernelRefused", "kho_scratch=");
    EXPECT_EQ(client.hear(0s).type, 0);
    world.noFaults();
    expectAllAsBefore();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("aborted"), Not(HasSubstr("asked"))));
}

// A file system of this process and its children that takes nothing.
struct Trouble {
    const char *name, *options, *words;
    unsigned long flags = 0;
    std::size_t filledWith = 1 << 20; // bytes, in each of many files
};
class Disk : public testing::TestWithParam<Trouble> {
protected:
    void SetUp() override {
        ASSERT_EQ(unshare(CLONE_NEWNS), 0);
        ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
        ASSERT_EQ(mount("none", dir.path().c_str(), "tmpfs", 0, GetParam().options), 0);
        if (GetParam().flags)
            ASSERT_EQ(remount(GetParam().flags), 0);
        else
            fill();
    }
    void TearDown() override { umount2(dir.path().c_str(), MNT_DETACH); }
    int remount(unsigned long flags) {
        return mount(nullptr, dir.path().c_str(), nullptr, MS_REMOUNT | flags, GetParam().options);
    }
    static constexpr int inodes = 16;
    // With content, or with as many files as there may be.
    void fill() {
        const std::string content(GetParam().filledWith, 'x');
        for (int i = 0; i < inodes; ++i) {
            const UniqueFd file(open(filler(i).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            while (file && write(file.get(), content.data(), content.size()) > 0)
                continue;
        }
        ASSERT_EQ(errno, ENOSPC);
    }
    std::string filler(int number) const { return dir / fmt::format("filler{}", number); }
    void mend() {
        if (GetParam().flags)
            ASSERT_EQ(remount(0), 0);
        else
            for (int i = 0; i < inodes; ++i)
                std::filesystem::remove(filler(i));
    }

    TempDir dir;
};
INSTANTIATE_TEST_SUITE_P(Is, Disk,
                         testing::Values(Trouble{"Full", "size=64k", "No space left on device"},
                                         Trouble{"OutOfInodes", "size=64k,nr_inodes=16", "No space left on device", 0, 0},
                                         Trouble{"ReadOnly", "size=64k", "Read-only file system", MS_RDONLY}),
                         [](const auto& info) { return info.param.name; });

TEST_P(Disk, StopsTheUpdateInWordsAndNothingIsLost) {
    World world({.environment = {"STATE_DIRECTORY=" + dir.path().string()}});
    Lead lead(world);
    const UniqueFd file = memfdWith("guest memory");
    expectDone(lead.client.preserve(lead.client.made("vm1"), file.get(), 7));
    expectDone(lead.load());
    Party client(world, "vmm");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    const Party::Heard heard = client.hear(); // of the record that is written while clients get ready
    EXPECT_EQ(heard.outcome, "aborted");
    EXPECT_THAT(heard.reason, AllOf(HasSubstr(dir.path().string()), HasSubstr(GetParam().words)));
    EXPECT_EQ(lead.phase(), "idle");
    mend();
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    client.ready();
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
    std::map<std::uint64_t, std::string> contents;
    expectDone(lead.client.retrieveAll(lead.client.found("vm1", "incoming"), contents));
    EXPECT_EQ(contents[7], "guest memory");
}

// A luod that was killed between the end of an aborted update and the removal of its record.
TEST(Record, OfAnAbortedUpdateIsNoWitness) {
    const TempDir dir;
    World world({.environment = {"STATE_DIRECTORY=" + dir.path().string()}});
    Lead lead(world);
    expectDone(lead.load());
    world.fault("reboot:delay=300ms");
    world.fault("reboot:freeze:errno=EBUSY");
    expectDone(lead.begin());
    lead.waitPhase("leaving");
    std::filesystem::copy_file(dir / "handover", dir / "kept");
    lead.waitPhase("idle");
    while (std::filesystem::exists(dir / "handover")) // it is removed beside the loop
        lead.client.status();
    std::filesystem::rename(dir / "kept", dir / "handover");
    world.luod().restart();
    EXPECT_EQ(lead.handover(), "none");
    EXPECT_FALSE(std::filesystem::exists(dir / "handover"));
    world.simulator("reset");
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "none");
}

class Discarding : public Rules {
protected:
    Discarding() : Rules({.config = "[Update]\nUnclaimed=discard\nUnclaimedSec=1s\n"}) {}
};

TEST_F(Discarding, WhatNobodyClaimedGoesAfterATime) {
    holdSomething();
    expectDone(lead.load());
    luod_subscribe(lead.client.get());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    const Deadline deadline;
    while (lead.client.status().sessions > 0 && deadline.milliseconds() > 0) {
        const luod_event* event = nullptr;
        luod_wait_event(lead.client.get(), 20'000'000, &event);
    }
    EXPECT_EQ(lead.client.status().sessions, 0u);
    EXPECT_THAT(world.luod().log(), HasSubstr("session 'vm1' of uid 0 came over and nobody has claimed it: it is discarded"));
    expectDone(lead.load());
    EXPECT_THAT(lead.findings(), Contains("incoming-sessions ok"));
}

} // namespace
} // namespace luod::tests
