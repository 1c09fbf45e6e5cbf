// SPDX-License-Identifier: LGPL-2.1-or-later

// The system calls that luod makes in a life with a live update, held against SystemCallFilter= of its unit: all that it
// needs is let through, and none of the groups that are shut is one that it could miss.

#include "binaries.hpp"
#include "expect.hpp"
#include "memfd.hpp"
#include "process.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>
#include <sstream>
#include <unistd.h>

namespace luod::tests {
namespace {

using Names = std::set<std::string>;

// What is in a group, with the groups in it.
Names callsIn(const std::string& word) {
    if (!word.starts_with('@'))
        return {word};
    std::istringstream said(run({.command = {"systemd-analyze", "syscall-filter", word}, .captureErrors = true}).out);
    Names names;
    for (std::string name; said >> name;)
        if (name == "#") // and what it is about
            std::getline(said, name);
        else if (name != word)
            names.merge(callsIn(name));
    return names;
}

// As systemd reads it: later lines add and take away.
Names letThrough() {
    std::ifstream unit(sourceFile("systemd-units/luod.service.in"));
    Names allowed = callsIn("@default");
    for (std::string line; std::getline(unit, line);) {
        constexpr std::string_view key = "SystemCallFilter=";
        if (!line.starts_with(key))
            continue;
        const bool shut = line[key.size()] == '~';
        std::istringstream words(line.substr(key.size() + shut));
        for (std::string word; words >> word;)
            for (const std::string& name : callsIn(word))
                shut ? (void)allowed.erase(name) : (void)allowed.insert(name);
    }
    return allowed;
}

// "openat(...": a line for each call, a file for each thread.
Names callsTraced(const std::filesystem::path& directory) {
    const std::regex call("^([a-z_0-9]+)\\(");
    Names names;
    for (const auto& each : std::filesystem::directory_iterator(directory)) {
        std::ifstream lines(each.path());
        std::size_t number = 0;
        for (std::string line; std::getline(lines, line); ++number)
            if (std::smatch match; std::regex_search(line, match, call)) {
                names.insert(match[1]);
                EXPECT_TRUE(match[1] != "execve" || number == 0) << "luod starts no other program: " << line;
            }
    }
    return names;
}

bool isThere(const char* program) {
    const ProcessOptions options{.command = {"sh", "-c", std::string("command -v ") + program + " >/dev/null"}};
    return run(options).status == 0;
}

void live(World& world) {
    Client root(world), user(world, nobody);
    const std::string session = root.made("vm1", nobody);
    const core::UniqueFd a = memfdWith("a"), b = memfdWith("b"), lock(luod_inhibit(root.get(), "x", "y", "delay", nullptr));
    expectDone(user.preserve(session, {{a.get(), 1, "a", {}}, {b.get(), 2, "b", {}}}));
    expectDone(user.takeOut(session, 2));
    EXPECT_TRUE(core::UniqueFd(luod_borrow(user.get(), session.c_str())));
    expectRefused(user.create("not for me"), "AccessDenied", "");
    luod_findings* findings = nullptr;
    expectDone(root.answer(luod_check(root.get(), nullptr, 0, &findings)));
    luod_findings_free(findings);
    char* update = nullptr;
    EXPECT_LT(luod_live_update(root.get(), nullptr, &update), 0);
    world.luod().kill();
    world.luod().kexec();
    core::UniqueFd back;
    expectDone(user.retrieve(session, "a", back));
    expectDone(user.finish(session));
    world.luod().stop();
}

TEST(Calls, ThoseThatLuodMakesAreLetThroughByItsUnit) {
    if (!isThere("/usr/bin/strace") || !isThere("systemd-analyze"))
        GTEST_SKIP() << "needs strace and systemd-analyze";
    const TempDir dir;
    {
        World world({.wrapper = {"/usr/bin/strace", "-D", "-ff", "-qq", "-o", dir / "trace"}});
        live(world);
    }
    const Names made = callsTraced(dir.path()), allowed = letThrough();
    EXPECT_GT(made.size(), 40u);
    EXPECT_GT(allowed.size(), 100u);
    std::string all;
    for (const std::string& name : made) {
        EXPECT_TRUE(allowed.contains(name)) << name << " would fail with EPERM";
        all += " " + name;
    }
    std::cout << "[ figure ] " << made.size() << " different calls made, " << allowed.size() << " let through:" << all << "\n";
    for (const char* never : {"ptrace", "mount", "setuid", "bpf", "init_module", "kexec_load", "add_key", "perf_event_open", "swapon",
                              "open_by_handle_at", "io_uring_setup", "userfaultfd", "process_vm_readv", "shmget", "chown"})
        EXPECT_FALSE(allowed.contains(never)) << never;
}

} // namespace
} // namespace luod::tests
