// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/file_inspector.hpp"

#include "support/open_fds.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <linux/memfd.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using luod::core::FileKind;
using luod::core::UniqueFd;
using luod::platform::FileInspector;
using luod::test::openFds;
namespace fs = std::filesystem;

namespace {

struct Directory {
    Directory() {
        char name[] = "/tmp/luod-inspector-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Directory() { fs::remove_all(path); }
    fs::path path;
};

FileInspector::Finding look(const UniqueFd& fd) {
    return FileInspector().inspect(fd.get()).value_or(FileInspector::Finding{});
}
FileKind kind(int fd) {
    return look(UniqueFd(fd)).kind;
}

TEST(FileInspector, AMemfdInFull) {
    auto before = openFds();
    {
        UniqueFd fd(::memfd_create("guest ram", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        ASSERT_EQ(0, ::ftruncate(fd.get(), 12345));
        ASSERT_EQ(0, ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
        auto finding = look(fd);
        struct stat is{};
        ::fstat(fd.get(), &is);
        EXPECT_EQ(finding.kind, FileKind::Memfd);
        EXPECT_TRUE(finding.readable);
        EXPECT_TRUE(finding.writable);
        EXPECT_EQ(finding.seals, unsigned(F_SEAL_GROW | F_SEAL_SHRINK));
        EXPECT_EQ(finding.size, 12345u);
        EXPECT_EQ(finding.identity, (luod::core::FileIdentity{is.st_dev, is.st_ino}));
        EXPECT_EQ(finding.path, "/memfd:guest ram (deleted)");

        UniqueFd readOnly(::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), O_RDONLY | O_CLOEXEC));
        auto again = look(readOnly);
        EXPECT_TRUE(again.readable);
        EXPECT_FALSE(again.writable);
        EXPECT_EQ(again.identity, finding.identity);
    }
    EXPECT_EQ(openFds(), before);
}

TEST(FileInspector, TmpfsFilesWithAndWithoutAName) {
    UniqueFd unlinked(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!unlinked)
        GTEST_SKIP() << "no tmpfs at /dev/shm";
    if (::fcntl(unlinked.get(), F_GET_SEALS) < 0)
        GTEST_SKIP() << "/dev/shm is no tmpfs";
    EXPECT_EQ(look(unlinked).kind, FileKind::Tmpfile);
    EXPECT_TRUE(look(unlinked).identity.known());
    const char* path = "/dev/shm/luod-inspector-test";
    UniqueFd named(::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EXPECT_EQ(look(named).kind, FileKind::Regular);
    EXPECT_FALSE(look(named).readable);
    ::unlink(path);
    EXPECT_EQ(look(named).kind, FileKind::Tmpfile);
}

TEST(FileInspector, AHugetlbMemfdIsAnotherKind) {
    UniqueFd fd(::memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB));
    if (!fd)
        GTEST_SKIP() << "no hugetlb here";
    EXPECT_EQ(look(fd).kind, FileKind::HugetlbMemfd);
}

TEST(FileInspector, WhatHasNoPlaceInADirectory) {
    sigset_t none;
    sigemptyset(&none);
    EXPECT_EQ(kind(::eventfd(0, EFD_CLOEXEC)), FileKind::Eventfd);
    EXPECT_EQ(kind(::epoll_create1(EPOLL_CLOEXEC)), FileKind::Eventpoll);
    EXPECT_EQ(kind(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)), FileKind::Timerfd);
    EXPECT_EQ(kind(::signalfd(-1, &none, SFD_CLOEXEC)), FileKind::Signalfd);
    EXPECT_EQ(kind(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), FileKind::Socket);
    int ends[2];
    ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
    EXPECT_EQ(kind(ends[0]), FileKind::Pipe);
    auto end = look(UniqueFd(ends[1]));
    EXPECT_FALSE(end.readable);
    EXPECT_TRUE(end.writable);
    EXPECT_FALSE(end.identity.known());
}

TEST(FileInspector, WhatHasOne) {
    Directory place;
    auto file = (place.path / "anon_inode:[luo_session] x").string();
    EXPECT_EQ(kind(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)), FileKind::Regular);
    EXPECT_EQ(kind(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), FileKind::Directory);
    EXPECT_EQ(kind(::open("/dev/null", O_RDWR | O_CLOEXEC)), FileKind::CharDevice);
    auto path = look(UniqueFd(::open("/dev/null", O_PATH | O_CLOEXEC)));
    EXPECT_EQ(path.kind, FileKind::Path);
    EXPECT_FALSE(path.readable || path.writable);
    EXPECT_EQ(path.path, "/dev/null");
}

TEST(FileInspector, AClosedFdIsAnError) {
    EXPECT_EQ(FileInspector().inspect(999).error(), EBADF);
    EXPECT_EQ(FileInspector().inspect(-1).error(), EBADF);
}

// A sysfs in which /dev/null (1:3) is something else.
class DeviceTest : public testing::Test {
protected:
    FileInspector::Finding devNullAs(const std::string& device) {
        fs::create_directories(sys.path / "dev/char");
        fs::create_directories(sys.path / "devices" / device);
        fs::remove(sys.path / "dev/char/1:3");
        fs::create_symlink("../../devices/" + device, sys.path / "dev/char/1:3");
        UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
        return FileInspector(sys.path.string()).inspect(fd.get()).value_or(FileInspector::Finding{});
    }
    Directory sys;
};

TEST_F(DeviceTest, AVfioCdevWithItsPciAddressAndDriver) {
    std::string pci = "pci0000:00/0000:00:03.0";
    fs::create_directories(sys.path / "devices" / pci / "vfio-dev/vfio0");
    fs::create_directories(sys.path / "bus/pci/drivers/vfio-pci");
    fs::create_symlink("../../../0000:00:03.0", sys.path / "devices" / pci / "vfio-dev/vfio0/device");
    fs::create_symlink("../../../bus/pci/drivers/vfio-pci", sys.path / "devices" / pci / "driver");
    auto finding = devNullAs(pci + "/vfio-dev/vfio0");
    EXPECT_EQ(finding.kind, FileKind::VfioCdev);
    EXPECT_EQ(finding.pciAddress, "0000:00:03.0");
    EXPECT_EQ(finding.driver, "vfio-pci");
    EXPECT_TRUE(finding.identity.known());
}

TEST_F(DeviceTest, ADeviceIsThereUntilItsNumberLeadsElsewhereOrNowhere) {
    auto finding = devNullAs("pci0000:00/0000:00:03.0/vfio-dev/vfio0");
    EXPECT_EQ(finding.device.number, "1:3");
    EXPECT_EQ(finding.device.path, "../../devices/pci0000:00/0000:00:03.0/vfio-dev/vfio0");
    FileInspector inspector(sys.path.string());
    EXPECT_TRUE(inspector.isThere(finding.device));
    devNullAs("pci0000:00/0000:00:04.0/vfio-dev/vfio0");
    EXPECT_FALSE(inspector.isThere(finding.device)) << "another one has the number";
    fs::remove(sys.path / "dev/char/1:3");
    EXPECT_FALSE(inspector.isThere(finding.device));
    EXPECT_TRUE(FileInspector("/nowhere").isThere(finding.device)) << "without sysfs nothing is known to be gone";
    EXPECT_FALSE(devNullAs("virtual/misc/kvm").device.known());
}

TEST_F(DeviceTest, AVfioDeviceIsFoundByItsPciAddress) {
    fs::path function = sys.path / "bus/pci/devices/0000:00:03.0";
    fs::create_directories(function / "vfio-dev/vfio7");
    std::ofstream(function / "vfio-dev/vfio7/dev") << "1:3\n";
    auto finding = devNullAs("pci0000:00/0000:00:03.0/vfio-dev/vfio7");
    FileInspector inspector(sys.path.string());
    auto found = inspector.findVfio("0000:00:03.0");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->device.number, finding.device.number);
    EXPECT_EQ(found->device.path, finding.device.path);
    EXPECT_FALSE(inspector.findVfio("0000:00:04.0"));
    EXPECT_EQ(inspector.findVfio("../devices").error(), EINVAL);
    EXPECT_EQ(inspector.findVfio("").error(), EINVAL);
}

TEST_F(DeviceTest, AVfioCdevThatIsNotPciHasNoAddress) {
    std::string device = "virtual/mdev/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    fs::create_directories(sys.path / "devices" / device / "vfio-dev/vfio1");
    fs::create_symlink("../../../83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
                       sys.path / "devices" / device / "vfio-dev/vfio1/device");
    auto finding = devNullAs(device + "/vfio-dev/vfio1");
    EXPECT_EQ(finding.kind, FileKind::VfioCdev);
    EXPECT_EQ(finding.pciAddress, "");
    EXPECT_EQ(finding.driver, "");
}

TEST_F(DeviceTest, TheOthers) {
    EXPECT_EQ(devNullAs("virtual/vfio/12").kind, FileKind::VfioGroup);
    EXPECT_EQ(devNullAs("virtual/vfio/noiommu-3").kind, FileKind::VfioGroup);
    EXPECT_EQ(devNullAs("virtual/misc/iommu").kind, FileKind::Iommufd);
    EXPECT_EQ(devNullAs("virtual/misc/kvm").kind, FileKind::Kvm);
    EXPECT_EQ(devNullAs("virtual/misc/vfio").kind, FileKind::CharDevice);
    EXPECT_EQ(devNullAs("virtual/mem/iommu").kind, FileKind::CharDevice);
    EXPECT_FALSE(devNullAs("virtual/misc/iommu").identity.known()); // each open is another one
}

TEST(FileInspector, ADuplicateIsAnotherFdOfTheSameFile) {
    auto before = openFds();
    {
        UniqueFd fd(::memfd_create("a", 0));
        auto twin = FileInspector().duplicate(fd.get());
        ASSERT_TRUE(twin);
        EXPECT_NE(twin.get(), fd.get());
        EXPECT_TRUE(::fcntl(twin.get(), F_GETFD) & FD_CLOEXEC);
        EXPECT_EQ(look(twin).identity, look(fd).identity);
        EXPECT_FALSE(FileInspector().duplicate(-1));
    }
    EXPECT_EQ(openFds(), before);
}

// A FUSE server that lets its root be opened and then answers nothing more.
class DeafFuse {
public:
    explicit DeafFuse(const fs::path& at) : at_(at), server_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
        std::string options = "rootmode=40000,user_id=0,group_id=0,fd=" + std::to_string(server_.get());
        mounted_ = server_ && ::unshare(CLONE_NEWNS) == 0 &&
                   ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                   ::mount("deaf", at.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
    }
    bool mounted() const { return mounted_; }

    UniqueFd openRoot() {
        std::jthread server([this] {
            fuse_init_out init{};
            init.major = FUSE_KERNEL_VERSION;
            init.minor = FUSE_KERNEL_MINOR_VERSION;
            init.max_write = 4096;
            answer(&init, sizeof init);
            fuse_open_out open{};
            answer(&open, sizeof open);
        });
        return UniqueFd(::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    bool wasAsked() {
        pollfd waiting{server_.get(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) > 0;
    }

private:
    void answer(const void* out, std::size_t size) {
        alignas(fuse_in_header) char in[FUSE_MIN_READ_BUFFER];
        if (::read(server_.get(), in, sizeof in) < static_cast<ssize_t>(sizeof(fuse_in_header)))
            return;
        fuse_out_header header{};
        header.unique = reinterpret_cast<fuse_in_header*>(in)->unique;
        header.len = static_cast<std::uint32_t>(sizeof header + size);
        std::string reply(reinterpret_cast<char*>(&header), sizeof header);
        reply.append(static_cast<const char*>(out), size);
        [[maybe_unused]] auto written = ::write(server_.get(), reply.data(), reply.size());
    }

    fs::path at_;
    UniqueFd server_;
    bool mounted_ = false;
};

// In a child with a mount namespace of its own: 77 cannot be tried here, 0 well, 1 not, SIGALRM it blocked.
int inspectDeafFuse(const fs::path& at) {
    ::alarm(10);
    DeafFuse fuse(at);
    if (!fuse.mounted())
        return 77;
    auto root = fuse.openRoot();
    if (!root)
        return 77;
    auto finding = FileInspector().inspect(root.get());
    bool well = finding && finding->kind == FileKind::Directory && !fuse.wasAsked();
    std::jthread asker([&] { // the trap does spring: who asks, waits (until this process ends)
        struct stat is{};
        ::fstat(root.get(), &is);
    });
    while (!fuse.wasAsked())
        std::this_thread::yield();
    ::_exit(well ? 0 : 1);
}

TEST(FileInspector, AFileServerThatNeverAnswersIsNotAsked) {
    Directory place;
    pid_t child = ::fork();
    if (child == 0)
        ::_exit(inspectDeafFuse(place.path));
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "needs /dev/fuse and the right to mount";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

} // namespace
