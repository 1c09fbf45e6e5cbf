// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/fd_store.hpp"

#include "platform/notify.hpp"
#include "support/fake_manager.hpp"
#include "support/open_fds.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>

using namespace luod::platform;
using luod::core::UniqueFd;
using luod::test::FakeManager;
using luod::test::openFds;
using namespace std::chrono_literals;

namespace {

bool sameFile(int a, int b) {
    struct stat x{}, y{};
    return ::fstat(a, &x) == 0 && ::fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

TEST(FdStore, StoresUnderAName) {
    auto before = openFds();
    {
        FakeManager manager;
        SystemdFdStore store(10);
        EXPECT_TRUE(store.connected());
        UniqueFd file(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
        ASSERT_TRUE(store.store("session-7", file.get()));
        auto message = manager.next();
        EXPECT_EQ(message.text, "FDSTORE=1\nFDNAME=session-7\nFDPOLL=0");
        ASSERT_EQ(message.fds.size(), 1u);
        EXPECT_TRUE(sameFile(message.fds[0].get(), file.get()));
        EXPECT_GE(::fcntl(file.get(), F_GETFD), 0); // still the caller's
    }
    EXPECT_EQ(openFds(), before);
}

TEST(FdStore, RemovesByName) {
    FakeManager manager;
    SystemdFdStore(10).remove("session-7");
    EXPECT_EQ(manager.next().text, "FDSTOREREMOVE=1\nFDNAME=session-7");
}

TEST(FdStore, ANameCannotSayMore) {
    FakeManager manager;
    SystemdFdStore store(10);
    for (std::string name : {"", "a:b", "a\nREADY=1", "\x7f", "caf\xc3\xa9"}) {
        EXPECT_EQ(store.store(name, 0).error(), EINVAL);
        store.remove(name);
    }
    EXPECT_EQ(store.store(std::string(256, 'x'), 0).error(), EINVAL);
    EXPECT_TRUE(manager.silent());
    EXPECT_TRUE(store.store(std::string(255, 'x'), 0));
}

TEST(FdStore, AClosedFdIsAnError) {
    FakeManager manager;
    EXPECT_EQ(SystemdFdStore(10).store("a", 999).error(), EBADF);
}

TEST(FdStore, SettlesWhenTheManagerHasRead) {
    auto before = openFds();
    {
        FakeManager manager;
        std::string read;
        std::jthread reader([&] { read = manager.next().text; }); // dropping the message closes the barrier's fd
        EXPECT_TRUE(SystemdFdStore(10).settle());
        reader.join();
        EXPECT_EQ(read, "BARRIER=1");
    }
    EXPECT_EQ(openFds(), before);
}

TEST(FdStore, SettlingHasItsTime) {
    FakeManager manager;
    EXPECT_EQ(SystemdFdStore(10, 1ms).settle().error(), ETIMEDOUT);
}

TEST(FdStore, WithoutAManagerItDoesNothingAndSaysSo) {
    unsetenv("NOTIFY_SOCKET");
    SystemdFdStore store(10);
    EXPECT_FALSE(store.connected());
    EXPECT_TRUE(store.store("a", 0));
    EXPECT_TRUE(store.settle());
    store.remove("a");
    notify::ready();
}

TEST(FdStore, TheManagerSaysHowMuchFits) {
    unsetenv("FDSTORE");
    EXPECT_EQ(SystemdFdStore(10).capacity(), 10u);
    setenv("FDSTORE", "4096", 1);
    EXPECT_EQ(SystemdFdStore(10).capacity(), 4096u);
    setenv("FDSTORE", "many", 1);
    EXPECT_EQ(SystemdFdStore(10).capacity(), 10u);
    unsetenv("FDSTORE");
}

TEST(Notify, SaysWhatLuodDoes) {
    FakeManager manager;
    notify::ready("3 sessions\nREADY=0");
    EXPECT_EQ(manager.next().text, "READY=1\nSTATUS=3 sessions READY=0");
    notify::ready();
    EXPECT_EQ(manager.next().text, "READY=1");
    notify::stopping();
    EXPECT_EQ(manager.next().text, "STOPPING=1");
    notify::status("busy");
    EXPECT_EQ(manager.next().text, "STATUS=busy");
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    notify::reloading();
    std::string text = manager.next().text, head = "RELOADING=1\nMONOTONIC_USEC=";
    ASSERT_TRUE(text.starts_with(head));
    EXPECT_GE(std::stoll(text.substr(head.size())), now.tv_sec * 1'000'000LL + now.tv_nsec / 1000);
}

} // namespace
