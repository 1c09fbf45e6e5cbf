// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace luod::core {

// Every way a request can fail. Closed: each maps to one D-Bus error and one exit code of luoctl (proto/errors.hpp, which
// keeps the same order).
enum class Errc : std::uint8_t {
    InvalidArgument,
    NoSuchSession,
    NoSuchFile,
    AccessDenied,
    Unavailable,
    Busy,
    NameTaken,
    TokenTaken,
    AlreadyPreserved,
    LimitReached,
    KindNotSupported,
    KernelRefused,
    WrongDirection,
    CannotTakeOut,
    Lost,
    LedgerTrouble,
    CheckFailed,
    Inhibited,
    UpdateUnderWay,
    NoSuchUpdate,
    FileInvalid,
};

struct Error {
    Errc code;
    std::string words; // for a person: what happened and what to do next
    int err = 0;       // the kernel's errno where it was the kernel that said no
};

template <typename T = void> using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string words, int err = 0) {
    return std::unexpected(Error{code, std::move(words), err});
}

} // namespace luod::core
