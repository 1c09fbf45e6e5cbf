// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

/// Writes down the order in which it is called.
class Diary final : public FileHandler {
public:
    explicit Diary(std::vector<std::string>& lines) : FileHandler("diary-v1", "diary"), lines_(lines) {}
    bool canPreserve(const File&) const override { return true; }
    Status preserve(FileOpArgs& args) override {
        args.data = args.file->fileId();
        return note("preserve", args);
    }
    void unpreserve(FileOpArgs& args) override { (void)note("unpreserve", args); }
    Status freeze(FileOpArgs& args) override {
        (void)note("freeze", args);
        return args.file->fileId() == refuses ? Status(fail(EAGAIN)) : Status{};
    }
    void unfreeze(FileOpArgs& args) override { (void)note("unfreeze", args); }
    Result<FileRef> retrieve(FileOpArgs& args) override {
        return std::make_shared<PlainFile>(std::any_cast<std::uint64_t>(args.data));
    }
    void finish(FileOpArgs& args) override { (void)note("finish", args); }

    std::uint64_t refuses = 0;

private:
    Status note(const char* what, FileOpArgs& args) {
        const auto* id = std::any_cast<std::uint64_t>(&args.data);
        lines_.push_back(std::string(what) + " " + std::to_string(id ? *id : 0));
        return {};
    }
    std::vector<std::string>& lines_;
};

using Lines = std::vector<std::string>;

struct Order : testing::Test {
    Lines lines;
    std::shared_ptr<Diary> diary = std::make_shared<Diary>(lines);
    Kernel kernel{*findProfile("7.3")};
    SessionId a = 0;
    void SetUp() override {
        ASSERT_TRUE(kernel.registerFileHandler(diary));
        ASSERT_TRUE(kernel.openDevice());
        a = *kernel.createSession("a");
        const SessionId b = *kernel.createSession("b");
        const SessionId c = *kernel.createSession("c");
        for (auto [session, id] : {std::pair{a, 1}, {a, 2}, {b, 3}, {b, 4}, {c, 5}, {c, 6}})
            ASSERT_TRUE(kernel.preserveFd(session, id, std::make_shared<PlainFile>(id)));
        lines.clear();
    }
};

TEST_F(Order, FreezeGoesForward) {
    EXPECT_TRUE(kernel.freeze());
    EXPECT_EQ((Lines{"freeze 1", "freeze 2", "freeze 3", "freeze 4", "freeze 5", "freeze 6"}), lines);
}

TEST_F(Order, ARefusalThawsSessionsBackwardAndTheirFilesForward) {
    diary->refuses = 6;
    const State before = kernel.state();
    EXPECT_EQ(EAGAIN, code(kernel.freeze()));
    EXPECT_EQ((Lines{"freeze 1", "freeze 2", "freeze 3", "freeze 4", "freeze 5", "freeze 6", "unfreeze 5", "unfreeze 3",
                     "unfreeze 4", "unfreeze 1", "unfreeze 2"}),
              lines);
    State after = kernel.state();
    after.log = before.log;
    EXPECT_EQ(before, after);
    EXPECT_FALSE(kernel.frozen());
    diary->refuses = 0;
    EXPECT_EQ(0, code(kernel.freeze())) << "and it can be tried again";
}

TEST_F(Order, UnpreserveAndFinishGoBackward) {
    EXPECT_TRUE(kernel.closeSession(a));
    EXPECT_EQ((Lines{"unpreserve 2", "unpreserve 1"}), lines);
    ASSERT_TRUE(kernel.freeze());
    Kernel next(*findProfile("7.3"), kernel.jump(KexecImage::kexecFileLoad));
    ASSERT_TRUE(next.registerFileHandler(diary));
    ASSERT_TRUE(next.openDevice());
    const SessionId b = *next.retrieveSession("b");
    lines.clear();
    EXPECT_TRUE(next.finish(b));
    EXPECT_EQ((Lines{"finish 4", "finish 3"}), lines);
}

TEST(Freeze, BlocksEverythingOnStrictKernels) {
    Machine m;
    const SessionId s = m.create("a");
    ASSERT_TRUE(m.kernel.freeze());
    EXPECT_EQ(callBlocks, code(m.kernel.preserveFd(s, 1, makeMemfd())));
    EXPECT_EQ(callBlocks, code(m.kernel.createSession("b")));
    EXPECT_EQ(callBlocks, code(m.kernel.retrieveSession("b")));
    EXPECT_EQ(callBlocks, code(m.kernel.getName(s)));
    EXPECT_EQ(callBlocks, code(m.kernel.closeSession(s)));
    EXPECT_EQ(callBlocks, code(m.kernel.freeze()));
    EXPECT_EQ(EINVAL, code(m.kernel.createSession(""))) << "names are looked at before";
    EXPECT_EQ(EINVAL, code(m.kernel.finish(s))) << "and so is the session's type";
    m.kernel.releaseDevice();
    EXPECT_EQ(0, code(m.kernel.openDevice()));
}

TEST(Freeze, WhatComesAfterItIsLostOnLaxKernels) {
    Machine m("7.0");
    const SessionId s = m.create("a");
    auto file = makeMemfd();
    ASSERT_TRUE(m.kernel.preserveFd(s, 1, file));
    ASSERT_TRUE(m.kernel.preserveFd(s, 2, makeMemfd()));
    ASSERT_TRUE(m.kernel.freeze());
    EXPECT_EQ(0, code(m.kernel.preserveFd(s, 3, makeMemfd())));
    m.create("b");
    Kernel next(*findProfile("7.0"), m.kernel.jump(KexecImage::kexecFileLoad));
    ASSERT_TRUE(next.loadModule(memfdModule(next.profile())));
    ASSERT_TRUE(next.openDevice());
    EXPECT_EQ(ENOENT, code(next.retrieveSession("b")));
    const SessionId in = *next.retrieveSession("a");
    EXPECT_EQ(0, code(next.retrieveFd(in, 1)));
    EXPECT_EQ(ENOENT, code(next.retrieveFd(in, 3)));
}

TEST(Freeze, ASessionClosedAfterItLeavesOnlyItsRecordOnLaxKernels) {
    Machine m("7.0");
    const SessionId s = m.create("a");
    ASSERT_TRUE(m.kernel.preserveFd(s, 1, makeMemfd()));
    ASSERT_TRUE(m.kernel.freeze());
    ASSERT_TRUE(m.kernel.closeSession(s));
    Kernel next(*findProfile("7.0"), m.kernel.jump(KexecImage::kexecFileLoad));
    ASSERT_TRUE(next.loadModule(memfdModule(next.profile())));
    ASSERT_TRUE(next.openDevice());
    EXPECT_EQ(EINVAL, code(next.retrieveFd(*next.retrieveSession("a"), 1)));
}

TEST(Freeze, NeedsAnImage) {
    Machine m;
    EXPECT_EQ(EINVAL, code(m.kernel.freeze(KexecImage::none)));
    EXPECT_FALSE(m.kernel.frozen());
}

TEST(Freeze, FaultsChooseTheFile) {
    Machine m;
    const SessionId s = m.create("a");
    ASSERT_TRUE(m.kernel.preserveFd(s, 1, makeMemfd()));
    ASSERT_TRUE(m.kernel.preserveFd(s, 2, makeMemfd()));
    m.inject("reboot:freeze:token=2:nth=1:errno=EBUSY");
    const State before = m.state();
    EXPECT_EQ(EBUSY, code(m.kernel.freeze()));
    EXPECT_EQ(before, m.state());
    EXPECT_EQ(0, code(m.kernel.freeze()));
}

TEST(Jump, KexecLoadFreezesWellAndHandsNothingOver) {
    Machine m;
    m.create("a");
    ASSERT_TRUE(m.reboot("", KexecImage::kexecLoad));
    EXPECT_EQ(Arrival::cold, m.kernel.arrival());
    EXPECT_EQ(0, m.openResult);
    EXPECT_EQ(ENOENT, code(m.kernel.retrieveSession("a")));
}

TEST(Jump, PowerLossIsAColdBoot) {
    Machine m;
    m.create("a");
    m.inject("kexec:nth=1:power-loss");
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(Arrival::cold, m.kernel.arrival());
    m.create("a");
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(Arrival::accepted, m.kernel.arrival());
}

TEST(Jump, TheOldKernelsFilesDieWithIt) {
    Machine m;
    auto file = makeMemfd();
    const std::weak_ptr<FakeMemfd> watch = file;
    ASSERT_TRUE(m.kernel.preserveFd(m.create("a"), 1, std::move(file)));
    ASSERT_TRUE(m.reboot());
    EXPECT_TRUE(watch.expired());
}

TEST(Jump, MemoryIsFreedWhenNobodyCanTakeIt) {
    Machine m;
    ASSERT_TRUE(m.kernel.preserveFd(m.create("a"), 1, makeMemfd()));
    const long before = FakeRemains::alive;
    ASSERT_TRUE(m.kernel.freeze());
    Handover handover = m.kernel.jump(KexecImage::kexecFileLoad);
    EXPECT_EQ(before + 1, FakeRemains::alive);
    const Kernel refuses(*findProfile("7.0"), std::move(handover));
    EXPECT_EQ(before, FakeRemains::alive);
}

TEST(Jump, UnretrievedMemoryIsFreedByFinish) {
    Machine m;
    ASSERT_TRUE(m.kernel.preserveFd(m.create("a"), 1, makeMemfd()));
    ASSERT_TRUE(m.kernel.preserveFd(m.create("b"), 1, makeMemfd()));
    const long before = FakeRemains::alive;
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(before + 2, FakeRemains::alive);
    EXPECT_EQ(0, code(m.kernel.finish(m.retrieve("a"))));
    EXPECT_EQ(before + 1, FakeRemains::alive);
    ASSERT_TRUE(m.reboot());
    EXPECT_EQ(before, FakeRemains::alive) << "a second kexec loses what nobody asked for";
}

} // namespace
} // namespace luosim::model
