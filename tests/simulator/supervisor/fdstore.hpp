// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace luosim {

class FdKeeper;

/// A descriptor that was put away, until this object goes.
class StoredFd {
public:
    StoredFd() = default;
    StoredFd(Fd own, std::shared_ptr<std::size_t> ownCount);
    StoredFd(std::shared_ptr<FdKeeper> keeper, int number);
    StoredFd(StoredFd&& other) noexcept { swap(other); }
    StoredFd& operator=(StoredFd&& other) noexcept {
        swap(other);
        return *this;
    }
    ~StoredFd();

    explicit operator bool() const { return own_ || keeper_; }
    /// A copy of it: the same open file description. Empty with errno set when there is no room for one.
    Fd borrow() const;

private:
    void swap(StoredFd& other) noexcept;
    Fd own_;
    std::shared_ptr<std::size_t> ownCount_;
    std::shared_ptr<FdKeeper> keeper_;
    int number_ = -1;
};

/// Holds more descriptors than the limit of one process allows: what does not fit goes to threads with descriptor
/// tables of their own, for the limit counts in each table anew. So who may not raise it can keep a hundred thousand
/// files nevertheless.
class FdStore {
public:
    /// At most so many in each table; without a number, what the limit leaves, and here a quarter of it.
    explicit FdStore(std::optional<std::size_t> each = std::nullopt) : each_(each) {}

    /// Empty when it cannot be put away; then `fd` is as it was.
    StoredFd put(Fd& fd);

private:
    std::shared_ptr<FdKeeper> keeperWithRoom();
    std::size_t room() const;
    std::optional<std::size_t> each_;
    std::shared_ptr<std::size_t> ownCount_ = std::make_shared<std::size_t>(0);
    std::vector<std::weak_ptr<FdKeeper>> keepers_;
};

} // namespace luosim
