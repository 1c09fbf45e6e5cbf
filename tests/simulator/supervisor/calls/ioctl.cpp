// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../../model/ioctl.hpp"
#include "abi.hpp"
#include "request.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace luosim {
namespace {

using model::IoctlKind;
using model::IoctlOp;

/// The bytes behind what this kernel knows must be zero, however many there are.
int checkTail(const Memory& memory, Address from, std::uint64_t size) {
    std::array<std::byte, 4096> buffer;
    while (size > 0) {
        const auto length = std::min<std::uint64_t>(size, buffer.size());
        const auto chunk = std::span(buffer).first(length);
        if (const int error = memory.read(from, chunk))
            return error;
        if (std::ranges::any_of(chunk, [](std::byte b) { return b != std::byte{0}; }))
            return E2BIG;
        from += length;
        size -= length;
    }
    return 0;
}

/// The kernel's copy_struct_from_user(): first the tail, then what is known.
template <typename Struct> int readStruct(const Memory& memory, Address from, std::uint32_t userSize, Struct& object) {
    if (userSize > sizeof object) {
        if (const int error = checkTail(memory, from + sizeof object, userSize - sizeof object))
            return error;
    }
    return memory.readObject(from, object);
}

/// Finds a page that cannot be written before anything is done that cannot be undone.
template <typename Struct> int probe(const Call& call, const Struct& unchanged) {
    return call.memory().writeObject(call.argument(2), unchanged);
}

template <typename Struct> Outcome respond(const Call& call, const Struct& object) {
    const int error = call.memory().writeObject(call.argument(2), object);
    return error ? failed(error) : Outcome(0);
}

std::string_view field(const abi::SessionName& name) {
    return {reinterpret_cast<const char*>(name.data()), name.size()};
}

std::string text(const abi::SessionName& name) {
    return std::string(field(name).substr(0, field(name).find('\0')));
}

/// The model's answer to a name, as a descriptor written into the caller's struct.
Outcome giveSession(Machine& machine, const Call& call, const abi::NamedSession& arguments,
                    const model::Result<model::SessionId>& session) {
    if (!session)
        return failed(session.error());
    const auto end = machine.handles().create(SessionHandle{*session, text(arguments.name)});
    if (!end)
        return failed(end.error());
    // From here on every failure drops the last read end, which is the kernel's fput(): the session is closed again.
    if (const int error = probe(call, arguments))
        return failed(error);
    const auto number = call.addFd(end->get(), true);
    if (!number) {
        machine.kernel().undoRetrieveSession(*session);
        return failed(number.error());
    }
    auto answer = arguments;
    answer.fd = *number;
    return respond(call, answer);
}

template <typename Struct>
std::variant<Outcome, Struct> admit(Machine& machine, const Call& call, const IoctlOp& op, bool retrieved,
                                    std::uint32_t userSize) {
    if (const auto admitted = model::admitIoctl(machine.kernel().profile().rules, op, retrieved, userSize); !admitted)
        return failed(admitted.error());
    Struct arguments = {};
    if (const int error = readStruct(call.memory(), call.argument(2), userSize, arguments))
        return failed(error);
    return arguments;
}

Decoded preserve(Machine& machine, const SessionHandle& session, const abi::SessionFd& arguments) {
    auto perform = [&machine, id = session.session, arguments](const Call& call) -> Outcome {
        const auto file = machine.fileOf(call.thread(), arguments.fd);
        if (const auto kept = machine.kernel().preserveFd(id, arguments.token, file); !kept)
            return failed(kept.error());
        if (const auto memfd = std::dynamic_pointer_cast<HostMemfd>(file))
            memfd->putAway();
        return respond(call, arguments);
    };
    return Request{model::Point::preserve, session.name, arguments.token,
                   "preserve fd " + std::to_string(arguments.fd) + " as token " + std::to_string(arguments.token) +
                       " in session " + inQuotes(session.name),
                   perform};
}

Decoded retrieve(Machine& machine, const SessionHandle& session, const abi::SessionFd& arguments) {
    auto perform = [&machine, id = session.session, arguments](const Call& call) -> Outcome {
        const auto file = machine.kernel().retrieveFd(id, arguments.token);
        if (!file)
            return failed(file.error());
        if (const int error = probe(call, arguments))
            return failed(error);
        const auto number = giveFile(machine, call, *file);
        if (!number)
            return failed(number.error());
        auto answer = arguments;
        answer.fd = *number;
        return respond(call, answer);
    };
    return Request{model::Point::retrieve, session.name, arguments.token,
                   "retrieve token " + std::to_string(arguments.token) + " from session " + inQuotes(session.name),
                   perform};
}

Decoded finish(Machine& machine, const SessionHandle& session, const abi::Finish& arguments) {
    auto perform = [&machine, id = session.session, arguments](const Call& call) -> Outcome {
        if (arguments.reserved)
            return failed(EINVAL);
        if (const auto finished = machine.kernel().finish(id); !finished)
            return failed(finished.error());
        return respond(call, arguments);
    };
    return Request{model::Point::finish, session.name, {}, "finish session " + inQuotes(session.name), perform};
}

Decoded getName(Machine& machine, const SessionHandle& session, const abi::GetName& arguments) {
    auto perform = [&machine, id = session.session, arguments](const Call& call) -> Outcome {
        if (arguments.reserved)
            return failed(EINVAL);
        const auto name = machine.kernel().getName(id);
        if (!name)
            return failed(name.error());
        auto answer = arguments;
        // Behind the end of the name the caller's bytes stay.
        std::memcpy(answer.name.data(), name->c_str(), std::min(name->size() + 1, answer.name.size()));
        return respond(call, answer);
    };
    return Request{model::Point::getName, session.name, {}, "name of session " + inQuotes(session.name), perform};
}

} // namespace

Decoded decodeDeviceIoctl(Machine& machine, const Call& call) {
    const auto command = static_cast<std::uint32_t>(call.argument(1));
    if (!model::deviceIoctlInRange(command))
        return failed(EINVAL);
    std::uint32_t userSize;
    if (const int error = call.memory().readObject(call.argument(2), userSize))
        return failed(error);
    const auto op = model::findDeviceIoctl(command);
    if (!op)
        return failed(op.error());
    auto admitted = admit<abi::NamedSession>(machine, call, *op, false, userSize);
    if (auto* refused = std::get_if<Outcome>(&admitted))
        return *refused;
    const auto arguments = std::get<abi::NamedSession>(admitted);
    const bool create = op->kind == IoctlKind::createSession;
    auto perform = [&machine, arguments, create](const Call& caller) {
        auto& kernel = machine.kernel();
        return giveSession(machine, caller, arguments,
                           create ? kernel.createSession(field(arguments.name))
                                  : kernel.retrieveSession(field(arguments.name)));
    };
    return Request{create ? model::Point::createSession : model::Point::retrieveSession,
                   text(arguments.name),
                   {},
                   (create ? "create session " : "retrieve session ") + inQuotes(text(arguments.name)),
                   perform};
}

Decoded decodeSessionIoctl(Machine& machine, const Call& call, const SessionHandle& session) {
    const auto command = static_cast<std::uint32_t>(call.argument(1));
    const auto& rules = machine.kernel().profile().rules;
    if (!model::sessionIoctlInRange(rules, command))
        return failed(EINVAL);
    std::uint32_t userSize;
    if (const int error = call.memory().readObject(call.argument(2), userSize))
        return failed(error);
    const auto op = model::findSessionIoctl(rules, command);
    if (!op)
        return failed(op.error());
    const bool retrieved = machine.kernel().sessionRetrieved(session.session);
    const auto go = [&]<typename Struct>(Decoded (*then)(Machine&, const SessionHandle&, const Struct&)) -> Decoded {
        auto admitted = admit<Struct>(machine, call, *op, retrieved, userSize);
        if (auto* refused = std::get_if<Outcome>(&admitted))
            return *refused;
        return then(machine, session, std::get<Struct>(admitted));
    };
    switch (op->kind) {
    case IoctlKind::preserveFd:
        return go(preserve);
    case IoctlKind::retrieveFd:
        return go(retrieve);
    case IoctlKind::finish:
        return go(finish);
    case IoctlKind::getName:
        return go(getName);
    default:
        return failed(EINVAL);
    }
}

Decoded decodeIoctl(Machine& machine, const Call& call) {
    const Handle* handle = machine.handles().find(call.thread(), call.intArgument(0));
    if (!handle)
        return failed(passOn);
    if (const auto* session = std::get_if<SessionHandle>(handle))
        return decodeSessionIoctl(machine, call, *session);
    if (std::holds_alternative<DeviceHandle>(*handle))
        return decodeDeviceIoctl(machine, call);
    return decodeVfioIoctl(machine, call, *handle);
}

} // namespace luosim
