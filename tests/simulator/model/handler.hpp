// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The interface of a file handler: the kernel's struct liveupdate_file_ops, one virtual function for each callback.

#include "file.hpp"

#include <any>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace luosim::model {

/// A handler's opaque handle to what it saved (the kernel passes a u64 that is mostly a physical address).
using Blob = std::any;

/// What a handler may ask about the session its file is in. Dependencies are named by token and never cross sessions.
class SessionFiles {
public:
    virtual ~SessionFiles() = default;
    /// The token under which `file` is preserved in this outgoing session.
    virtual std::optional<std::uint64_t> tokenOf(const File& file) const = 0;
    /// The file behind a token of this incoming session, retrieved now if it was not yet.
    virtual Result<FileRef> incomingFile(std::uint64_t token) = 0;
};

class Flb;

/// The shared objects a handler may use, and only while one of its callbacks runs (kernel: liveupdate_flb_get_incoming
/// and _outgoing with their put). Errors as in Kernel::flbIncoming and Kernel::flbOutgoing.
class FlbObjects {
public:
    virtual ~FlbObjects() = default;
    virtual Result<Blob*> incoming(const Flb& flb) = 0;
    virtual Result<Blob*> outgoing(const Flb& flb) = 0;
};

/// The kernel's struct liveupdate_file_op_args.
struct FileOpArgs {
    SessionFiles& session;
    FlbObjects& flbs;
    FileRef file;           ///< null in the next kernel until retrieved
    Blob& data;             ///< serialized_data: set by preserve, may be changed by freeze, read by all others
    int retrieveStatus = 0; ///< 0 not tried, 1 done, else the negative errno that stays
};

/// The kernel's struct liveupdate_file_handler and its ops. In order of a file's life.
class FileHandler {
public:
    FileHandler(std::string compatible, std::string owner)
        : compatible_(std::move(compatible)), owner_(std::move(owner)) {}
    FileHandler(const FileHandler&) = delete;
    FileHandler& operator=(const FileHandler&) = delete;
    virtual ~FileHandler() = default;

    const std::string& compatible() const { return compatible_; } ///< compared exactly by the next kernel
    const std::string& owner() const { return owner_; }           ///< the module that is pinned while a file is held

    virtual bool canPreserve(const File& file) const = 0;
    /// What makes two files the same one to this handler (kernel: get_id; default is the struct file).
    virtual std::uint64_t getId(const File& file) const { return file.fileId(); }
    virtual Status preserve(FileOpArgs& args) = 0;
    virtual void unpreserve(FileOpArgs& args) = 0;
    virtual Status freeze(FileOpArgs&) { return {}; }
    virtual void unfreeze(FileOpArgs&) {}
    virtual Result<FileRef> retrieve(FileOpArgs& args) = 0;
    virtual bool canFinish(FileOpArgs&) { return true; }
    virtual void finish(FileOpArgs& args) = 0;

    /// Not in the kernel, where memory survives by itself: what `args.data` becomes by the jump.
    virtual Blob carry(FileOpArgs& args) { return args.data; }

private:
    std::string compatible_;
    std::string owner_;
};

} // namespace luosim::model
