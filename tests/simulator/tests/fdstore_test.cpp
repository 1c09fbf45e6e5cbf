// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../supervisor/fdstore.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace luosim {
namespace {

Fd numbered(int number) {
    Fd fd(memfd_create("numbered", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(fd.get(), number), 0);
    return fd;
}

long numberOf(const StoredFd& stored) {
    struct stat status = {};
    const Fd fd = stored.borrow();
    return fstat(fd.get(), &status) == 0 ? status.st_size : -1;
}

long openFiles() {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                 std::filesystem::directory_iterator());
}

} // namespace

TEST(FdStore, KeepsMoreThanOneTableHolds) {
    const long before = openFiles();
    {
        FdStore store(3);
        std::vector<StoredFd> stored;
        for (int i = 0; i < 20; ++i) {
            Fd fd = numbered(i);
            stored.push_back(store.put(fd));
            EXPECT_FALSE(fd);
        }
        for (int i = 0; i < 20; ++i)
            EXPECT_EQ(numberOf(stored[static_cast<std::size_t>(i)]), i);
        // Three here, and a socket for each keeper of three.
        EXPECT_LE(openFiles(), before + 3 + 6);
    }
    EXPECT_EQ(openFiles(), before);
}

TEST(FdStore, LendsTheSameOpenFile) {
    FdStore store(0);
    Fd fd = numbered(10);
    const StoredFd stored = store.put(fd);
    lseek(stored.borrow().get(), 7, SEEK_SET);
    EXPECT_EQ(lseek(stored.borrow().get(), 0, SEEK_CUR), 7);
}

TEST(FdStore, ClosesWhatIsDropped) {
    FdStore store(1);
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    const Fd readEnd(ends[0]);
    Fd first = numbered(1);
    const StoredFd own = store.put(first);
    Fd writeEnd(ends[1]);
    const StoredFd other = [&] {
        const StoredFd kept = store.put(writeEnd);
        Fd last = numbered(2);
        return store.put(last);
    }();
    EXPECT_EQ(numberOf(other), 2); // by now the keeper has followed the order before this one
    char byte;
    EXPECT_EQ(read(readEnd.get(), &byte, 1), 0);
}

TEST(FdStore, RoomIsUsedAgain) {
    FdStore store(1);
    const long before = openFiles();
    for (int i = 0; i < 100; ++i) {
        Fd one = numbered(1);
        Fd two = numbered(2);
        const StoredFd first = store.put(one);
        const StoredFd second = store.put(two);
        EXPECT_EQ(numberOf(second), 2);
    }
    EXPECT_EQ(openFiles(), before);
}

} // namespace luosim
