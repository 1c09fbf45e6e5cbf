// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What core needs of the world. Implemented in kernel/ and platform/, faked in the tests. Core itself makes no system call.

#include "core/error.hpp"
#include "core/session.hpp"
#include "core/unique_fd.hpp"

#include <expected>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luod::core {

template <typename T = void> using Errno = std::expected<T, int>; // the error is an errno

// The Live Update Orchestrator. One call is one ioctl; those on the device open and close it. Called from worker threads.
class Luo {
public:
    virtual ~Luo() = default;
    virtual Errno<UniqueFd> createSession(const std::string& kernelName) = 0;
    virtual Errno<UniqueFd> retrieveSession(const std::string& kernelName) = 0;
    virtual Errno<> preserve(int session, int fd, Token token) = 0;
    virtual Errno<UniqueFd> retrieve(int session, Token token) = 0;
    virtual Errno<> finish(int session) = 0;
    // Whether an outgoing session holds a file under this token. Changes nothing.
    virtual Errno<bool> holds(int session, Token token) = 0;
    // Whether this kernel hands a memfd's seals over, for sure. One that does not says nothing and drops them.
    virtual bool carriesSeals(int session) = 0;
};

// The service manager's fd store: what lies in it survives luod. Messages once sent survive their sender.
class FdStore {
public:
    virtual ~FdStore() = default;
    virtual Errno<> store(const std::string& name, int fd) = 0;
    virtual void remove(const std::string& name) = 0;
    // Returns when the service manager has acted on all that was sent. Blocks: for worker threads.
    virtual Errno<> settle() = 0;
    virtual std::size_t capacity() const = 0;
};

// The bytes of one ledger: of fixed size, zero where nothing was written.
class LedgerBytes {
public:
    virtual ~LedgerBytes() = default;
    virtual std::size_t size() const = 0;
    virtual Errno<> write(std::size_t offset, std::string_view bytes) = 0;
    virtual Errno<std::string> read() const = 0; // all of it
    virtual int fd() const = 0;
};
class LedgerMaker {
public:
    virtual ~LedgerMaker() = default;
    virtual Errno<std::unique_ptr<LedgerBytes>> make(std::size_t size) = 0;      // a new memfd
    virtual Errno<std::unique_ptr<LedgerBytes>> adopt(UniqueFd fd) = 0;          // one that came back
};

// Looks at an fd without any call that its file could block.
class FileInspector {
public:
    virtual ~FileInspector() = default;
    struct Finding {
        FileKind kind = FileKind::Unknown;
        bool readable = false, writable = false;
        std::uint32_t seals = 0;
        std::uint64_t size = 0;
        FileIdentity identity;
        std::string pciAddress, driver;
        std::string path; // what /proc shows for it
        Device device;
    };
    virtual Errno<Finding> inspect(int fd) = 0;
    // The VFIO device of that PCI function; only what says which device it is.
    virtual Errno<Finding> findVfio(const std::string& pciAddress) = 0;
    virtual bool isThere(const Device& device) = 0; // one that was found once; whoever sees one go: Custodian::lookAfterDevices()
    virtual UniqueFd duplicate(int fd) = 0; // close-on-exec; empty where there is no room
};

// Where a job waits for its turn, and for whom it is done; luod's own have no owner.
struct Turn {
    Turn(SessionId key, std::optional<uid_t> owner = {}) : key(key), owner(owner) {}

    SessionId key;
    std::optional<uid_t> owner;
};

// Threads beside the loop. Jobs with the same key run one after the other in the order given, and no owner has all the
// threads; `done` runs on the loop.
class Workers {
public:
    virtual ~Workers() = default;
    virtual void run(Turn turn, std::function<void()> job, std::function<void()> done) = 0;
};

} // namespace luod::core
