// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A luod that has a custody guard, and is killed.

#include "platform/custody_guard.hpp"

#include "support/fake_manager.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luod::test {

using core::UniqueFd;
using platform::CustodyGuard;

// In these tests a session is a memfd called "luo NAME".
inline bool memfdName(int fd, char* name, std::size_t size) noexcept {
    char target[128];
    std::string path = "/proc/self/fd/" + std::to_string(fd); // the guard's parent has no other thread here
    ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    std::string_view link(target, length > 0 ? std::size_t(length) : 0), head = "/memfd:luo ", tail = " (deleted)";
    if (!link.starts_with(head) || !link.ends_with(tail) || link.size() - head.size() - tail.size() >= size)
        return false;
    link = link.substr(head.size(), link.size() - head.size() - tail.size());
    std::memcpy(name, link.data(), link.size());
    name[link.size()] = '\0';
    return true;
}

inline UniqueFd session(const std::string& name) {
    UniqueFd fd(::memfd_create(("luo " + name).c_str(), MFD_CLOEXEC));
    EXPECT_EQ(::write(fd.get(), name.data(), name.size()), ssize_t(name.size()));
    return fd;
}

inline std::string content(const UniqueFd& fd) {
    char text[64];
    ssize_t got = ::pread(fd.get(), text, sizeof text, 0);
    return std::string(text, got > 0 ? std::size_t(got) : 0);
}

// A process that starts a guard, does `what` and is killed. Its guard becomes this process's child.
class CustodyGuardTest : public testing::Test {
protected:
    void SetUp() override { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

    void killedAfter(const std::function<void(CustodyGuard&)>& what) {
        int ends[2];
        ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
        UniqueFd told(ends[0]), tell(ends[1]);
        luod_ = ::fork();
        if (luod_ == 0) {
            auto guard = CustodyGuard::start(&memfdName, departing_.empty() ? nullptr : departing_.c_str());
            if (!guard)
                ::_exit(1);
            guard_ = guard->pid();
            what(*guard);
            if (::write(tell.get(), &guard_, sizeof guard_) < 0)
                ::_exit(2);
            for (;;)
                ::pause();
        }
        tell.reset();
        ASSERT_EQ(::read(told.get(), &guard_, sizeof guard_), ssize_t(sizeof guard_));
        ::kill(luod_, SIGKILL);
        ::waitpid(luod_, nullptr, 0);
    }
    void expectGuardEnds() {
        int status = -1;
        EXPECT_EQ(::waitpid(guard_, &status, 0), guard_);
        EXPECT_EQ(status, 0);
    }

    FakeManager manager;
    std::string departing_;
    pid_t luod_ = 0, guard_ = 0;
};

} // namespace luod::test
