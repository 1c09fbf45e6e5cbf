// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/luo_device.hpp"

#include "proto/liveupdate-abi.h"
#include "support/open_fds.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>

using luod::kernel::LuoDevice;
using luod::test::openFds;

// The kernel's side. Defined in the program, it comes before the C library's.
static std::function<int(int, unsigned long, void*)> kernel;
extern "C" int ioctl(int fd, unsigned long number, ...) noexcept {
    va_list list;
    va_start(list, number);
    void* argument = va_arg(list, void*);
    va_end(list);
    int err = kernel(fd, number, argument);
    errno = err;
    return err ? -1 : 0;
}

namespace {

bool closeOnExec(int fd) { return ::fcntl(fd, F_GETFD) & FD_CLOEXEC; }
bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

class LuoDeviceTest : public testing::Test {
protected:
    void SetUp() override {
        kernel = [](int, unsigned long, void*) { return ENOTTY; };
    }
    void TearDown() override { EXPECT_EQ(openFds(), before); }

    std::size_t before = openFds();
    LuoDevice device{"/dev/null"};
};

TEST_F(LuoDeviceTest, CreatesByNameAndClosesTheDevice) {
    int deviceFd = -1;
    kernel = [&](int fd, unsigned long number, void* argument) {
        auto& request = *static_cast<luo_create_session*>(argument);
        deviceFd = fd;
        EXPECT_EQ(number, 0xBA00u);
        EXPECT_EQ(request.size, 72u);
        EXPECT_TRUE(closeOnExec(fd));
        char expected[64] = "luod-one";
        EXPECT_EQ(0, std::memcmp(request.name, expected, 64));
        request.fd = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
        return 0;
    };
    auto session = device.createSession("luod-one");
    ASSERT_TRUE(session);
    EXPECT_TRUE(isOpen(session->get()));
    EXPECT_FALSE(isOpen(deviceFd));
}

TEST_F(LuoDeviceTest, RetrievesByNameAndMakesItCloseOnExec) {
    kernel = [&](int, unsigned long number, void* argument) {
        EXPECT_EQ(number, 0xBA01u);
        static_cast<luo_retrieve_session*>(argument)->fd = ::open("/dev/zero", O_RDONLY);
        return 0;
    };
    auto session = device.retrieveSession("luod-one");
    ASSERT_TRUE(session);
    EXPECT_TRUE(closeOnExec(session->get()));
}

TEST_F(LuoDeviceTest, NamesThatTheKernelWouldCutAreRefusedUnasked) {
    bool asked = false;
    kernel = [&](int, unsigned long, void*) { return asked = true, EIO; };
    for (auto name : {std::string(), std::string(64, 'x'), std::string("a\0b", 3)}) {
        EXPECT_EQ(device.createSession(name).error(), EINVAL);
        EXPECT_EQ(device.retrieveSession(name).error(), EINVAL);
    }
    EXPECT_FALSE(asked);
    EXPECT_EQ(device.createSession(std::string(63, 'x')).error(), EIO);
    EXPECT_TRUE(asked);
}

TEST_F(LuoDeviceTest, SaysWhyTheDeviceDoesNotOpen) {
    EXPECT_EQ(LuoDevice("/nonexistent/liveupdate").createSession("a").error(), ENODEV); // ENOENT: no such session
    EXPECT_EQ(LuoDevice("/").retrieveSession("a").error(), EISDIR);
}

TEST_F(LuoDeviceTest, AsksAgainAfterEintrOnly) {
    int asked = 0;
    kernel = [&](int, unsigned long, void*) { return ++asked < 3 ? EINTR : EBUSY; };
    EXPECT_EQ(device.finish(7).error(), EBUSY);
    EXPECT_EQ(asked, 3);
}

TEST_F(LuoDeviceTest, PreservesUnderAToken) {
    kernel = [&](int fd, unsigned long number, void* argument) {
        auto& request = *static_cast<luo_preserve_fd*>(argument);
        EXPECT_EQ(fd, 7);
        EXPECT_EQ(number, 0xBA40u);
        EXPECT_EQ(request.size, 16u);
        EXPECT_EQ(request.fd, 9);
        EXPECT_EQ(request.token, 0xfedcba9876543210u);
        return 0;
    };
    EXPECT_TRUE(device.preserve(7, 9, 0xfedcba9876543210u));
}

TEST_F(LuoDeviceTest, RetrievesByTokenAndMakesItCloseOnExec) {
    kernel = [&](int fd, unsigned long number, void* argument) {
        auto& request = *static_cast<luo_retrieve_fd*>(argument);
        EXPECT_EQ(fd, 7);
        EXPECT_EQ(number, 0xBA41u);
        EXPECT_EQ(request.size, 16u);
        EXPECT_EQ(request.token, 5u);
        request.fd = ::open("/dev/zero", O_RDONLY);
        return 0;
    };
    auto file = device.retrieve(7, 5);
    ASSERT_TRUE(file);
    EXPECT_TRUE(closeOnExec(file->get()));
    kernel = [](int, unsigned long, void*) { return ENOENT; };
    EXPECT_EQ(device.retrieve(7, 5).error(), ENOENT);
}

TEST_F(LuoDeviceTest, Finishes) {
    kernel = [&](int fd, unsigned long number, void* argument) {
        auto& request = *static_cast<luo_finish*>(argument);
        EXPECT_EQ(fd, 7);
        EXPECT_EQ(number, 0xBA42u);
        EXPECT_EQ(request.size, 8u);
        EXPECT_EQ(request.reserved, 0u);
        return 0;
    };
    EXPECT_TRUE(device.finish(7));
}

TEST_F(LuoDeviceTest, HoldsAsksWithoutAFile) {
    int session = ::open("/dev/null", O_RDONLY | O_CLOEXEC), answer = 0;
    kernel = [&](int, unsigned long number, void* argument) {
        EXPECT_EQ(number, 0xBA40u);
        EXPECT_EQ(static_cast<luo_preserve_fd*>(argument)->fd, -1);
        return answer;
    };
    answer = EEXIST;
    EXPECT_EQ(device.holds(session, 1), true);
    answer = EBADF;
    EXPECT_EQ(device.holds(session, 1), false);
    answer = ENOSPC; // a full session, and none of its tokens
    EXPECT_EQ(device.holds(session, 1), false);
    answer = EINVAL; // an incoming one
    EXPECT_EQ(device.holds(session, 1).error(), EINVAL);
    answer = 0;
    EXPECT_EQ(device.holds(session, 1).error(), EPROTO);
    ::close(session);
    answer = EEXIST;
    EXPECT_EQ(device.holds(session, 1).error(), EBADF);
}

TEST_F(LuoDeviceTest, AKernelThatKnowsNoNamesMayDropSeals) {
    int answer = 0;
    kernel = [&](int, unsigned long number, void* argument) {
        EXPECT_EQ(number, 0xBA43u);
        EXPECT_EQ(static_cast<luo_get_name*>(argument)->size, 72u);
        return answer;
    };
    EXPECT_TRUE(device.carriesSeals(7));
    answer = EINVAL;
    EXPECT_FALSE(device.carriesSeals(7));
}

} // namespace
