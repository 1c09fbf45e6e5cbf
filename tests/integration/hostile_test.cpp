// SPDX-License-Identifier: LGPL-2.1-or-later

// What a hostile user may hand in: descriptors that are not what they seem. Each is refused, nobody else waits, and nothing
// is lost or leaked.

#include "deaf_fuse.hpp"
#include "expect.hpp"
#include "memfd.hpp"
#include "raw_bus.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;

class Hostile : public testing::Test {
protected:
    UniqueFd ofLuod(const std::string& what) {
        for (const std::string& link : world.luodFdLinks())
            if (link.find(what) != link.npos)
                return UniqueFd(open(("/proc/" + std::to_string(world.luod().pid()) + "/fd/" + link.substr(0, link.find(' '))).c_str(),
                                     O_RDWR | O_CLOEXEC));
        return {};
    }

    World world;
    Client root{world}, user{world, nobody};
    std::string session = root.made("theirs", nobody);
};

TEST_F(Hostile, AFileWhoseServerNeverAnswersStopsNobody) {
    const Unchanged guard(world, root);
    DeafFuse fuse;
    if (!fuse.mounted())
        GTEST_SKIP() << "needs /dev/fuse and the right to mount";
    UniqueFd file = fuse.open();
    ASSERT_TRUE(file);
    for (int i = 0; i < 3; ++i)
        expectRefused(user.preserve(session, file.get(), 1), "KindNotSupported", "kind regular");
    const UniqueFd path(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_PATH | O_CLOEXEC));
    expectRefused(user.preserve(session, path.get(), 1), "KindNotSupported", "kind path");
    EXPECT_FALSE(fuse.wasAsked()) << "somebody waits for its answer";
    root.status();
}

TEST_F(Hostile, FilesOfProcDevicesAndWhatIsLuodsOwn) {
    const Unchanged guard(world, root);
    for (const char* path : {"/proc/self/mem", "/proc/self/status", "/proc/kmsg", "/sys/kernel/uevent_seqnum", "/dev/zero",
                             "/dev/urandom", "/dev/ptmx", "/proc"}) {
        const UniqueFd file(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        EXPECT_TRUE(!file || user.preserve(session, file.get(), 1).error == "KindNotSupported") << path;
    }
    const UniqueFd lent(luod_borrow(user.get(), session.c_str()));
    EXPECT_EQ(user.preserve(session, lent.get(), 1).error, "KindNotSupported") << "a session in a session";
    for (const char* mine : {"luod-ledger", "luo_session", "anon_inode:[eventpoll]"}) {
        const UniqueFd file = ofLuod(mine);
        EXPECT_FALSE(file && user.preserve(session, file.get(), 1)) << mine;
    }
    ASSERT_TRUE(ofLuod("luod-ledger"));
    expectRefused(root.preserve(root.made("r"), ofLuod("luod-ledger").get(), 1), "AlreadyPreserved", "");
    expectDone(root.discard(root.found("r")));
}

RawBus::Call preserveCall(const std::string& path, std::uint32_t announced, std::vector<int> fds) {
    return {.path = path, .interface = "org.luod1.Session", .member = "Preserve", .signature = "a(htsa{sv})",
            .body = preserveBody(0, 1), .announced = announced, .fds = std::move(fds)};
}

TEST_F(Hostile, SixteenDescriptorsInAMessageAndSeventeen) {
    const UniqueFd file = memfdWith("x");
    expectDone(root.preserve(session, file.get(), 9)); // something to lose
    const Unchanged guard(world, root);
    const pid_t pid = world.luod().pid();
    const UniqueFd event(eventfd(0, EFD_CLOEXEC));
    // The first is refused by its kind, the others are not even asked for: all are closed again.
    EXPECT_EQ(RawBus(world.address()).call(preserveCall(session, 16, std::vector<int>(16, event.get()))),
              "org.luod1.Error.KindNotSupported");
    EXPECT_EQ(RawBus(world.address()).call(preserveCall(session, 17, std::vector<int>(17, event.get()))), "hung up")
        << "the bus itself";
    EXPECT_NE(RawBus(world.address()).call(preserveCall(session, 16, {event.get()})), "");
    EXPECT_EQ(world.luod().pid(), pid);
}

TEST_F(Hostile, AFileThatChangesWhileItIsHandedOver) {
    World small({.config = "[Sessions]\nMaxBytesPerUser=1M\n"});
    Client owner(small, nobody), admin(small);
    const std::string mine = admin.made("mine", nobody);
    small.fault("preserve:delay=300ms");
    const UniqueFd file = memfdWith("x"), before = memfdWith("y");
    RawBus raw(small.address());
    raw.sendOnly(preserveCall(mine, 1, {before.get()})); // holds the session up
    raw.sendOnly({.path = mine, .interface = "org.luod1.Session", .member = "Preserve", .signature = "a(htsa{sv})",
                  .body = preserveBody(0, 2), .announced = 1, .fds = {file.get()}});
    luod_files* files = nullptr;
    for (std::size_t seen = 0; seen < 2;) { // both have been looked at
        ASSERT_EQ(luod_list_files(admin.get(), mine.c_str(), &files), 0);
        for (seen = 0; luod_files_next(files);)
            ++seen;
        luod_files_free(files);
    }
    ASSERT_EQ(ftruncate(file.get(), 8 << 20), 0); // and the kernel is not yet at the second
    EXPECT_EQ(raw.answer(), "");
    EXPECT_EQ(raw.answer(), "org.luod1.Error.LimitReached");
    EXPECT_THAT(admin.picture(), testing::HasSubstr("1 '' memfd preserved 1"));
    EXPECT_THAT(admin.picture(), testing::Not(testing::HasSubstr("2 ''"))) << "it has been taken out again";
}

TEST_F(Hostile, NamesMetadataAndSizesOfAnyKind) {
    const UniqueFd file = memfdWith("x");
    const Unchanged guard(world, root);
    for (const std::string& name : {std::string("\xff\xfe"), std::string("../x"), std::string(100000, 'x'), std::string("a\x1b[2J")})
        EXPECT_LT(user.preserve(session, file.get(), 1, name).result, 0) << name.substr(0, 10);
    std::vector<luod_value> many(2000);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < many.size(); ++i)
        keys.push_back("key" + std::to_string(i));
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i] = {.key = keys[i].c_str(), .type = LUOD_BOOL, .as = {.u = 1}};
    expectRefused(user.preserve(session, {{file.get(), 1, "", many}}), "LimitReached", "raise MaxMetadataBytes=");
    const UniqueFd huge(memfd_create("huge", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(huge.get(), off_t(1) << 60), 0);
    expectRefused(user.preserve(session, huge.get(), 1), "LimitReached", "raise MaxBytesPerUser=");
    expectRefused(root.preserve(session, huge.get(), 1), "LimitReached", "raise MaxBytesPerUser=");
}

} // namespace
} // namespace luod::tests
