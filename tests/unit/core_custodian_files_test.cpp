// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Said = std::vector<std::string>;

class FilesTest : public testing::Test {
protected:
    void SetUp() override {
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
        id = *life->create(1, "a");
        life->events.take();
    }
    void limit(auto member, std::size_t value) {
        Limits limits = life->custodian->limits();
        limits.*member = value;
        life->custodian->setLimits(limits);
    }
    // An offer of something that the inspector finds to be this.
    Offer found(Token token, FileInspector::Finding finding) {
        Offer given = offer(token, "x");
        finding.identity = identityOf(given.fd.get());
        world.inspector.findings[given.fd.get()] = finding;
        return given;
    }
    const std::map<Token, File>& files() { return life->registry.find(id)->files; }
    FakeLuo::KernelSession& kernel() { return *world.luo.find(kernelName(1, "a"), false); }

    World world{};
    std::unique_ptr<Life> life;
    SessionId id = 0;
};

TEST_F(FilesTest, PreservesFilesWithAllThatIsKnownOfThem) {
    Metadata metadata{{"slot", std::uint32_t(3)}};
    ASSERT_TRUE(life->preserve(id, offers(offer(7, "ram of the guest", "ram", metadata), offer(8, "more"))));
    EXPECT_EQ(life->events.take(), Said{"preserved a: 7 8"});
    ASSERT_EQ(files().size(), 2u);
    const File& ram = files().at(7);
    EXPECT_EQ(ram.name, "ram");
    EXPECT_EQ(ram.kind, FileKind::Memfd);
    EXPECT_EQ(ram.state, FileState::Preserved);
    EXPECT_EQ(ram.size, 16u);
    EXPECT_FALSE(ram.byOwner);
    EXPECT_EQ(ram.metadata, metadata);
    EXPECT_EQ(contentOf(kernel().files.at(7).get()), "ram of the guest");
    EXPECT_EQ(life->registry.usage(1).bytes, 20u);
}

TEST_F(FilesTest, RemembersWhatAVfioDeviceIs) {
    ASSERT_TRUE(life->preserve(id, offers(found(1, {.kind = FileKind::VfioCdev,
                                                    .readable = true,
                                                    .writable = true,
                                                    .pciAddress = "0000:01:00.0",
                                                    .driver = "vfio-pci"}))));
    EXPECT_EQ(files().at(1).pciAddress, "0000:01:00.0");
    EXPECT_EQ(files().at(1).driver, "vfio-pci");
}

TEST_F(FilesTest, AnEmptyCallIsAnError) {
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->preserve(id, {}), "no files"));
}

TEST_F(FilesTest, HundredsOfFilesInOneCallGoInWithTwoWrites) {
    std::vector<Offer> many;
    for (Token token = 0; token < 300; ++token)
        many.push_back(offer(token, "x"));
    auto writes = FakeLedgerBytes::writes;
    ASSERT_TRUE(life->preserve(id, std::move(many)));
    EXPECT_EQ(FakeLedgerBytes::writes, writes + 2) << "the intent and the outcome";
    EXPECT_EQ(kernel().files.size(), 300u);
}

TEST_F(FilesTest, RefusesTakenTokensAndNames) {
    ASSERT_TRUE(life->preserve(id, offers(offer(1, "x", "ram"))));
    auto fds = openFds();
    EXPECT_TRUE(failsWith(Errc::TokenTaken, life->preserve(id, offers(offer(1, "y")))));
    EXPECT_TRUE(failsWith(Errc::TokenTaken, life->preserve(id, offers(offer(2, "y"), offer(2, "z")))));
    EXPECT_TRUE(failsWith(Errc::NameTaken, life->preserve(id, offers(offer(2, "y", "ram"))), "under token 1"));
    EXPECT_TRUE(
        failsWith(Errc::NameTaken, life->preserve(id, offers(offer(2, "y", "n"), offer(3, "z", "n"))), "two files"));
    EXPECT_EQ(files().size(), 1u);
    EXPECT_EQ(openFds(), fds);
}

TEST_F(FilesTest, RefusesBadNamesAndMetadata) {
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->preserve(id, offers(offer(1, "x", "a/b"))), "file name"));
    EXPECT_TRUE(
        failsWith(Errc::InvalidArgument, life->preserve(id, offers(offer(1, "x", {}, {{"", true}}))), "metadata key"));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->preserve(id, offers(offer(1, "x", {}, {{"k\n", true}})))));
    limit(&Limits::metadataBytes, 10);
    EXPECT_TRUE(life->preserve(id, offers(offer(1, "x", {}, {{"k", std::string(9, 'v')}}))));
    auto answer = life->preserve(id, offers(offer(2, "x", {}, {{"k", std::string(10, 'v')}})));
    EXPECT_TRUE(failsWith(Errc::LimitReached, answer, "MaxMetadataBytes="));
    EXPECT_FALSE(files().contains(2));
}

TEST_F(FilesTest, RefusesWhatIsNotAnOpenFile) {
    Offer closed = offer(1, "x");
    ::close(closed.fd.get());
    int number = closed.fd.get();
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->preserve(id, offers(std::move(closed))), "not an open file"))
        << number;
    EXPECT_TRUE(files().empty());
}

TEST_F(FilesTest, RefusesMemoryThatIsNotOpenForBoth) {
    for (auto kind : {FileKind::Memfd, FileKind::HugetlbMemfd, FileKind::Tmpfile})
        for (auto [readable, writable] : {std::pair{true, false}, {false, true}}) {
            auto answer =
                life->preserve(id, offers(found(1, {.kind = kind, .readable = readable, .writable = writable})));
            EXPECT_TRUE(failsWith(Errc::InvalidArgument, answer, "opened for both"));
        }
    EXPECT_TRUE(life->preserve(id, offers(found(1, {.kind = FileKind::Eventfd, .readable = true}))));
}

TEST_F(FilesTest, RefusesSealsThatKernelsDoNotCarry) {
    auto sealed = [&](std::uint32_t seals) {
        static Token token = 0;
        return life->preserve(
            id, offers(found(++token, {.kind = FileKind::Memfd, .readable = true, .writable = true, .seals = seals})));
    };
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, sealed(0x40), "seals"));
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, sealed(0x1000)));
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, sealed(0x20), "MFD_NOEXEC_SEAL"));
    EXPECT_TRUE(sealed(0x1f));
    EXPECT_TRUE(sealed(0x28)) << "sealed against writing anyhow";
    EXPECT_EQ(files().begin()->second.seals, 0x1fu);
}

TEST_F(FilesTest, RefusesSealsOnAKernelThatMightDropThem) {
    world.luo.seals = false;
    const auto memory = [&](Token token, std::uint32_t seals) {
        return found(token, {.kind = FileKind::Memfd, .readable = true, .writable = true, .seals = seals});
    };
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, life->preserve(id, offers(memory(1, 0x1), memory(2, 0x9), memory(3, 0))),
                          "file 2 cannot be preserved: it carries seals"));
    EXPECT_EQ(files().size(), 1u) << "what every memfd has comes back from any kernel";
    EXPECT_TRUE(kernel().files.contains(1));
    EXPECT_FALSE(kernel().files.contains(2));
}

TEST_F(FilesTest, RefusesAFileThatIsHeldAlready) {
    auto file = memfd("x");
    auto again = [&](Token token) {
        return Offer{.fd = dupOf(file.get()), .token = token, .name = {}, .metadata = {}};
    };
    EXPECT_TRUE(failsWith(Errc::AlreadyPreserved, life->preserve(id, offers(again(1), again(2))), "in the call twice"));
    ASSERT_TRUE(life->preserve(id, offers(again(1))));
    EXPECT_TRUE(failsWith(Errc::AlreadyPreserved, life->preserve(id, offers(again(2)))));
    EXPECT_TRUE(failsWith(Errc::AlreadyPreserved, life->preserve(*life->create(2, "b"), offers(again(2)))));
    ASSERT_TRUE(life->discard(id));
    world.store.catchUp();
    EXPECT_TRUE(life->preserve(life->find(2, "b")->id, offers(again(2))));
}

TEST_F(FilesTest, HoldsSessionsUsersAndAllToTheirLimits) {
    limit(&Limits::filesPerSession, 2);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(id, offers(offer(1, "1"), offer(2, "2"), offer(3, "3"))),
                          "MaxFilesPerSession="));
    ASSERT_TRUE(life->preserve(id, offers(offer(1, "1"), offer(2, "2"))));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(id, offers(offer(3, "3"))), "MaxFilesPerSession="));
    limit(&Limits::filesPerUser, 3);
    auto b = *life->create(1, "b");
    ASSERT_TRUE(life->preserve(b, offers(offer(1, "1"))));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(b, offers(offer(2, "2"))), "MaxFilesPerUser="));
    limit(&Limits::filesPerUser, 0);
    auto root = *life->create(0, "root");
    ASSERT_TRUE(life->preserve(root, offers(offer(1, "1")))) << "root is bound by the total only";
    limit(&Limits::files, 4);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->preserve(root, offers(offer(2, "2"))), "MaxFiles="));
}

TEST_F(FilesTest, AKernelThatRefusesOneKeepsTheOnesBeforeIt) {
    auto files = offers(offer(1, "1"), offer(2, "2"), offer(3, "3", "pipe"), offer(4, "4"));
    world.luo.unsupported.insert(identityOf(files[2].fd.get()));
    auto answer = life->preserve(id, std::move(files));
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, answer, "file 3 'pipe'"));
    EXPECT_EQ(answer.error().err, ENOENT);
    EXPECT_EQ(life->events.take(), Said{"preserved a: 1 2"});
    EXPECT_EQ(this->files().size(), 2u);
    EXPECT_EQ(this->files().at(2).state, FileState::Preserved);
    EXPECT_EQ(kernel().files.size(), 2u);
    EXPECT_TRUE(life->preserve(id, offers(offer(3, "3", "pipe")))) << "token and name are free again";
}

TEST_F(FilesTest, AKernelThatRefusesTheFirstKeepsNothing) {
    auto fds = openFds();
    world.script.fail("preserve", EOPNOTSUPP);
    EXPECT_TRUE(failsWith(Errc::KindNotSupported, life->preserve(id, offers(offer(1, "x"), offer(2, "y"))), "file 1"));
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(life->events.take().empty());
    EXPECT_EQ(openFds(), fds);
}

TEST_F(FilesTest, AsksNothingOfTheKernelThatIsNotWrittenDown) {
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->preserve(id, offers(offer(1, "x")))));
    EXPECT_TRUE(files().empty());
    EXPECT_TRUE(kernel().files.empty());
}

TEST_F(FilesTest, WhatTheKernelTookIsSoEvenIfItCannotBeWrittenDown) {
    world.script.fail("write", EIO, 1);
    ASSERT_TRUE(life->preserve(id, offers(offer(1, "x"))));
    EXPECT_EQ(files().at(1).state, FileState::Preserved);
    life = std::make_unique<Life>(world);
    ASSERT_TRUE(life->start());
    EXPECT_EQ(files().at(1).state, FileState::Preserved) << "the kernel was asked";
}

TEST_F(FilesTest, IsForOutgoingSessionsThatExist) {
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->preserve(99, offers(offer(1, "x")))));
    life.reset();
    world.kexec(false);
    life = std::make_unique<Life>(world);
    ASSERT_TRUE(life->start());
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->preserve(id, offers(offer(1, "x"))), "is incoming"));
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->notePreserved(id, offers(claim(1)))));
}

TEST_F(FilesTest, NotesWhatTheOwnerPreservedOnALentSession) {
    auto lent = *life->custodian->open(id);
    auto file = memfd("guest");
    ASSERT_TRUE(world.luo.preserve(lent->get(), file.get(), 5));
    ASSERT_TRUE(life->notePreserved(id, offers(claim(5, "gpu"))));
    EXPECT_EQ(life->events.take(), Said{"preserved a: 5"});
    EXPECT_TRUE(files().at(5).byOwner);
    EXPECT_EQ(files().at(5).kind, FileKind::VfioCdev);
    EXPECT_EQ(files().at(5).size, 7u);
}

TEST_F(FilesTest, NotesAllThatIsClaimedOrNothing) {
    auto lent = *life->custodian->open(id);
    auto file = memfd("guest");
    ASSERT_TRUE(world.luo.preserve(lent->get(), file.get(), 5));
    auto answer = life->notePreserved(id, offers(claim(5), claim(6)));
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, answer, "preserve first"));
    EXPECT_TRUE(files().empty());
    world.script.fail("holds", EIO);
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->notePreserved(id, offers(claim(5)))));
    EXPECT_TRUE(life->notePreserved(id, offers(claim(5))));
}

TEST_F(FilesTest, AnnotatesAndRenames) {
    ASSERT_TRUE(life->preserve(id, offers(offer(1, "x", "one"), offer(2, "y", "two"))));
    life->events.take();
    ASSERT_TRUE(life->custodian->annotate(id, 1, "uno", {{"k", 1.5}}));
    EXPECT_EQ(life->events.take(), Said{"changed a"});
    EXPECT_EQ(files().at(1).name, "uno");
    EXPECT_EQ(files().at(1).metadata.size(), 1u);
    EXPECT_TRUE(life->custodian->annotate(id, 1, "uno", {})) << "its own name is not taken";
    EXPECT_TRUE(life->custodian->annotate(id, 1, "", {}));
    EXPECT_TRUE(failsWith(Errc::NameTaken, life->custodian->annotate(id, 1, "two", {})));
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->custodian->annotate(id, 9, "n", {})));
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->custodian->annotate(99, 1, "n", {})));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->custodian->annotate(id, 1, "\x7f", {})));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->custodian->annotate(id, 1, "n", {{"a/b", true}})));
    limit(&Limits::metadataBytes, 3);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->custodian->annotate(id, 1, "n", {{"abc", true}})));
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->custodian->annotate(id, 1, "n", {})));
    EXPECT_EQ(files().at(1).name, "");
}

} // namespace
} // namespace luod::test
