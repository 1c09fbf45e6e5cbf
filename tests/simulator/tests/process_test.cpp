// SPDX-License-Identifier: LGPL-2.1-or-later
// What luo-sim is to the shell: status, signals, outputs, messages.

#include "scenario_test.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

namespace {

std::string shell(const std::string& line) {
    return run({"/bin/sh", "-c", line}).output;
}

Run simulateShell(const std::string& line) {
    return run({simulatorPath(), "--", "/bin/sh", "-c", line});
}

/// Makes one system call fail for this process and all its children: a machine that forbids it.
void forbid(unsigned number, unsigned error) {
    sock_filter program[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    const sock_fprog header = {4, program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &header);
}

/// run() on such a machine.
Run runWithout(unsigned number, unsigned error) {
    const std::string output = testing::TempDir() + "luo-sim-without-" + std::to_string(getpid());
    const pid_t child = fork();
    if (child == 0) {
        forbid(number, error);
        const auto result = run({simulatorPath(), "--", "/bin/true"});
        FILE* file = fopen(output.c_str(), "w");
        fputs(result.output.c_str(), file);
        fclose(file);
        _exit(result.status);
    }
    int status;
    waitpid(child, &status, 0);
    const Run result = {WEXITSTATUS(status), shell("cat " + output)};
    unlink(output.c_str());
    return result;
}

} // namespace

TEST(Process, StatusIsTheCommands) {
    EXPECT_EQ(simulateShell("exit 0").status, 0);
    EXPECT_EQ(simulateShell("exit 42").status, 42);
    EXPECT_EQ(simulateShell("kill -TERM $$").status, 128 + SIGTERM);
    EXPECT_EQ(run({simulatorPath(), "--", "/no/such/program"}).status, 127);
    EXPECT_EQ(run({simulatorPath(), "--", "/etc/passwd"}).status, 126);
    EXPECT_EQ(run({simulatorPath()}).status, 125);
}

TEST(Process, InputAndOutputAreInherited) {
    EXPECT_EQ(shell("echo word | '" + simulatorPath() + "' -- cat"), "word\n");
}

// A pipe with a name, for a shell to wait on.
std::string fifo(const char* name) {
    const std::string path = testing::TempDir() + "luo-sim-" + name + "-" + std::to_string(getpid());
    ::unlink(path.c_str());
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
}

TEST(Process, SignalsAreForwarded) {
    const std::string ready = fifo("signals");
    EXPECT_EQ(shell("'" + simulatorPath() + "' -- sh -c 'trap \"echo got it; exit 3\" TERM; echo ready > " + ready +
                    "; while :; do sleep 0.01; done' & read -r line < " + ready + "; echo $line; kill -TERM $!; wait $!; echo $?"),
              "ready\ngot it\n3\n");
    ::unlink(ready.c_str());
}

TEST(Process, TheRestIsEndedWithTheCommand) {
    const auto result = simulateShell("(setsid sleep 1234 >/dev/null 2>&1 & echo $!)");
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(kill(std::stoi(result.output), 0), 0);
}

TEST(Process, TheEnvironmentIsTheCommandsOwn) {
    const std::string words = "ulimit -n; umask; grep -E 'SigBlk|SigIgn' /proc/self/status";
    EXPECT_EQ(simulateShell(words).output, shell(words));
    EXPECT_EQ(simulateShell("ls /proc/self/fd | wc -l").output, shell("ls /proc/self/fd | wc -l"));
}

TEST(Process, TheCommandDoesNotOutliveAKilledSimulator) {
    const std::string ready = fifo("killed");
    const std::string alive = "grep -qs '^State:.[RS]' /proc/$pid/status";
    // Ends when the command has; should it not, the test's own time limit says so.
    const auto result = run({"/bin/sh", "-c",
                             "'" + simulatorPath() + "' -- sh -c 'echo $$ > " + ready + "; exec sleep 100' & read -r pid < " +
                                 ready + "; " + alive + " && echo alive; kill -KILL $!; wait $! 2>/dev/null; while " + alive +
                                 "; do :; done; echo gone"});
    EXPECT_EQ(result.output, "alive\ngone\n");
    ::unlink(ready.c_str());
}

TEST(Process, OneInsideTheOtherIsExplained) {
    const auto result = run({simulatorPath(), "--", simulatorPath(), "--", "/bin/true"});
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.output.find("a luo-sim inside a luo-sim"), std::string::npos) << result.output;
}

TEST(Process, AMachineWithoutSeccompIsExplained) {
    const auto result = runWithout(SYS_seccomp, ENOSYS);
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.output.find("use another machine"), std::string::npos) << result.output;
}
TEST(Process, AnOldKernelIsExplained) {
    EXPECT_NE(runWithout(SYS_seccomp, EINVAL).output.find("Linux 5.19 or newer"), std::string::npos);
}
TEST(Process, AForbiddenLookIntoMemoryIsExplained) {
    const auto result = runWithout(SYS_process_vm_readv, EPERM);
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.output.find("ptrace_scope"), std::string::npos) << result.output;
}

TEST(Process, AnOrdinaryUserMayDoIt) {
    if (geteuid() != 0)
        GTEST_SKIP() << "one already";
    // A copy, for the build directory may be closed to others.
    const std::string directory = testing::TempDir() + "luo-sim-user-" + std::to_string(getpid());
    const std::string prepare = "mkdir " + directory + " && chmod 755 " + directory + " && cp '" + simulatorPath() +
                                "' '" + clientsPath() + "' " + directory;
    const auto result = run({"/bin/sh", "-c",
                             prepare + " && cd / && setpriv --reuid 65534 --regid 65534 --clear-groups " + directory +
                                 "/luo-sim -- " + directory + "/clients twoBoots; echo $?; rm -r " + directory});
    EXPECT_EQ(result.output, "0\n");
}
