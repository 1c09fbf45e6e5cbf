// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/held_list.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <type_traits>
#include <unistd.h>
#include <vector>

namespace luod::platform {

using core::Errno;
using core::UniqueFd;

static_assert(std::is_trivially_copyable_v<HeldEntry>);

namespace {

Errno<HeldEntry> entryOf(const Held& held, SessionNameOf nameOf) {
    HeldEntry entry{.fd = held.fd};
    if (held.storeName.empty() || held.storeName.size() >= entry.storeName.size())
        return std::unexpected(EINVAL);
    std::ranges::copy(held.storeName, entry.storeName.begin());
    struct stat found {};
    if (::fstat(held.fd, &found) < 0)
        return std::unexpected(errno);
    entry.device = found.st_dev;
    entry.inode = found.st_ino;
    if (!nameOf(held.fd, entry.kernelName.data(), entry.kernelName.size()))
        entry.kernelName.fill('\0');
    return entry;
}

Errno<> writeAll(int file, const std::vector<HeldEntry>& entries) {
    const char* from = reinterpret_cast<const char*>(entries.data());
    for (std::size_t left = entries.size() * sizeof(HeldEntry); left > 0;) {
        ssize_t written = ::write(file, from, left);
        if (written < 0)
            return std::unexpected(errno);
        from += written;
        left -= static_cast<std::size_t>(written);
    }
    return {};
}

} // namespace

Errno<UniqueFd> writeHeldList(std::span<const Held> all, std::span<const int> kept, SessionNameOf nameOf) {
    std::vector<HeldEntry> entries;
    for (const Held& held : all) {
        auto entry = entryOf(held, nameOf);
        if (!entry)
            return std::unexpected(entry.error());
        entries.push_back(*entry);
    }
    UniqueFd file(::memfd_create("luod-held", MFD_CLOEXEC));
    if (!file)
        return std::unexpected(errno);
    for (int fd : kept)
        entries.push_back({.fd = fd});
    entries.push_back({.fd = file.get()});
    std::ranges::sort(entries, {}, &HeldEntry::fd);
    if (auto written = writeAll(file.get(), entries); !written)
        return std::unexpected(written.error());
    return file;
}

bool readHeld(int list, std::size_t index, HeldEntry& entry) noexcept {
    return ::pread(list, &entry, sizeof entry, static_cast<off_t>(index * sizeof entry)) == ssize_t(sizeof entry);
}

bool isStill(const HeldEntry& entry, SessionNameOf nameOf) noexcept {
    struct stat found {};
    if (::fstat(entry.fd, &found) < 0 || found.st_dev != entry.device || found.st_ino != entry.inode)
        return false;
    std::array<char, sizeof entry.kernelName> name{};
    return !entry.kernelName[0] || (nameOf(entry.fd, name.data(), name.size()) && name == entry.kernelName);
}

void closeAllBut(int list) noexcept {
    HeldEntry entry;
    int next = 0; // the lowest not looked at
    for (std::size_t index = 0; readHeld(list, index, entry); ++index) {
        if (entry.fd > next)
            ::syscall(SYS_close_range, next, entry.fd - 1, 0);
        next = std::max(next, entry.fd + 1);
    }
    ::syscall(SYS_close_range, next, ~0u, 0);
}

} // namespace luod::platform
