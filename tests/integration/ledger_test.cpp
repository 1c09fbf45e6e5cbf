// SPDX-License-Identifier: LGPL-2.1-or-later

// What the shipped luod makes of a ledger that was torn, damaged, or written by a newer one.

#include "expect.hpp"
#include "memfd.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::HasSubstr;

class Ledger : public testing::Test {
protected:
    void SetUp() override {
        expectDone(client.preserve(vm1, file.get(), 1, "ram"));
        before = client.picture();
    }
    // The one in the fd store: luod has the same file open.
    UniqueFd ledger() {
        for (const std::string& link : world.luodFdLinks())
            if (link.find("luod-ledger") != link.npos) {
                const std::string number = link.substr(0, link.find(' '));
                return UniqueFd(
                    open(fmt::format("/proc/{}/fd/{}", world.luod().pid(), number).c_str(), O_RDWR | O_CLOEXEC));
            }
        return {};
    }
    static off_t endOf(int fd) {
        const std::string all = contentOf(fd);
        return off_t(all.find_last_not_of('\0') + 1);
    }
    static void put(int fd, off_t at, const std::string& bytes) {
        ASSERT_EQ(pwrite(fd, bytes.data(), bytes.size(), at), ssize_t(bytes.size()));
    }
    void expectRefusal(const char* why) {
        const Client::Status status = client.status();
        EXPECT_FALSE(status.available);
        EXPECT_THAT(status.reason, HasSubstr(why));
        EXPECT_THAT(world.luod().log(), HasSubstr(why));
        expectRefused(client.create("another"), "LedgerTrouble", why);
        EXPECT_EQ(client.picture(), "");
        EXPECT_EQ(client.discard(vm1).error, "org.freedesktop.DBus.Error.UnknownObject");
    }
    // Refused in this life of luod and the next, with the store as it was; mended, everything is there.
    void expectRefusedAndKept(int fd, const std::string& healthy, const char* why) {
        const std::string ill = contentOf(fd);
        const auto stored = sorted(world.luod().stored());
        for (const bool again : {false, true}) {
            SCOPED_TRACE(again);
            world.luod().kill();
            expectRefusal(why);
            EXPECT_EQ(sorted(world.luod().stored()), stored);
            EXPECT_EQ(contentOf(fd), ill);
        }
        put(fd, 0, healthy);
        world.luod().restart();
        EXPECT_TRUE(client.status().available);
        EXPECT_EQ(client.picture(), before);
        world.luod().kexec();
        UniqueFd back;
        expectDone(client.retrieve(vm1, "ram", back));
        EXPECT_EQ(contentOf(back.get()), "guest memory");
    }
    static std::vector<std::string> sorted(std::vector<std::string> names) {
        std::ranges::sort(names);
        return names;
    }

    World world;
    Client client{world};
    UniqueFd file = memfdWith("guest memory");
    std::string vm1 = client.made("vm1"), before;
};

TEST_F(Ledger, ATornRecordIsIgnored) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    put(fd.get(), endOf(fd.get()), std::string("\x40\0\0\0\x12\x34\x56\x78some of it", 18));
    world.luod().kill();
    EXPECT_THAT(world.luod().log(), HasSubstr("the ledger's last record was cut off by a kill and is ignored"));
    EXPECT_TRUE(client.status().available);
    EXPECT_EQ(client.picture(), before);
    expectDone(client.create("vm2")); // and written over
    world.luod().kill();
    EXPECT_EQ(client.status().sessions, 2u);
    world.luod().kexec();
    EXPECT_EQ(client.status().sessions, 2u);
}

TEST_F(Ledger, ACorruptOneIsRefusedAndKept) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    const std::string healthy = contentOf(fd.get());
    put(fd.get(), 64 + 8, std::string(1, char(healthy[64 + 8] ^ 0x10)));
    expectRefusedAndKept(fd.get(), healthy,
                         "the ledger is corrupt at byte 64: nothing of it is used and nothing was changed");
}

TEST_F(Ledger, ADamagedHeaderIsRefusedAndKept) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    const std::string healthy = contentOf(fd.get());
    put(fd.get(), 17, "\x7f");
    expectRefusedAndKept(fd.get(), healthy, "the ledger is corrupt: its header does not add up");
}

TEST_F(Ledger, ANewerOneIsRefusedAndKept) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    const std::string healthy = contentOf(fd.get());
    std::string header = healthy.substr(0, 24);
    header[8] = 4; // the format's version
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(header.data()), 24);
    for (int i = 0; i < 4; ++i)
        header += char(sum >> 8 * i);
    put(fd.get(), 0, header);
    expectRefusedAndKept(fd.get(), healthy,
                         "the ledger was written by a newer luod (format 4; this one reads up to 3)");
}

TEST_F(Ledger, OneThatIsNoneIsRefusedAndKept) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    const std::string healthy = contentOf(fd.get());
    put(fd.get(), 0, "Dear diary,");
    expectRefusedAndKept(fd.get(), healthy, "what was handed on as the ledger is not one");
}

// No fd store comes over: it is found in the marker session, and what the kernel holds stays there.
TEST_F(Ledger, ACorruptOneIsRefusedAfterALiveUpdate) {
    const UniqueFd fd = ledger();
    ASSERT_TRUE(fd);
    const std::string healthy = contentOf(fd.get());
    put(fd.get(), 64 + 8, std::string(1, char(healthy[64 + 8] ^ 0x10)));
    world.luod().kexecDirect();
    expectRefusal("the ledger is corrupt at byte 64");
    world.luod().kill();
    expectRefusal("the ledger is corrupt at byte 64");
    EXPECT_THAT(world.simulator("dump"), HasSubstr("luod.0.vm1"));
}

TEST(LedgerGrows, AsMoreIsToBeRemembered) {
    World world({.config = "[Daemon]\nLedgerSize=64K\n"});
    Client client(world);
    const std::string session = client.made("vm1");
    const std::string text(2000, 'x');
    const luod_value value{.key = "k", .type = LUOD_STRING, .as = {.s = text.c_str()}};
    std::vector<UniqueFd> files;
    for (std::uint64_t i = 0; i < 100; ++i) {
        files.push_back(memfdWith("x"));
        expectDone(client.preserve(session, {{files.back().get(), i, fmt::format("f{}", i), {value}}}));
    }
    for (int i = 0; i < 200; ++i) // what is written over and over does not make it grow for ever
        expectDone(client.annotate(session, 0, fmt::format("g{}", i), {value}));
    const std::string before = client.picture();
    world.luod().kill();
    EXPECT_EQ(client.picture(), before);
    world.luod().kexecDirect();
    std::map<std::uint64_t, std::string> contents;
    expectDone(client.retrieveAll(session, contents));
    EXPECT_EQ(contents.size(), 100u);
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("'g199'"), HasSubstr("'f99'")));
}

// Without a descriptor left for its successor.
TEST(LedgerGrows, OrIsFullAndSaysSo) {
    World world({.config = "[Daemon]\nLedgerSize=64K\n"});
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, file.get(), 1));
    const std::string text(2000, 'x');
    const luod_value value{.key = "k", .type = LUOD_STRING, .as = {.s = text.c_str()}};
    client.status();
    world.limitLuodFds(world.luodFds());
    Answer answer;
    int written = 0;
    while ((answer = client.annotate(session, 1, fmt::format("n{}", written), {value})))
        ASSERT_LT(++written, 1000);
    expectRefused(answer, "LedgerTrouble", "the ledger is full");
    EXPECT_THAT(client.picture(), HasSubstr(fmt::format("1 'n{}' memfd preserved", written - 1)));
    world.limitLuodFds(1024);
    // It tries for a greater one each time that something does not fit.
    while (!client.annotate(session, 1, "fits again", {value}))
        ASSERT_LT(++written, 1000);
    const std::string before = client.picture();
    world.luod().kill();
    EXPECT_EQ(client.picture(), before);
    world.luod().kexecDirect();
    UniqueFd back;
    expectDone(client.retrieve(session, "fits again", back));
}

} // namespace
} // namespace luod::tests
