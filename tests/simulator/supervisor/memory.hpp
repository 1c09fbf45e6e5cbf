// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace luosim {

/// An address in a supervised program.
using Address = std::uint64_t;

/// Reads and writes another program's memory under its own page protections: read-only pages stay read-only.
class Memory {
public:
    explicit Memory(pid_t thread) : thread_(thread) {}

    /// All of it or EFAULT, as copy_from_user() and copy_to_user() would say.
    int read(Address from, std::span<std::byte> into) const;
    int write(Address to, std::span<const std::byte> from) const;

    /// A string of at most limit bytes with its end; else EFAULT or ENAMETOOLONG.
    std::expected<std::string, int> readString(Address from, std::size_t limit) const;

    template <typename T> int readObject(Address from, T& object) const {
        return read(from, std::as_writable_bytes(std::span(&object, 1)));
    }
    template <typename T> int writeObject(Address to, const T& object) const {
        return write(to, std::as_bytes(std::span(&object, 1)));
    }

private:
    pid_t thread_;
};

} // namespace luosim
