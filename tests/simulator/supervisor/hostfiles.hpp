// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/file.hpp"
#include "fd.hpp"
#include "fds.hpp"

#include <memory>
#include <set>

namespace luosim {

/// The memfds whose size may not change because they are preserved.
using FixedSizes = std::set<FileId>;

/// A memfd of the supervised programs, held by a reference of our own.
class HostMemfd final : public model::MemfdFile {
public:
    HostMemfd(Fd fd, FileId id, model::FileKind kind, std::shared_ptr<FixedSizes> fixed);
    ~HostMemfd() override;

    int fd() const { return fd_.get(); }

    model::FileKind kind() const override { return kind_; }
    std::uint64_t fileId() const override { return inodeId(); }
    std::uint64_t inodeId() const override;
    std::string label() const override;
    bool unlinked() const override;
    std::uint64_t size() const override;
    unsigned seals() const override;
    std::uint64_t position() const override;
    void fixSize(bool fixed) override;
    model::Status fillHoles() override;
    std::shared_ptr<model::MemfdRemains> snapshot() override;

private:
    Fd fd_;
    FileId id_;
    model::FileKind kind_;
    std::shared_ptr<FixedSizes> fixed_;
};

/// What the model may know of somebody's open file: a memfd, or a file that no handler takes.
model::FileRef describeFile(Fd fd, const std::shared_ptr<FixedSizes>& fixed);

} // namespace luosim
