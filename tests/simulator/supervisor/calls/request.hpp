// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../../model/fault.hpp"
#include "../../model/result.hpp"
#include "../machine.hpp"
#include "../notify.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace luosim {

/// How a call ends: its value, an errno, model::callBlocks, or passOn.
using Outcome = model::Result<std::int64_t>;

/// Not for the simulator: the kernel shall do it.
inline constexpr int passOn = -2;

inline Outcome failed(int error) {
    return std::unexpected(error);
}
inline Outcome outcomeOf(const model::Status& status) {
    return status ? Outcome(0) : failed(status.error());
}

/// A call of the live update, read and understood but not yet done: what faults can delay, kill and count.
struct Request {
    model::Point point;
    std::string session;
    std::optional<std::uint64_t> token;
    std::string words; ///< for the trace: what is asked
    std::function<Outcome(const Call&)> perform;
};

/// Reading a call has no effect. Either it is answered at once, or it waits for its turn as a Request.
using Decoded = std::variant<Outcome, Request>;

Decoded decode(Machine& machine, const Call& call);

// One for each family of calls.
Decoded decodeOpen(Machine& machine, const Call& call);
Decoded decodeStat(Machine& machine, const Call& call);
Decoded decodeReadlink(Machine& machine, const Call& call);
Decoded decodeFstatfs(Machine& machine, const Call& call);
Decoded decodeResize(Machine& machine, const Call& call);
Decoded decodeIoctl(Machine& machine, const Call& call);
Decoded decodeDeviceIoctl(Machine& machine, const Call& call);
Decoded decodeSessionIoctl(Machine& machine, const Call& call, const SessionHandle& session);
Decoded decodeVfioIoctl(Machine& machine, const Call& call, const Handle& handle);
Decoded decodeKexecFileLoad(Machine& machine, const Call& call);
Decoded decodeKexecLoad(Machine& machine, const Call& call);
Decoded decodeReboot(Machine& machine, const Call& call);
Decoded decodeSocket(Machine& machine, const Call& call);
Decoded decodeBind(Machine& machine, const Call& call);

/// Gives the caller a descriptor for something new. When that fails the handle falls back to the machine at once.
Outcome giveHandle(Machine& machine, const Call& call, Handle handle, bool closeOnExec);

/// Gives the caller a descriptor of a file that the model returned.
Outcome giveFile(Machine& machine, const Call& call, const model::FileRef& file);

} // namespace luosim
