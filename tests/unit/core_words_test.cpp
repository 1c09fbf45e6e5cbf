// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/kernel_words.hpp"
#include "core/update.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <set>

namespace luod::core {
namespace {

TEST(Words, EveryKindHasItsOwnAndIsFoundByIt) {
    std::set<std::string_view> words;
    for (int i = 0; i <= int(last(FileKind{})); ++i) {
        words.insert(word(FileKind(i)));
        EXPECT_EQ(fileKind(word(FileKind(i))), FileKind(i));
    }
    EXPECT_EQ(words.size(), std::size_t(last(FileKind{})) + 1);
    EXPECT_EQ(fileKind("nonsense"), FileKind::Unknown);
}

TEST(Words, EveryStateHasItsOwn) {
    auto count = []<typename T>(T) {
        std::set<std::string_view> words;
        for (int i = 0; i <= int(last(T{})); ++i)
            words.insert(word(T(i)));
        return words.size() == std::size_t(last(T{})) + 1;
    };
    EXPECT_TRUE(count(Direction{}));
    EXPECT_TRUE(count(SessionState{}));
    EXPECT_TRUE(count(FileState{}));
    EXPECT_TRUE(count(Handover{}));
    EXPECT_TRUE(count(Phase{}));
    EXPECT_TRUE(count(UpdateMode{}));
    EXPECT_TRUE(count(InhibitMode{}));
    EXPECT_TRUE(count(Milestone{}));
}

// They are on the bus.
TEST(Words, OfAnUpdateAreThoseThatArePromised) {
    EXPECT_EQ(word(Phase::Prepared), "prepared");
    EXPECT_EQ(word(Phase::Leaving), "leaving");
    EXPECT_EQ(word(UpdateMode::Systemd), "systemd");
    EXPECT_EQ(word(InhibitMode::Delay), "delay");
    EXPECT_EQ(word(Milestone::Requested), "requested");
    EXPECT_EQ(word(Milestone::Left), "left");
    EXPECT_EQ(word(Milestone::Kernel), "kernel");
    EXPECT_EQ(word(Milestone::Finished), "finished");
    EXPECT_EQ(word(Handover::NoDevice), "no-device");
    EXPECT_EQ(word(Handover::ColdBoot), "cold-boot");
}

struct Row {
    int err;
    Errc code;
    const char* words;
};

void expectRows(std::initializer_list<Row> rows, auto make) {
    for (const Row& row : rows) {
        Error error = make(row.err);
        EXPECT_EQ(error.code, row.code) << error.words;
        EXPECT_EQ(error.err, row.err);
        EXPECT_NE(error.words.find(row.words), std::string::npos) << error.words;
    }
}

TEST(KernelWords, OfCreating) {
    Session session{.name = "vm", .kernelName = "luod.1.vm"};
    expectRows({{EEXIST, Errc::NameTaken, "luod.1.vm"},
                {ENOSPC, Errc::LimitReached, "no more sessions"},
                {ENOMEM, Errc::LimitReached, "no more sessions"},
                {ENXIO, Errc::Unavailable, "liveupdate=on"},
                {ENODEV, Errc::Unavailable, "no /dev/liveupdate"},
                {EPERM, Errc::Unavailable, "udev rule"},
                {EACCES, Errc::Unavailable, "may not open"},
                {EBUSY, Errc::Busy, "try again"},
                {EIO, Errc::Unavailable, "until the next boot"},
                {ENFILE, Errc::LimitReached, "fs.file-max"},
                {EPROTO, Errc::KernelRefused, "Protocol error"}},
               [&](int err) { return createRefused(err, session); });
}

TEST(KernelWords, OfRetrievingASession) {
    Session session{.owner = 7, .name = "vm", .kernelName = "luod.7.vm"};
    expectRows({{ENOENT, Errc::Lost, "was not handed a session 'luod.7.vm'"},
                {EINVAL, Errc::Lost, "another program"},
                {EBUSY, Errc::Busy, "session 'vm' of uid 7"},
                {EMFILE, Errc::LimitReached, "LimitNOFILE="}},
               [&](int err) { return retrieveSessionRefused(err, session); });
}

TEST(KernelWords, OfPreserving) {
    File file{.token = 7, .name = "ram", .kind = FileKind::Pipe};
    expectRows({{ENOENT, Errc::KindNotSupported, "no handler for a file of kind pipe"},
                {EEXIST, Errc::TokenTaken, "file 7 'ram'"},
                {EBUSY, Errc::AlreadyPreserved, "holds it already"},
                {EFBIG, Errc::LimitReached, "too large"},
                {ENOSPC, Errc::LimitReached, "no more files"},
                {ENOMEM, Errc::LimitReached, "no memory"},
                {EOPNOTSUPP, Errc::KindNotSupported, "seals"},
                {EBADF, Errc::KindNotSupported, "Bad file descriptor"}},
               [&](int err) { return preserveRefused(err, file); });
    EXPECT_EQ(describe(file), "file 7 'ram'");
    EXPECT_EQ(describe(File{.token = 8}), "file 8");
}

TEST(KernelWords, OfRetrievingAFileAndFinishing) {
    expectRows({{ENOENT, Errc::NoSuchFile, "file 5"},
                {EMFILE, Errc::LimitReached, "try again later"},
                {EIO, Errc::KernelRefused, "Input/output error"}},
               [&](int err) { return retrieveRefused(err, 5); });
    Session session{.name = "vm"};
    expectRows({{EBUSY, Errc::Busy, "iommufd"}, {EIO, Errc::KernelRefused, "session 'vm'"}},
               [&](int err) { return finishRefused(err, session); });
}

} // namespace
} // namespace luod::core
