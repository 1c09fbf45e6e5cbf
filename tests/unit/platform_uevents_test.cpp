// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/uevents.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

using luod::platform::EventLoop;
using luod::platform::saysRemoved;
using luod::platform::Uevents;
using namespace std::string_view_literals;

namespace {

constexpr auto removal = "remove@/devices/pci0000:00/0000:00:04.0/vfio-dev/vfio0\0ACTION=remove\0"
                         "DEVPATH=/devices/pci0000:00/0000:00:04.0/vfio-dev/vfio0\0SUBSYSTEM=vfio-dev\0SEQNUM=7\0"sv;

TEST(Uevents, ARemovalInTheSubsystemIsOne) {
    EXPECT_TRUE(saysRemoved(removal, "vfio-dev"));
    EXPECT_TRUE(saysRemoved("remove@/x\0SUBSYSTEM=vfio-dev"sv, "vfio-dev"));
    EXPECT_FALSE(saysRemoved(removal, "vfio"));
    EXPECT_FALSE(saysRemoved("add@/devices/x\0ACTION=add\0SUBSYSTEM=vfio-dev\0"sv, "vfio-dev"));
    EXPECT_FALSE(saysRemoved("remove@/devices/SUBSYSTEM=vfio-dev\0ACTION=remove\0SUBSYSTEM=pci\0"sv, "vfio-dev"));
}

TEST(Uevents, NothingElseIs) {
    for (std::size_t length = 0; length + sizeof("SEQNUM=7") + sizeof("vfio-dev") < removal.size(); ++length)
        EXPECT_FALSE(saysRemoved(removal.substr(0, length), "vfio-dev")) << length;
    EXPECT_FALSE(saysRemoved("libudev\0\xfe\xed\xca\xfe"sv, "vfio-dev"));
    EXPECT_FALSE(saysRemoved(std::string(8192, '\0'), "vfio-dev"));
}

// The kernel says what one writes there, in just its own form; in a network namespace of its own nobody else hears it.
bool have(std::string_view action) {
    int fd = ::open("/sys/class/net/lo/uevent", O_WRONLY | O_CLOEXEC);
    bool said = fd >= 0 && ::write(fd, action.data(), action.size()) == ssize_t(action.size());
    ::close(fd);
    return said;
}

// In a child with namespaces of its own: 77 cannot be tried here, 0 well, 1 not, SIGALRM: nothing was heard.
int hearTheKernel() {
    ::alarm(20);
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("sysfs", "/sys", "sysfs", 0, nullptr) < 0)
        return 77;
    EventLoop loop;
    int heard = 0, others = 0;
    auto other = Uevents::listen(loop, "vfio-dev", [&] { ++others; });
    auto uevents = Uevents::listen(loop, "net", [&] {
        ++heard;
        loop.exit();
    });
    if (!uevents || !other || !have("change") || !have("remove"))
        return 77;
    loop.run();
    return heard == 1 && others == 0 ? 0 : 1;
}

TEST(Uevents, TheKernelsWordIsHeard) {
    pid_t child = ::fork();
    if (child == 0)
        ::_exit(hearTheKernel());
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "needs the right to make namespaces and to mount";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

} // namespace
