// SPDX-License-Identifier: LGPL-2.1-or-later

// What callers may get wrong: each a clear error, and nothing lost or leaked.

#include "expect.hpp"
#include "memfd.hpp"
#include "raw_bus.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;

constexpr const char* sessionInterface = "org.luod1.Session";

class BadInput : public testing::Test {
protected:
    World world;
    Client client{world};
    std::string vm1 = client.made("vm1");
};

TEST_F(BadInput, SessionNames) {
    const Unchanged guard(world, client);
    expectRefused(client.create(""), "InvalidArgument", "name is empty");
    expectRefused(client.create(std::string(65, 'x')), "InvalidArgument", "65 bytes; 64 is the most");
    expectRefused(client.create("a\nb"), "InvalidArgument", "control characters");
    expectRefused(client.create("a\x7f"), "InvalidArgument", "control characters");
    expectRefused(client.create("a/b"), "InvalidArgument", "'/'");
    expectRefused(client.create("vm1"), "NameTaken", "'vm1' already");
    expectRefused(client.find("nobody's"), "NoSuchSession", "no session of that name");
    expectRefused(client.find(""), "NoSuchSession", "");
}

TEST_F(BadInput, ANameOfSixtyFourBytesIsFine) {
    expectDone(client.create(std::string(64, 'x')));
    expectDone(client.create("größe ✓"));
}

TEST_F(BadInput, FileNamesAndMetadata) {
    const Unchanged guard(world, client);
    const UniqueFd file = memfdWith("x");
    expectRefused(client.preserve(vm1, file.get(), 1, std::string(65, 'x')), "InvalidArgument",
                  "file name has 65 bytes");
    expectRefused(client.preserve(vm1, file.get(), 1, "\x1b[2J"), "InvalidArgument", "control characters");
    luod_value value{.key = "", .type = LUOD_BOOL, .as = {.u = 1}};
    expectRefused(client.preserve(vm1, {{file.get(), 1, "", {value}}}), "InvalidArgument", "metadata key is empty");
    const std::string large(5000, 'x');
    value = {.key = "k", .type = LUOD_STRING, .as = {.s = large.c_str()}};
    expectRefused(client.preserve(vm1, {{file.get(), 1, "", {value}}}), "LimitReached", "4096 is the most");
}

TEST_F(BadInput, TokensAndNamesThatAreTaken) {
    const UniqueFd first = memfdWith("1"), second = memfdWith("2"), third = memfdWith("3");
    expectDone(client.preserve(vm1, first.get(), 7, "ram"));
    const Unchanged guard(world, client);
    expectRefused(client.preserve(vm1, second.get(), 7), "TokenTaken", "token 7 already");
    expectRefused(client.preserve(vm1, second.get(), 8, "ram"), "NameTaken", "a file 'ram' already, under token 7");
    expectRefused(client.preserve(vm1, {{second.get(), 8, "", {}}, {third.get(), 8, "", {}}}), "TokenTaken", "token 8");
    expectRefused(client.preserve(vm1, {{second.get(), 8, "n", {}}, {third.get(), 9, "n", {}}}), "NameTaken", "'n'");
    expectRefused(client.takeOut(vm1, 8), "NoSuchFile", "no file 8");
    expectRefused(client.annotate(vm1, 8, "x"), "NoSuchFile", "no file 8");
}

TEST_F(BadInput, OneFileIsPreservedOnce) {
    const std::string vm2 = client.made("vm2");
    const UniqueFd file = memfdWith("1"), other = memfdWith("2");
    expectDone(client.preserve(vm1, file.get(), 1));
    const Unchanged guard(world, client);
    const UniqueFd copy(dup(file.get()));
    expectRefused(client.preserve(vm1, file.get(), 2), "AlreadyPreserved", "file 2 is held by a session already");
    expectRefused(client.preserve(vm2, copy.get(), 1), "AlreadyPreserved", "held by a session already");
    const UniqueFd again(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDWR | O_CLOEXEC));
    expectRefused(client.preserve(vm2, again.get(), 1), "AlreadyPreserved", "held by a session already");
    expectRefused(client.preserve(vm1, {{other.get(), 3, "", {}}, {other.get(), 4, "", {}}}), "AlreadyPreserved",
                  "twice");
}

TEST_F(BadInput, FilesOfTheWrongKind) {
    const TempDir dir;
    const std::string path = dir.write("file", "content");
    const UniqueFd event(eventfd(0, EFD_CLOEXEC)), regular(open(path.c_str(), O_RDWR | O_CLOEXEC)),
        directory(open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        null(open("/dev/null", O_RDWR | O_CLOEXEC)), place(open(path.c_str(), O_PATH | O_CLOEXEC)),
        sock(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reader(ends[0]), writer(ends[1]);
    const UniqueFd session(luod_borrow(client.get(), client.made("lent").c_str()));
    ASSERT_GE(session.get(), 0);
    const Unchanged guard(world, client);
    const std::pair<int, const char*> kinds[] = {{event.get(), "eventfd"},       {reader.get(), "pipe"},
                                                 {sock.get(), "socket"},         {regular.get(), "regular"},
                                                 {directory.get(), "directory"}, {null.get(), "char-device"},
                                                 {session.get(), "luo-session"}};
    for (const auto& [fd, kind] : kinds) {
        expectRefused(client.preserve(vm1, fd, 1), "KindNotSupported", std::string("kind ") + kind);
        expectRefused(client.preserve(vm1, fd, 1), "KindNotSupported", "the kernel said: No such file or directory");
    }
    expectRefused(client.preserve(vm1, place.get(), 1), "KindNotSupported", "kind path (the kernel said: Bad file");
}

TEST_F(BadInput, OneBadFileOfSeveralChangesNothingThatWasSeenBefore) {
    const UniqueFd good = memfdWith("good"), event(eventfd(0, EFD_CLOEXEC)), later = memfdWith("later");
    // The kernel is asked one by one: what came before stays, as the interface says.
    expectRefused(client.preserve(vm1, {{good.get(), 1, "", {}}, {event.get(), 2, "", {}}, {later.get(), 3, "", {}}}),
                  "KindNotSupported", "file 2");
    EXPECT_THAT(client.picture(), testing::HasSubstr("1 '' memfd preserved 4"));
    EXPECT_THAT(client.picture(), testing::Not(testing::HasSubstr("3 ''")));
    expectDone(client.preserve(vm1, later.get(), 2));
}

TEST_F(BadInput, MemfdsThatWouldNotComeBackAsTheyWere) {
    const Unchanged guard(world, client);
    const UniqueFd file = memfdWith("x");
    const UniqueFd readOnly(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
    expectRefused(client.preserve(vm1, readOnly.get(), 1), "InvalidArgument", "reading or writing only");
#ifdef MFD_NOEXEC_SEAL
    const UniqueFd sealed = memfdWith("x", MFD_NOEXEC_SEAL);
    expectRefused(client.preserve(vm1, sealed.get(), 1), "KindNotSupported", "MFD_NOEXEC_SEAL");
#endif
    EXPECT_EQ(client.preserve(vm1, 9999, 1).result, -EBADF);
}

TEST_F(BadInput, NoFilesInACall) {
    const Unchanged guard(world, client);
    RawBus raw(world.address());
    const std::string none = Marshal().u32(0).align(8).bytes();
    EXPECT_EQ(raw.call({.path = vm1,
                        .interface = sessionInterface,
                        .member = "Preserve",
                        .signature = "a(htsa{sv})",
                        .body = none}),
              "org.luod1.Error.InvalidArgument");
}

TEST_F(BadInput, AThousandFilesInACall) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const std::size_t before = world.luodFds();
    std::vector<UniqueFd> files;
    std::vector<Input> inputs;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        files.push_back(memfdWith(std::to_string(i)));
        inputs.push_back({files.back().get(), i, "f" + std::to_string(i), {}});
    }
    expectDone(client.preserve(vm1, inputs));
    EXPECT_EQ(client.status().files, 1000u);
    expectDone(client.discard(vm1));
    EXPECT_EQ(client.status().files, 0u);
    expectFds(world, client, before - 1); // the session's own went, too
}

RawBus::Call preserveCall(const std::string& path, std::uint32_t index, std::uint32_t announced, std::vector<int> fds) {
    return {.path = path,
            .interface = sessionInterface,
            .member = "Preserve",
            .signature = "a(htsa{sv})",
            .body = preserveBody(index, 1),
            .announced = announced,
            .fds = std::move(fds)};
}

TEST_F(BadInput, AMessageWithoutTheFilesItAnnounces) {
    const Unchanged guard(world, client);
    const pid_t pid = world.luod().pid();
    EXPECT_EQ(RawBus(world.address()).call(preserveCall(vm1, 0, 1, {})), "hung up"); // that is the bus's own doing
    const UniqueFd file = memfdWith("x");
    for (const std::uint32_t index : {1U, 7U, 0xffffffffU}) {
        const std::string error = RawBus(world.address()).call(preserveCall(vm1, index, 1, {file.get()}));
        EXPECT_EQ(error, "org.freedesktop.DBus.Error.InconsistentMessage") << index; // sd-bus sees it
    }
    EXPECT_NE(RawBus(world.address()).call(preserveCall(vm1, 0, 0, {})), "");
    EXPECT_EQ(world.luod().pid(), pid);
}

TEST_F(BadInput, AMessageOfTheWrongShape) {
    const Unchanged guard(world, client);
    RawBus raw(world.address());
    const std::string text = Marshal().string("x").bytes();
    EXPECT_EQ(
        raw.call({.path = vm1, .interface = sessionInterface, .member = "Preserve", .signature = "s", .body = text}),
        "org.freedesktop.DBus.Error.InvalidArgs");
    EXPECT_EQ(
        raw.call({.path = vm1, .interface = sessionInterface, .member = "NoSuchMethod", .signature = "", .body = ""}),
        "org.freedesktop.DBus.Error.UnknownMethod");
    EXPECT_EQ(raw.call({.path = "/org/luod1/session/01x",
                        .interface = sessionInterface,
                        .member = "Open",
                        .signature = "",
                        .body = ""}),
              "org.freedesktop.DBus.Error.UnknownObject");
}

// The same call with everything right, so that the two above say something.
TEST_F(BadInput, AMessageMadeByHandIsUnderstood) {
    const UniqueFd file = memfdWith("x");
    EXPECT_EQ(RawBus(world.address()).call(preserveCall(vm1, 0, 1, {file.get()})), "");
    EXPECT_THAT(client.picture(), testing::HasSubstr("1 '' memfd preserved 1"));
}

TEST_F(BadInput, SessionsThatAreGoneOrGoTheOtherWay) {
    const UniqueFd file = memfdWith("x");
    UniqueFd back;
    const std::string vm2 = client.made("vm2");
    expectDone(client.preserve(vm2, file.get(), 1));
    {
        const Unchanged guard(world, client);
        expectRefused(client.finish(vm1), "WrongDirection", "'vm1' is outgoing; this is for incoming ones");
        expectRefused(client.retrieve(vm2, 1, back), "WrongDirection", "is outgoing");
    }
    world.luod().kexec();
    client.status(); // luod opens some more for its first caller
    const std::size_t before = world.luodFds();
    {
        const Unchanged guard(world, client);
        const UniqueFd other = memfdWith("y");
        expectRefused(client.preserve(vm2, other.get(), 2), "WrongDirection", "is incoming; this is for outgoing ones");
        expectRefused(client.takeOut(vm2, 1), "WrongDirection", "is incoming");
        expectRefused(client.retrieve(vm2, 2, back), "NoSuchFile", "no file 2");
        expectRefused(client.retrieve(vm2, "ram", back), "NoSuchFile", "no file 'ram'");
    }
    expectDone(client.retrieve(vm2, 1, back));
    EXPECT_EQ(contentOf(back.get()), "x");
    expectDone(client.finish(vm2));
    expectDone(client.discard(vm1));
    for (const std::string& gone : {vm1, vm2}) {
        EXPECT_EQ(client.finish(gone).error, "org.freedesktop.DBus.Error.UnknownObject");
        EXPECT_EQ(client.discard(gone).error, "org.freedesktop.DBus.Error.UnknownObject");
        EXPECT_EQ(client.preserve(gone, file.get(), 1).error, "org.freedesktop.DBus.Error.UnknownObject");
        EXPECT_EQ(client.retrieve(gone, 1, back).error, "org.freedesktop.DBus.Error.UnknownObject");
    }
    expectFds(world, client, before - 2); // those of the two sessions
}

TEST_F(BadInput, NothingIsForAChildOfLuods) {
    const UniqueFd a = memfdWith("a"), b = memfdWith("b");
    UniqueFd back;
    expectDone(client.preserve(vm1, {{a.get(), 1, "", {}}, {b.get(), 2, "", {}}}));
    EXPECT_THAT(world.luodFdsForItsChildren(), testing::IsEmpty());
    expectDone(client.takeOut(vm1, 2));
    EXPECT_THAT(world.luodFdsForItsChildren(), testing::IsEmpty());
    EXPECT_TRUE(UniqueFd(luod_borrow(client.get(), vm1.c_str())));
    EXPECT_THAT(world.luodFdsForItsChildren(), testing::IsEmpty());
    world.luod().kill();
    EXPECT_THAT(world.luodFdsForItsChildren(), testing::IsEmpty());
    world.luod().kexec();
    expectDone(client.retrieve(vm1, 1, back));
    EXPECT_THAT(world.luodFdsForItsChildren(), testing::IsEmpty());
}

TEST_F(BadInput, AClientThatVanishesInTheMiddle) {
    const std::size_t before = world.luodFds();
    ASSERT_EQ(luod_subscribe(client.get()), 0);
    world.fault("preserve:delay=300ms");
    const UniqueFd file = memfdWith("x");
    {
        RawBus vanishing(world.address());
        EXPECT_EQ(vanishing.call({.path = "/org/luod1",
                                  .interface = "org.luod1.Manager",
                                  .member = "Subscribe",
                                  .signature = "",
                                  .body = ""}),
                  "");
        vanishing.sendOnly(preserveCall(vm1, 0, 1, {file.get()}));
    }
    const luod_event* event = nullptr;
    do
        ASSERT_EQ(luod_wait_event(client.get(), 10'000'000, &event), 1);
    while (event->type != LUOD_EVENT_FILE_PRESERVED);
    EXPECT_EQ(event->token, 1u);
    world.noFaults();
    expectFds(world, client, before + 1); // luod holds the file, for TakeOut
    expectDone(client.takeOut(vm1, 1));
    expectFds(world, client, before);
}

} // namespace
} // namespace luod::tests
