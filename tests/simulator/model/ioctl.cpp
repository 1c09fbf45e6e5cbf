// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ioctl.hpp"

#include <array>
#include <cerrno>

namespace luosim::model {

namespace {

constexpr std::uint32_t ioctlType = 0xBA;
constexpr std::uint32_t deviceBase = 0x00;
constexpr std::uint32_t sessionBase = 0x40;

constexpr IoctlOp op(IoctlKind kind, std::uint32_t number, std::uint32_t size) {
    // Of every struct the last field known today is also the last one demanded, so both sizes are the same.
    return {kind, ioctlType << 8 | number, size, size};
}

constexpr std::array deviceOps{op(IoctlKind::createSession, 0x00, 72), op(IoctlKind::retrieveSession, 0x01, 72)};
// In the order of their numbers.
constexpr std::array sessionOps{op(IoctlKind::preserveFd, 0x40, 16), op(IoctlKind::retrieveFd, 0x41, 16),
                                op(IoctlKind::finish, 0x42, 8), op(IoctlKind::getName, 0x43, 72)};

std::uint32_t numberOf(std::uint32_t command) {
    return command & 0xff;
}

std::size_t sessionOpCount(const Rules& rules) {
    return rules.hasGetName ? sessionOps.size() : sessionOps.size() - 1;
}

Result<IoctlOp> exactly(const IoctlOp& found, std::uint32_t command) {
    if (found.command != command)
        return fail(ENOTTY);
    return found;
}

} // namespace

bool deviceIoctlInRange(std::uint32_t command) {
    return numberOf(command) - deviceBase < deviceOps.size();
}

bool sessionIoctlInRange(const Rules& rules, std::uint32_t command) {
    return numberOf(command) - sessionBase < sessionOpCount(rules); // below the base it wraps and is out of range too
}

Result<IoctlOp> findDeviceIoctl(std::uint32_t command) {
    if (!deviceIoctlInRange(command))
        return fail(EINVAL);
    return exactly(deviceOps[numberOf(command) - deviceBase], command);
}

Result<IoctlOp> findSessionIoctl(const Rules& rules, std::uint32_t command) {
    if (!sessionIoctlInRange(rules, command))
        return fail(EINVAL);
    return exactly(sessionOps[numberOf(command) - sessionBase], command);
}

Status admitIoctl(const Rules& rules, const IoctlOp& op, bool sessionRetrieved, std::uint32_t userSize) {
    if (rules.sessionTypeChecked) {
        if (op.kind == IoctlKind::preserveFd && sessionRetrieved)
            return fail(EINVAL);
        if ((op.kind == IoctlKind::retrieveFd || op.kind == IoctlKind::finish) && !sessionRetrieved)
            return fail(EINVAL);
    }
    if (userSize < op.minimum)
        return fail(EINVAL);
    return {};
}

} // namespace luosim::model
