// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fd_store.hpp"

#include <algorithm>
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace luod::tests {

// Whether both are one open file. Kernels without kcmp: whether they are one inode, which is all systemd asks then too.
static bool sameFile(int a, int b) {
    const long order = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
    return order <= 0; // 0: the same; -1: cannot be asked, and the caller found the inodes to be equal
}

FdStore::Answer FdStore::add(core::UniqueFd fd, std::string name, bool poll) {
    struct stat status {};
    if (fstat(fd.get(), &status) < 0)
        return Answer::BadFd;
    if (entries_.size() >= capacity_)
        return Answer::Full;
    for (const Entry& entry : entries_)
        if (entry.device == status.st_dev && entry.inode == status.st_ino && sameFile(entry.fd.get(), fd.get()))
            return Answer::AlreadyThere;
    entries_.push_front({std::move(fd), std::move(name), status.st_dev, status.st_ino});
    if (poll)
        loop_.watch(entries_.front().fd.get(), 0, [this, entry = entries_.begin()] { drop(entry); });
    return Answer::Stored;
}

std::list<FdStore::Entry>::iterator FdStore::drop(std::list<Entry>::iterator entry) {
    loop_.forget(entry->fd.get());
    return entries_.erase(entry);
}

std::size_t FdStore::remove(std::string_view name) {
    const std::size_t before = entries_.size();
    for (auto entry = entries_.begin(); entry != entries_.end();)
        entry = entry->name == name ? drop(entry) : std::next(entry);
    return before - entries_.size();
}

void FdStore::clear() {
    while (!entries_.empty())
        drop(entries_.begin());
}

std::string FdStore::names() const {
    std::string all;
    for (const Entry& entry : entries_)
        all.append(&entry == &entries_.front() ? "" : ":").append(entry.name);
    return all;
}

bool FdStore::validName(std::string_view name) {
    return name.size() <= 255 && std::ranges::all_of(name, [](char c) { return c >= ' ' && c < 127 && c != ':'; });
}

} // namespace luod::tests
