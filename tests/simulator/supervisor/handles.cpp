// SPDX-License-Identifier: LGPL-2.1-or-later
#include "handles.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace luosim {

Handles::Handles() : watch_(epoll_create1(EPOLL_CLOEXEC)) {}

std::expected<Fd, int> Handles::create(Handle handle) {
    int ends[2];
    // Not blocking: a program that reads from a session must not hang for ever.
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return std::unexpected(errno);
    Fd readEnd(ends[0]);
    Fd writeEnd(ends[1]);
    const auto id = fileId(readEnd.get());
    // No events asked for: what always comes is EPOLLERR, when the last reader has gone.
    epoll_event watched = {};
    watched.data.fd = writeEnd.get();
    if (!id || epoll_ctl(watch_.get(), EPOLL_CTL_ADD, writeEnd.get(), &watched) != 0)
        return std::unexpected(errno);
    if (const auto* file = std::get_if<VfioHandle>(&handle))
        vfioFiles_.push_back(*file);
    entries_.insert_or_assign(*id, Entry{std::move(writeEnd), std::move(handle)});
    return readEnd;
}

template <typename File> std::expected<Fd, int> Handles::shareFile(const std::shared_ptr<File>& file) {
    for (const auto& [id, entry] : entries_) {
        const auto* known = std::get_if<std::shared_ptr<File>>(&entry.handle);
        if (known && *known == file)
            return reopen(entry.writeEnd.get(), O_RDONLY | O_NONBLOCK);
    }
    return create(file);
}

std::expected<Fd, int> Handles::share(const VfioHandle& file) {
    return shareFile(file);
}
std::expected<Fd, int> Handles::share(const IommufdHandle& file) {
    return shareFile(file);
}

const Handle* Handles::find(const FileId& id) const {
    const auto entry = entries_.find(id);
    return entry == entries_.end() ? nullptr : &entry->second.handle;
}

const Handle* Handles::find(pid_t thread, int fd) const {
    const auto id = fileIdOf(thread, fd);
    return id ? find(*id) : nullptr;
}

std::vector<Handle> Handles::takeClosed() {
    std::vector<Handle> closed;
    std::array<epoll_event, 64> events;
    int count;
    while ((count = epoll_wait(watch_.get(), events.data(), events.size(), 0)) > 0) {
        for (int i = 0; i < count; ++i) {
            const auto id = fileId(events[static_cast<std::size_t>(i)].data.fd);
            const auto entry = id ? entries_.find(*id) : entries_.end();
            if (entry == entries_.end())
                continue;
            closed.push_back(std::move(entry->second.handle));
            entries_.erase(entry);
        }
    }
    return closed;
}

void Handles::forgetAll() {
    entries_.clear();
}

std::vector<VfioHandle> Handles::vfioFiles() {
    std::erase_if(vfioFiles_, [](const auto& file) { return file.expired(); });
    std::vector<VfioHandle> files;
    for (const auto& file : vfioFiles_)
        files.push_back(file.lock());
    return files;
}

} // namespace luosim
