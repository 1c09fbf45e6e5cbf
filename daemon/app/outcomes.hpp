// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How many updates ended how, ever: the ledger remembers only the last ones. Kept on disk beside the reports; where that
// is lost, counting begins anew and nothing else suffers.

#include "core/update_log.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace luod::app {

class Outcomes {
public:
    // Counts those that are over and were not counted yet, so that it may be called at any time, also by the next luod.
    void count(const core::UpdateLog& log);
    const std::map<std::string, std::uint64_t>& totals() const { return totals_; }

    std::string toJson() const;
    static Outcomes fromJson(const std::string& text); // what is not one is an empty one

private:
    using Id = std::pair<std::string, std::uint64_t>; // uuid and beginning: two attempts with one image have the same uuid

    std::map<std::string, std::uint64_t> totals_;
    std::deque<Id> counted_; // the last ones, as many as a ledger remembers
};

} // namespace luod::app
