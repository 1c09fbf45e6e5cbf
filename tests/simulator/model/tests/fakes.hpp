// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Files made of a string, and a machine that goes through kernels.

#include "../handlers/memfd.hpp"
#include "../handlers/standard.hpp"
#include "../luo.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>

namespace luosim::model {

inline std::uint64_t nextFileId() {
    static std::uint64_t last = 0;
    return ++last;
}

/// What two opens of one memfd share.
struct FakeInode {
    std::uint64_t id = nextFileId();
    std::string content;
    unsigned seals = 0;
    bool fixed = false;
    bool filled = false;
    bool unlinked = true;
    FileKind kind = FileKind::memfd;
    std::uint64_t claimedSize = 0; ///< pretend to be larger than the content
};

class FakeMemfd final : public MemfdFile {
public:
    explicit FakeMemfd(std::shared_ptr<FakeInode> inode) : inode(std::move(inode)) {}

    FileKind kind() const override { return inode->kind; }
    std::uint64_t fileId() const override { return id; }
    std::uint64_t inodeId() const override { return inode->id; }
    std::string label() const override { return "fake"; }
    bool unlinked() const override { return inode->unlinked; }
    std::uint64_t size() const override { return inode->claimedSize ? inode->claimedSize : inode->content.size(); }
    unsigned seals() const override { return inode->seals; }
    std::uint64_t position() const override { return offset; }
    void fixSize(bool fixed) override { inode->fixed = fixed; }
    Status fillHoles() override {
        if (failFill)
            return fail(failFill);
        inode->filled = true;
        return {};
    }
    std::shared_ptr<MemfdRemains> snapshot() override;

    std::uint64_t id = nextFileId();
    std::shared_ptr<FakeInode> inode;
    std::uint64_t offset = 0;
    int failFill = 0;
};

class FakeRemains final : public MemfdRemains {
public:
    FakeRemains(std::string content, FileKind kind) : content_(std::move(content)), kind_(kind) { ++alive; }
    ~FakeRemains() override { --alive; }
    static inline long alive = 0;

    Result<FileRef> restore(std::uint64_t size, unsigned seals, std::uint64_t position) override {
        auto inode = std::make_shared<FakeInode>();
        inode->content = content_.substr(0, size);
        inode->seals = seals;
        inode->kind = kind_;
        auto file = std::make_shared<FakeMemfd>(inode);
        file->offset = position;
        return file;
    }

private:
    std::string content_;
    FileKind kind_;
};

inline std::shared_ptr<MemfdRemains> FakeMemfd::snapshot() {
    return std::make_shared<FakeRemains>(inode->content, inode->kind);
}

inline std::shared_ptr<FakeMemfd> makeMemfd(std::string content = "data", FileKind kind = FileKind::memfd) {
    auto inode = std::make_shared<FakeInode>();
    inode->content = std::move(content);
    inode->kind = kind;
    return std::make_shared<FakeMemfd>(inode);
}

inline const FakeMemfd& asMemfd(const FileRef& file) {
    return dynamic_cast<const FakeMemfd&>(*file);
}

/// 0 when it went well: EXPECT_EQ(EBUSY, code(...)) reads like the errno table it checks.
template <class T> int code(const Result<T>& result) {
    return result ? 0 : result.error();
}

/// A machine with all handlers there are, booted cold, the device open.
class Machine {
public:
    explicit Machine(const std::string& profile = "7.3") : kernel(*findProfile(profile), {}, &faults) { start(); }

    void start() {
        std::vector<Module> modules{memfdModule(kernel.profile())};
        if (withHugetlb)
            modules.push_back(hugetlbModule(kernel.profile()));
        for (Module& module : vfioModules(bus))
            modules.push_back(std::move(module));
        for (Module& module : modules) {
            for (const auto& link : module.flbs)
                flbs[link.flb->compatible()] = std::static_pointer_cast<SharedFlb>(link.flb);
            (void)kernel.loadModule(std::move(module));
        }
        openResult = code(kernel.openDevice());
    }

    /// Freeze, jump, boot the next kernel. False when the freeze was refused.
    bool reboot(const std::string& profile = "", KexecImage image = KexecImage::kexecFileLoad) {
        return rebootInto(profile.empty() ? kernel.profile() : *findProfile(profile), image);
    }
    bool rebootInto(Profile profile, KexecImage image = KexecImage::kexecFileLoad) {
        freezeResult = code(kernel.freeze(image));
        if (freezeResult)
            return false;
        Handover handover = kernel.jump(image);
        bus.reboot(!handover.attached);
        kernel = Kernel(std::move(profile), std::move(handover), &faults);
        start();
        return true;
    }

    SessionId create(const std::string& name) {
        auto id = kernel.createSession(name);
        EXPECT_TRUE(id) << name << ": " << code(id);
        return id.value_or(0);
    }
    SessionId retrieve(const std::string& name) {
        auto id = kernel.retrieveSession(name);
        EXPECT_TRUE(id) << name << ": " << code(id);
        return id.value_or(0);
    }
    void inject(const std::string& text) {
        auto fault = parseFault(text);
        ASSERT_TRUE(fault) << fault.error();
        faults.add(*fault);
    }
    long pins(const std::string& module) {
        for (const auto& m : kernel.state().modules)
            if (m.name == module)
                return m.pins;
        return -1;
    }
    FlbState flb(const std::string& compatible) {
        for (const auto& f : kernel.state().flbs)
            if (f.compatible == compatible)
                return f;
        return {};
    }
    /// The state without the log, which remembers what failed.
    State state() {
        State now = kernel.state();
        now.log.clear();
        return now;
    }

    bool withHugetlb = true;
    int openResult = 0;
    int freezeResult = 0;
    FaultTable faults;
    PciBus bus;
    std::map<std::string, std::shared_ptr<SharedFlb>> flbs; ///< this boot's
    Kernel kernel;
};

} // namespace luosim::model
