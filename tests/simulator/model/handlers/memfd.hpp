// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// memfd: shmem files without a name. Size fixed and holes filled at preserve, seals taken at preserve, position at
// freeze, content at the jump. The close-on-exec flag and the name do not travel.

#include "../flb.hpp"
#include "../handler.hpp"
#include "../profile.hpp"

namespace luosim::model {

class MemfdHandler : public FileHandler {
public:
    /// Strings and whether seals travel are the profile's.
    explicit MemfdHandler(const Profile& profile);
    MemfdHandler(std::string compatible, std::string owner, FileKind kind, bool seals);

    bool canPreserve(const File& file) const override;
    std::uint64_t getId(const File& file) const override { return file.inodeId(); }
    Status preserve(FileOpArgs& args) override;
    void unpreserve(FileOpArgs& args) override;
    Status freeze(FileOpArgs& args) override;
    Result<FileRef> retrieve(FileOpArgs& args) override;
    void finish(FileOpArgs& args) override;
    Blob carry(FileOpArgs& args) override;

private:
    FileKind kind_;
    bool seals_;
};

/// memfds of huge pages: the same, and they need the pool they came from, which is an FLB.
class HugetlbHandler final : public MemfdHandler {
public:
    explicit HugetlbHandler(std::shared_ptr<Flb> pool)
        : MemfdHandler("hugetlb-v1", "hugetlb", FileKind::hugetlbMemfd, true), pool_(std::move(pool)) {}

    Result<FileRef> retrieve(FileOpArgs& args) override;

private:
    std::shared_ptr<Flb> pool_;
};

} // namespace luosim::model
