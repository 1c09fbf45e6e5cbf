// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/file.hpp"
#include "fd.hpp"
#include "fds.hpp"
#include "fdstore.hpp"

#include <memory>
#include <set>

namespace luosim {

/// What all memfds of a machine share.
struct MemfdPool {
    std::set<FileId> fixedSizes; ///< those that may not be resized because they are preserved
    FdStore store;               ///< where the descriptors of the preserved lie
};

/// A memfd of the supervised programs, held by a reference of our own.
class HostMemfd final : public model::MemfdFile {
public:
    HostMemfd(Fd fd, FileId id, model::FileKind kind, std::shared_ptr<MemfdPool> pool);
    HostMemfd(StoredFd stored, FileId id, model::FileKind kind, std::shared_ptr<MemfdPool> pool);
    ~HostMemfd() override;

    /// For as long as one looks at it.
    Fd borrow() const;
    /// From now on it is only held.
    void putAway();

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
    Fd fd_; ///< empty while it is put away
    StoredFd stored_;
    FileId id_;
    model::FileKind kind_;
    std::shared_ptr<MemfdPool> pool_;
};

/// What the model may know of somebody's open file: a memfd, or a file that no handler takes.
model::FileRef describeFile(Fd fd, const std::shared_ptr<MemfdPool>& pool);

} // namespace luosim
