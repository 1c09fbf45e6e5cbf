// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The moments of a report with their times on one axis.

#include "rows.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace luoctl {

class Moments {
public:
    explicit Moments(std::span<const Moment> moments);

    size_t size() const { return moments_.size(); }
    const Moment& at(size_t i) const { return moments_[i]; }
    uint64_t time(size_t i) const { return times_[i]; } // microseconds from the first moment

    std::optional<uint64_t> first(std::string_view what) const;
    std::optional<uint64_t> last(std::string_view what) const;
    // A moment of either kernel that is known by both of its clocks.
    uint64_t timeOf(uint64_t monotonic, uint64_t wall) const;
    // The moment at which the client that was asked there was ready, or late. Two clients may have the same name: the
    // first answer is the first's.
    std::optional<size_t> answerTo(size_t asked) const;
    // When the last client was through; that it was all of them is known once sessions are sealed.
    std::optional<uint64_t> barrierEnd() const;

private:
    uint64_t before(uint64_t monotonic, uint64_t wall) const;
    uint64_t after(const Moment& moment) const;
    uint64_t afterArrival(uint64_t wall) const;

    std::span<const Moment> moments_;
    uint64_t leftWall_ = 0, leftTime_ = 0;
    std::optional<uint64_t> clockBegan_; // wall clock at which the new kernel's monotonic one was 0
    std::vector<uint64_t> times_;
};

} // namespace luoctl
