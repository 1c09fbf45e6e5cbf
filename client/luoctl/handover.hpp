// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The words for what became of a handover: one row each, for people and for scripts.

#include <span>
#include <string_view>

namespace luoctl {

struct HandoverRow {
    std::string_view word;
    int exitCode; // of is-restored
    std::string_view meaning;
};

std::span<const HandoverRow> handovers();
// nullptr for a word that only a newer luod knows.
const HandoverRow* handoverRow(std::string_view word);

} // namespace luoctl
