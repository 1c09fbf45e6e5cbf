// SPDX-License-Identifier: LGPL-2.1-or-later
#include "memory.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace luosim {
namespace {

std::size_t pageSize() {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

/// The longest piece from here that stays in one page: a call that crosses into a bad page may move nothing at all.
std::size_t piece(Address at, std::size_t wanted) {
    return std::min(wanted, pageSize() - static_cast<std::size_t>(at % pageSize()));
}

using Mover = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

int move(Mover mover, pid_t thread, Address there, std::byte* here, std::size_t size) {
    while (size > 0) {
        const std::size_t length = piece(there, size);
        const iovec local = {here, length};
        const iovec remote = {reinterpret_cast<void*>(there), length};
        if (mover(thread, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(length))
            return EFAULT;
        there += length;
        here += length;
        size -= length;
    }
    return 0;
}

} // namespace

int Memory::read(Address from, std::span<std::byte> into) const {
    return move(process_vm_readv, thread_, from, into.data(), into.size());
}

int Memory::write(Address to, std::span<const std::byte> from) const {
    return move(process_vm_writev, thread_, to, const_cast<std::byte*>(from.data()), from.size());
}

std::expected<std::string, int> Memory::readString(Address from, std::size_t limit) const {
    std::string text;
    while (text.size() < limit) {
        const std::size_t length = std::min(piece(from + text.size(), limit - text.size()), std::size_t{256});
        char buffer[256];
        if (const int error = read(from + text.size(), std::as_writable_bytes(std::span(buffer, length))))
            return std::unexpected(error);
        const auto* end = static_cast<const char*>(std::memchr(buffer, 0, length));
        text.append(buffer, end ? static_cast<std::size_t>(end - buffer) : length);
        if (end)
            return text;
    }
    return std::unexpected(ENAMETOOLONG);
}

} // namespace luosim
