// SPDX-License-Identifier: LGPL-2.1-or-later
#include "handover.hpp"

#include <algorithm>
#include <array>

namespace luoctl {
namespace {

// The numbers are apart from those that errors have: a script can tell "all is lost" from "luod cannot be asked".
constexpr std::array rows{
    HandoverRow{"done", 0, "what luod held came over"},
    HandoverRow{"none", 1, "this boot was not handed anything"},
    HandoverRow{"partial", 20, "some sessions could not be retrieved and are lost"},
    HandoverRow{"unreadable", 21, "something was handed over that this kernel could not read; all is lost"},
    HandoverRow{"refused", 22, "the kernel was replaced but took nothing over; all is lost"},
    HandoverRow{"no-device", 23, "the kernel was replaced by one without live update; all is lost"},
    HandoverRow{"cold-boot", 24, "an update was about to happen and the machine booted cold instead; all is lost"},
};

} // namespace

std::span<const HandoverRow> handovers() {
    return rows;
}

const HandoverRow* handoverRow(std::string_view word) {
    auto at = std::ranges::find(rows, word, &HandoverRow::word);
    return at == rows.end() ? nullptr : &*at;
}

} // namespace luoctl
