// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl's verbs of the live update.
#include "luoctl_run.hpp"

#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

namespace {

using cli::Luoctl, cli::Outcome, cli::Pipe;
using luod::tests::readLine;
using nlohmann::json;

class Kexec : public Luoctl {
protected:
    // luoctl kexec under way: it has said that the update has begun.
    cli::Process begun() {
        cli::Process process = startLuoctl({"kexec", "--json=short"}, -1);
        expectNext(process, "phase", "checking");
        expectNext(process, "update", "6b1f");
        return process;
    }
    void expectNext(cli::Process& process, const char* event, const char* detail) {
        json line = json::parse(readLine(process.out()));
        EXPECT_EQ(line.at("event"), event) << line;
        EXPECT_EQ(line.at("detail"), detail) << line;
    }
};

TEST_F(Kexec, TellsThePhasesAndEndsWellWhenTheMachineGoes) {
    setPhase("preparing", {"vm1"}); // before luoctl can hear of it
    cli::Process process = begun();
    expectNext(process, "phase", "preparing");
    progress("late", "vm1", "", 0);
    expectNext(process, "late", "vm1");
    setPhase("prepared");
    expectNext(process, "phase", "prepared");
    setPhase("leaving");
    expectNext(process, "phase", "leaving");
    endBus();
    Outcome outcome = process.finish();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
}

TEST_F(Kexec, SaysWhyItWasAborted) {
    setPhase("preparing", {"vm1"});
    cli::Process process = begun();
    expectNext(process, "phase", "preparing");
    over("aborted", "vm1 missed its deadline");
    expectNext(process, "over", "aborted");
    Outcome outcome = process.finish();
    EXPECT_EQ(outcome.status, 12);
    EXPECT_EQ(outcome.err, "luoctl: the live update was aborted: vm1 missed its deadline\n");
}

TEST_F(Kexec, AnInterruptAsksLuodToAbort) {
    setPhase("preparing", {"vm1"});
    cli::Process process = begun();
    expectNext(process, "phase", "preparing");
    process.signal(SIGINT);
    expectNext(process, "over", "aborted");
    EXPECT_EQ(process.wait(), 12);
    EXPECT_EQ(seen("AbortLiveUpdate"), "interrupted at luoctl kexec");
}

// luoctl while luod still checks: its first interrupt has been noted.
class Interrupted : public Kexec {
protected:
    Interrupted() {
        holdReply();
        Client c = client();
        EXPECT_EQ(luod_subscribe_progress(c.get()), 0);
        process_.emplace(startLuoctl({"kexec", "-q"}, -1, errors_.writing.get()));
        const luod_event* event = nullptr;
        EXPECT_EQ(luod_wait_event(c.get(), UINT64_MAX, &event), 1); // luod was called
        process_->signal(SIGINT);
        EXPECT_EQ(readLine(errors_.reading.get()), "");
        EXPECT_NE(readLine(errors_.reading.get()).find("interrupted"), std::string::npos);
    }

    Pipe errors_;
    std::optional<cli::Process> process_;
};

TEST_F(Interrupted, ASecondTimeItLeavesWhateverLuodDoes) {
    process_->signal(SIGINT);
    EXPECT_EQ(process_->wait(), 128 + SIGINT);
}

TEST_F(Interrupted, DuringTheCheckItAbortsWhenThatIsOver) {
    setPhase("preparing", {"vm1"});
    EXPECT_EQ(process_->wait(), 12);
    EXPECT_EQ(seen("AbortLiveUpdate"), "interrupted at luoctl kexec");
}

TEST_F(Kexec, AsksAgainWhenLuodWasAway) {
    setPhase("preparing", {"vm1"});
    cli::Process process = begun();
    expectNext(process, "phase", "preparing");
    endMock();
    startMock("aborted");
    EXPECT_EQ(process.wait(), 12);
}

TEST_F(Kexec, AnUpdateWhoseNextLuodIsHeardOfIsASuccess) {
    setPhase("preparing", {"vm1"});
    cli::Process process = begun();
    endMock();
    startMock("done");
    EXPECT_EQ(process.wait(), 0);
}

TEST_F(Kexec, AConnectionThatBreaksTooEarlyIsAFailure) {
    setPhase("preparing", {"vm1"});
    cli::Process process = begun();
    expectNext(process, "phase", "preparing");
    endBus();
    EXPECT_EQ(process.wait(), 6);
}

TEST_F(Kexec, HandsOnWhatItWasTold) {
    EXPECT_EQ(ok({"kexec", "--no-block", "--mode=direct", "--timeout=1min", "--late=go-on", "--force=memory,scratch",
                  "--force=config", "--reason=CVE"}),
              "6b1f\n");
    EXPECT_EQ(seen("LiveUpdate"),
              "mode=direct deadline-usec=60000000 late=go-on force=memory,scratch,config reason=CVE");
    refusedSaying(2, "--mode=delay", {"kexec", "--mode=delay"});
    refusedSaying(2, "--late=never", {"kexec", "--late=never"});
    refusedSaying(2, "span of time", {"kexec", "--timeout=soon"});
    fail("LiveUpdate", "org.luod1.Error.CheckFailed", "kho-version: kho-v3 is not kho-v4");
    Outcome outcome = luoctl({"kexec"});
    EXPECT_EQ(outcome.status, 12);
    EXPECT_NE(outcome.err.find("kho-v3"), std::string::npos) << outcome.err;
}

TEST_F(Kexec, ADryRunOnlyChecks) {
    setFindings({{"memory", "unknown", "cannot be told", "look"}, {"luo-version", "ok", "luo-v5", ""}});
    Outcome outcome = luoctl({"kexec", "--dry-run"});
    EXPECT_EQ(outcome.status, 13);
    EXPECT_NE(outcome.out.find("would be refused"), std::string::npos) << outcome.out;
    Client c = client();
    int lock = luod_inhibit(c.get(), "vmm", "guests", "delay", nullptr);
    ASSERT_GE(lock, 0);
    std::string text = ok({"kexec", "--dry-run", "--force=memory", "--mode=direct"});
    EXPECT_NE(text.find("vmm would be asked to get ready; then the kernel would be replaced"), std::string::npos)
        << text;
    close(lock);
    EXPECT_EQ(calls("LiveUpdate"), 0u);
}

class UpdateVerbs : public Luoctl {};

TEST_F(UpdateVerbs, CheckAnswersByItsExitCode) {
    EXPECT_NE(ok({"check"}).find("Nothing stops a live update"), std::string::npos);
    setFindings({{"luo-version", "ok", "luo-v5", ""}, {"memory", "error", "1 GiB is missing", "free some"}});
    Outcome outcome = luoctl({"check", "--mode=direct"});
    EXPECT_EQ(outcome.status, 12);
    EXPECT_NE(outcome.out.find("free some"), std::string::npos) << outcome.out;
    EXPECT_EQ(seen("Check"), "mode=direct");
    outcome = luoctl({"check", "--json=short"});
    EXPECT_EQ(json::parse(outcome.out).at(1).at("verdict"), "error");
    refusedSaying(2, "--mode=delay", {"check", "--mode=delay"});
    refusedSaying(2, "go with --offline", {"check", "--kernel=/boot/vmlinuz"});
}

TEST_F(UpdateVerbs, AbortSaysWhy) {
    EXPECT_EQ(ok({"abort", "the lights went out"}), "");
    EXPECT_EQ(seen("AbortLiveUpdate"), "the lights went out");
    ok({"abort"});
    EXPECT_TRUE(seen("AbortLiveUpdate").starts_with("called off by ")) << seen("AbortLiveUpdate");
}

TEST_F(UpdateVerbs, InhibitHoldsTheLockAsLongAsTheCommandRuns) {
    Pipe end; // the command runs until it is closed
    cli::Process process = startLuoctl(
        {"inhibit", "--mode=delay", "--who=backup", "--deadline=5s", "--", "sh", "-c", "echo on; read x; exit 42"}, -1,
        -1, end.reading.get());
    end.reading.reset();
    EXPECT_EQ(readLine(process.out()), "on");
    json row = json::parse(ok({"list-inhibitors", "--json=short"})).at(0);
    EXPECT_EQ(row.at("who"), "backup");
    EXPECT_EQ(row.at("deadline"), 5'000'000);
    EXPECT_NE(ok({"list-inhibitors"}).find("1 inhibitor."), std::string::npos);
    end.writing.reset();
    EXPECT_EQ(process.wait(), 42);
    EXPECT_EQ(ok({"list-inhibitors", "--no-legend"}), "");
}

TEST_F(UpdateVerbs, InhibitEndsWithItsCommand) {
    EXPECT_EQ(luoctl({"inhibit", "--", "sh", "-c", "kill -TERM $$"}).status, 128 + SIGTERM);
    EXPECT_EQ(luoctl({"inhibit", "--", "/nonexistent/command"}).status, 127);
    Pipe end;
    cli::Process process =
        startLuoctl({"inhibit", "--", "sh", "-c", "trap 'exit 7' TERM; echo on; read x"}, -1, -1, end.reading.get());
    EXPECT_EQ(readLine(process.out()), "on");
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 7);
    refusedSaying(2, "during which command", {"inhibit"});
    refusedSaying(2, "--mode=direct", {"inhibit", "--mode=direct", "--", "true"});
    refusedSaying(2, "goes with --mode=delay", {"inhibit", "--deadline=5s", "--", "true"});
}

TEST_F(UpdateVerbs, IsRestoredAnswersByItsExitCode) {
    const std::pair<const char*, int> words[] = {{"done", 0},        {"none", 1},     {"partial", 20},
                                                 {"unreadable", 21}, {"refused", 22}, {"no-device", 23},
                                                 {"cold-boot", 24}};
    for (auto [word, code] : words) {
        setHandover(word, "why");
        Outcome outcome = luoctl({"is-restored"});
        EXPECT_EQ(outcome.status, code);
        EXPECT_EQ(outcome.out, std::string(word) + "\n");
        EXPECT_EQ(luoctl({"is-restored", "--or-none", "-q"}).status, std::string(word) == "none" ? 0 : code);
    }
}

TEST_F(UpdateVerbs, StatusHasTheUpdateAndTheVerdict) {
    setHandover("refused", "kho-v3 is not kho-v4");
    setPhase("preparing", {"vm1", "vm2"});
    std::string text = ok({"status"});
    EXPECT_NE(text.find("kho-v3 is not kho-v4"), std::string::npos) << text;
    EXPECT_NE(text.find("waiting for vm1, vm2"), std::string::npos) << text;
    EXPECT_NE(text.find("luoctl abort"), std::string::npos) << text;
    EXPECT_EQ(ok({"status", "-P", "Phase"}), "preparing\n");
    EXPECT_EQ(json::parse(ok({"status", "--json=short"})).at("awaited"), (json{"vm1", "vm2"}));
}

TEST_F(UpdateVerbs, ReportsInEveryForm) {
    refusedSaying(3, "luoctl report --list", {"report"});
    setReport("done", {{"requested", "", 1'000'000, 1'700'000'000'000'000},
                       {"checked", "", 1'500'000, 1'700'000'000'500'000},
                       {"left", "", 2'000'000, 1'700'000'001'000'000},
                       {"kernel", "", 0, 1'700'000'001'250'000}});
    std::string text = ok({"report"});
    EXPECT_NE(text.find("gap   1.000s 0.250s"), std::string::npos) << text;
    EXPECT_EQ(json::parse(ok({"report", "6b1f", "--json=short"})).at("took"), 1'250'000);
    EXPECT_NE(ok({"report", "--svg"}).find("<svg xmlns"), std::string::npos);
    EXPECT_NE(ok({"report", "--list"}).find("77aa"), std::string::npos);
    EXPECT_EQ(json::parse(ok({"report", "--list", "--json=short"})).size(), 2u);
    refusedSaying(2, "--svg", {"report", "--svg", "--json=short"});
    refusedSaying(3, "77aa", {"report", "77aa"});
}

TEST_F(UpdateVerbs, RootFindsAnothersSessionByItsNameWhereThereIsOnlyOne) {
    createFor("vm1", 1234);
    EXPECT_EQ(ok({"show", "vm1", "-P", "Owner"}), "1234\n");
    createFor("vm1", 5678);
    std::string line = refused(2, {"show", "vm1"});
    EXPECT_NE(line.find("1234, 5678"), std::string::npos) << line;
    EXPECT_NE(line.find("--owner"), std::string::npos) << line;
    EXPECT_EQ(ok({"show", "vm1", "--owner=5678", "-P", "Owner"}), "5678\n");
    ok({"create", "vm1"}); // one's own is meant before others'
    EXPECT_EQ(ok({"show", "vm1", "-P", "Owner"}), "0\n");
    refusedSaying(3, "session vm2", {"show", "vm2"});
}

} // namespace
