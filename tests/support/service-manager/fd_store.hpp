// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "loop.hpp"

#include <list>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace luod::tests {

// A unit's file descriptor store, with systemd's rules.
class FdStore {
public:
    struct Entry {
        core::UniqueFd fd;
        std::string name;
        dev_t device;
        ino_t inode;
    };
    enum class Answer { Stored, AlreadyThere, Full, BadFd };

    FdStore(Loop& loop, std::size_t capacity) : loop_(loop), capacity_(capacity) {}
    ~FdStore() { clear(); }

    // In systemd's order: a full store refuses even what it holds already; the same open file is held once, under the
    // name it came with first. With `poll`, the entry goes when its file reports a hang-up or an error.
    Answer add(core::UniqueFd fd, std::string name, bool poll);
    std::size_t remove(std::string_view name); // all of that name
    void clear();

    std::size_t capacity() const { return capacity_; }
    const std::list<Entry>& entries() const { return entries_; } // the newest first, as systemd hands them out
    std::string names() const;                                   // as in LISTEN_FDNAMES
    static bool validName(std::string_view name);

private:
    std::list<Entry>::iterator drop(std::list<Entry>::iterator entry);

    Loop& loop_;
    std::size_t capacity_;
    std::list<Entry> entries_;
};

} // namespace luod::tests
