// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/handlers/vfio.hpp"
#include "../model/luo.hpp"
#include "fd.hpp"
#include "fds.hpp"

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace luosim {

/// What stands behind a descriptor that the simulator gave out.
struct DeviceHandle {};
struct SessionHandle {
    model::SessionId session;
    std::string name; ///< as it was asked for; needs no call into the kernel
};
using VfioHandle = std::shared_ptr<model::VfioFile>;
using IommufdHandle = std::shared_ptr<model::IommufdFile>;
using Handle = std::variant<DeviceHandle, SessionHandle, VfioHandle, IommufdHandle>;

/// The descriptors given out. Each is the read end of a pipe, known again by its inode wherever it is dup'ed, sent or
/// inherited to; the write end stays here and tells when the last reference is gone.
class Handles {
public:
    Handles();

    /// The read end to give away; the caller closes its own copy.
    std::expected<Fd, int> create(Handle handle);
    /// One more read end for a file that was given out before, or its first.
    std::expected<Fd, int> share(const VfioHandle& file);
    std::expected<Fd, int> share(const IommufdHandle& file);

    const Handle* find(const FileId& id) const;
    /// Descriptor number fd of a thread, if it is one of these.
    const Handle* find(pid_t thread, int fd) const;

    /// Those of which the last reference is gone since the last time.
    std::vector<Handle> takeClosed();
    /// After a reboot nobody is left, and no close is to be noticed.
    void forgetAll();

    /// Readable when takeClosed() has something.
    int watchFd() const { return watch_.get(); }
    std::size_t count() const { return entries_.size(); }
    /// All that anybody still holds: a program here, or the kernel for the next one.
    std::vector<VfioHandle> vfioFiles();

private:
    struct Entry {
        Fd writeEnd;
        Handle handle;
    };
    template <typename File> std::expected<Fd, int> shareFile(const std::shared_ptr<File>& file);

    Fd watch_;
    std::map<FileId, Entry> entries_;
    std::vector<std::weak_ptr<model::VfioFile>> vfioFiles_;
};

} // namespace luosim
