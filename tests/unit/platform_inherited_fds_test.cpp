// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/inherited_fds.hpp"

#include "support/open_fds.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

using luod::platform::takeInheritedFds;
using luod::test::openFds;

namespace {

// As the service manager starts a service: the fds from 3 on, not close-on-exec, and the variables with its pid.
// Gives 0, or the line of the check that failed.
template <typename Check> int asService(int count, const char* names, Check check) {
    pid_t child = ::fork();
    if (child == 0) {
        for (int i = 0; i < count; ++i)
            ::dup2(STDERR_FILENO, 3 + i);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
        names ? ::setenv("LISTEN_FDNAMES", names, 1) : ::unsetenv("LISTEN_FDNAMES");
        ::_exit(check());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define CHECK_OR_LINE(condition)                                                                                       \
    if (!(condition))                                                                                                  \
    return __LINE__

TEST(InheritedFds, HaveNamesAndAreCloseOnExec) {
    EXPECT_EQ(0, asService(3, "ledger:s1:s1", [] {
                  auto before = openFds();
                  {
                      auto fds = takeInheritedFds();
                      CHECK_OR_LINE(fds.size() == 3);
                      CHECK_OR_LINE(fds[0].name == "ledger" && fds[1].name == "s1" && fds[2].name == "s1");
                      CHECK_OR_LINE(fds[0].fd.get() == 3 && fds[2].fd.get() == 5);
                      for (const auto& each : fds)
                          CHECK_OR_LINE(::fcntl(each.fd.get(), F_GETFD) & FD_CLOEXEC);
                  }
                  CHECK_OR_LINE(openFds() == before - 3); // they are owned
                  return 0;
              }));
}

TEST(InheritedFds, AreTakenOnce) {
    EXPECT_EQ(0, asService(1, "a", [] {
                  CHECK_OR_LINE(takeInheritedFds().size() == 1);
                  CHECK_OR_LINE(takeInheritedFds().empty());
                  CHECK_OR_LINE(!::getenv("LISTEN_FDS") && !::getenv("LISTEN_FDNAMES") && !::getenv("LISTEN_PID"));
                  return 0;
              }));
}

TEST(InheritedFds, WithoutNamesAreUnknown) {
    EXPECT_EQ(0, asService(1, nullptr, [] {
                  auto fds = takeInheritedFds();
                  CHECK_OR_LINE(fds.size() == 1 && fds[0].name == "unknown");
                  return 0;
              }));
}

TEST(InheritedFds, NoneAreNone) {
    EXPECT_TRUE(takeInheritedFds().empty());
    EXPECT_EQ(0, asService(0, nullptr, [] { return takeInheritedFds().empty() ? 0 : 1; }));
    EXPECT_EQ(0, asService(2, "x:y", [] { // somebody else's
                  ::setenv("LISTEN_PID", "1", 1);
                  return takeInheritedFds().empty() ? 0 : 1;
              }));
}

} // namespace
