// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Files as LUO sees them: open file descriptions it may hold a reference to. The model never looks into one; who uses
// the model brings the content by implementing MemfdFile and MemfdRemains.

#include "result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace luosim::model {

/// What a handler's can_preserve looks at. `other` is everything that no handler takes (a socket, a pipe, a regular
/// file).
enum class FileKind { other, memfd, hugetlbMemfd, iommufd, vfioCdev, vfioGroup };

/// The kernel's struct file. Holding the FileRef is holding the reference that PRESERVE_FD takes with fget().
class File {
public:
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual ~File() = default;

    virtual FileKind kind() const { return FileKind::other; }
    /// One open file description: the same for every dup of it, different for every open().
    virtual std::uint64_t fileId() const = 0;
    /// The inode (device number folded in): the same for every open() of one memfd.
    virtual std::uint64_t inodeId() const { return fileId(); }
    /// For people, in the dump.
    virtual std::string label() const { return {}; }
};
using FileRef = std::shared_ptr<File>;

/// The memory of a memfd while no kernel runs, and then until somebody retrieves it. Destroyed unretrieved = thrown
/// away.
class MemfdRemains {
public:
    MemfdRemains() = default;
    MemfdRemains(const MemfdRemains&) = delete;
    MemfdRemains& operator=(const MemfdRemains&) = delete;
    virtual ~MemfdRemains() = default;

    /// Make a memfd of it: the first `size` bytes, with these seals and this position. Called at most once.
    virtual Result<FileRef> restore(std::uint64_t size, unsigned seals, std::uint64_t position) = 0;
};

/// A shmem file (memfd_create, or an unlinked file on tmpfs), or with kind() hugetlbMemfd one of huge pages.
class MemfdFile : public File {
public:
    FileKind kind() const override { return FileKind::memfd; }
    /// A shmem file that still has a name is not taken (kernel: i_nlink must be 0).
    virtual bool unlinked() const { return true; }
    virtual std::uint64_t size() const = 0;
    virtual unsigned seals() const = 0; ///< F_GET_SEALS
    virtual std::uint64_t position() const = 0;
    /// While preserved the size is fixed: growing, shrinking and punching holes fail with EPERM (kernel: shmem_freeze).
    virtual void fixSize(bool fixed) = 0;
    /// Put real pages where there are holes, as pinning does. An error here fails PRESERVE_FD.
    virtual Status fillHoles() = 0;
    /// The jump: whatever stands in memory now is what the next kernel finds.
    virtual std::shared_ptr<MemfdRemains> snapshot() = 0;
};

/// A file nobody handles, for whoever needs one to show that PRESERVE_FD says ENOENT.
class PlainFile final : public File {
public:
    explicit PlainFile(std::uint64_t id, FileKind kind = FileKind::other) : id_(id), kind_(kind) {}
    FileKind kind() const override { return kind_; }
    std::uint64_t fileId() const override { return id_; }

private:
    std::uint64_t id_;
    FileKind kind_;
};

} // namespace luosim::model
