// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/memfd_ledger.hpp"

#include "support/open_fds.hpp"

#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace luod::platform;
using luod::core::UniqueFd;
using luod::test::openFds;

namespace {

UniqueFd memfd(off_t size, unsigned flags = MFD_ALLOW_SEALING) {
    UniqueFd fd(::memfd_create("test", flags));
    EXPECT_EQ(0, ::ftruncate(fd.get(), size));
    return fd;
}

class MemfdLedgerTest : public testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(openFds(), before); }
    std::size_t before = openFds();
    MemfdLedgerMaker maker;
};

TEST_F(MemfdLedgerTest, IsOfFixedSizeAndZero) {
    auto ledger = maker.make(5000);
    ASSERT_TRUE(ledger);
    EXPECT_EQ((*ledger)->size(), 5000u);
    EXPECT_EQ((*ledger)->read(), std::string(5000, '\0'));
    EXPECT_TRUE(::fcntl((*ledger)->fd(), F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(maker.make(0).error(), EINVAL);
    EXPECT_EQ(maker.make(MemfdLedgerMaker::maxSize + 1).error(), EINVAL);
}

TEST_F(MemfdLedgerTest, KeepsWhatIsWrittenWhere) {
    auto ledger = maker.make(8);
    ASSERT_TRUE((*ledger)->write(2, "abc"));
    ASSERT_TRUE((*ledger)->write(7, "z"));
    ASSERT_TRUE((*ledger)->write(8, ""));
    EXPECT_EQ((*ledger)->read(), std::string("\0\0abc\0\0z", 8));
}

TEST_F(MemfdLedgerTest, DoesNotGrow) {
    auto ledger = maker.make(8);
    EXPECT_EQ((*ledger)->write(6, "abc").error(), ENOSPC);
    EXPECT_EQ((*ledger)->write(9, "").error(), ENOSPC);
    EXPECT_EQ((*ledger)->write(std::size_t(-1), "abc").error(), ENOSPC);
    EXPECT_EQ((*ledger)->read(), std::string(8, '\0'));
}

TEST_F(MemfdLedgerTest, ComesBackWithItsContent) {
    UniqueFd twin;
    {
        auto ledger = maker.make(8);
        ASSERT_TRUE((*ledger)->write(0, "remember"));
        twin.reset(::dup((*ledger)->fd()));
    }
    auto ledger = maker.adopt(std::move(twin));
    ASSERT_TRUE(ledger);
    EXPECT_EQ((*ledger)->read(), "remember");
    EXPECT_TRUE(::fcntl((*ledger)->fd(), F_GETFD) & FD_CLOEXEC);
    EXPECT_TRUE((*ledger)->write(0, "R"));
}

TEST_F(MemfdLedgerTest, OddOnesAreRefusedAndClosed) {
    EXPECT_EQ(maker.adopt(UniqueFd()).error(), EBADF);
    EXPECT_EQ(maker.adopt(UniqueFd(::open("/dev/zero", O_RDWR))).error(), EINVAL);
    EXPECT_EQ(maker.adopt(UniqueFd(::open("/", O_PATH))).error(), EBADF);
    EXPECT_EQ(maker.adopt(memfd(0)).error(), EINVAL);
    EXPECT_EQ(maker.adopt(memfd(off_t(MemfdLedgerMaker::maxSize) + 1)).error(), EINVAL);

    auto readOnly = memfd(8);
    std::string path = "/proc/self/fd/" + std::to_string(readOnly.get());
    EXPECT_EQ(maker.adopt(UniqueFd(::open(path.c_str(), O_RDONLY))).error(), EBADF);
    EXPECT_EQ(maker.adopt(UniqueFd(::open(path.c_str(), O_RDWR | O_APPEND))).error(), EINVAL);

    int ends[2];
    ASSERT_EQ(0, ::pipe(ends));
    UniqueFd other(ends[1]);
    EXPECT_EQ(maker.adopt(UniqueFd(ends[0])).error(), EBADF);
}

// As the next kernel gives back one with F_SEAL_EXEC.
TEST_F(MemfdLedgerTest, OneSealedAgainstWritingCanStillBeRead) {
    auto sealed = memfd(8);
    ASSERT_EQ(0, ::fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_WRITE));
    auto ledger = maker.adopt(std::move(sealed));
    ASSERT_TRUE(ledger);
    EXPECT_EQ((*ledger)->read(), std::string(8, '\0'));
    EXPECT_EQ((*ledger)->write(0, "x").error(), EPERM);
}

TEST_F(MemfdLedgerTest, ANewOneCarriesNoSealThatTheNextKernelWouldTurnIntoMore) {
    auto ledger = maker.make(4096);
    ASSERT_TRUE(ledger);
    EXPECT_EQ(0, ::fcntl((*ledger)->fd(), F_GET_SEALS) & 0x20 /* F_SEAL_EXEC */);
}

TEST_F(MemfdLedgerTest, AShrunkenOneIsAnErrorAndNotABusError) {
    auto ledger = maker.adopt(memfd(8192));
    ASSERT_TRUE(ledger);
    ASSERT_EQ(0, ::ftruncate((*ledger)->fd(), 100));
    EXPECT_EQ((*ledger)->read().error(), EIO);
}

} // namespace
