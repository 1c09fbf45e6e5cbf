// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/quota.hpp"

#include <array>
#include <fmt/format.h>

namespace luod::core {
namespace {

constexpr std::array rows{
    QuotaRow{Quantity::Sessions, "sessions", "sessions", "finish or discard some", "MaxSessionsPerUser", "MaxSessions",
             &Limits::sessionsPerUser, &Limits::sessions, &Usage::sessions},
    QuotaRow{Quantity::Files, "files", "files", "take out some", "MaxFilesPerUser", "MaxFiles", &Limits::filesPerUser,
             &Limits::files, &Usage::files},
    QuotaRow{Quantity::Bytes, "bytes", "bytes in preserved files", "take out some", "MaxBytesPerUser", "MaxBytes",
             &Limits::bytesPerUser, &Limits::bytes, &Usage::bytes},
    QuotaRow{Quantity::Metadata, "metadata", "bytes of names and metadata", "shorten some", "MaxMetadataPerUser", "MaxMetadata",
             &Limits::metadataPerUser, &Limits::metadata, &Usage::metadata},
    QuotaRow{Quantity::Calls, "calls", "calls being answered", "wait for answers", "MaxCallsPerUser", "MaxCalls",
             &Limits::callsPerUser, &Limits::calls, &Usage::calls},
    QuotaRow{Quantity::Inhibitors, "inhibitors", "locks", "close some", "MaxInhibitorsPerUser", "MaxInhibitors",
             &Limits::inhibitorsPerUser, &Limits::inhibitors, &Usage::inhibitors},
};

constexpr bool isInOrder() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (std::size_t(rows[i].quantity) != i)
            return false;
    return true;
}
static_assert(isInOrder());

bool fits(std::uint64_t used, std::uint64_t more, std::uint64_t limit) { return used <= limit && more <= limit - used; }

Error refusal(const std::string& who, const QuotaRow& row, std::uint64_t used, std::uint64_t more, std::uint64_t limit,
              std::string_view key) {
    return {Errc::LimitReached, fmt::format("{} uses {} {}{} over the limit of {}: {}, or raise {}= in luod.conf", who, used,
                                            row.what, more ? fmt::format(", and {} more would be", more) : ",", limit,
                                            row.instead, key)};
}

} // namespace

std::span<const QuotaRow> quotaRows() { return rows; }

Usage Quotas::used(uid_t user) const {
    Usage usage = registry_.usage(user);
    auto calls = calls_->ofUser.find(user);
    usage.calls = calls == calls_->ofUser.end() ? 0 : calls->second;
    return usage;
}

Usage Quotas::used() const {
    Usage usage = registry_.total();
    usage.calls = calls_->all;
    return usage;
}

std::set<uid_t> Quotas::users() const {
    std::set<uid_t> all = registry_.users();
    for (const auto& [user, calls] : calls_->ofUser)
        all.insert(user);
    return all;
}

Result<> Quotas::room(Quantity quantity, uid_t user, std::uint64_t more, Arriving arriving) const {
    const QuotaRow& row = rows[std::size_t(quantity)];
    if (auto mine = used(user).*row.used + arriving.ofUser; !fits(mine, more, limit(row, user)))
        return std::unexpected(refusal(fmt::format("uid {}", user), row, mine, more, limit(row, user), row.userKey));
    if (auto all = used().*row.used + arriving.ofAll; !fits(all, more, limit(row)))
        return std::unexpected(refusal("luod in all", row, all, more, limit(row), row.allKey));
    return {};
}

Result<Quotas::Ticket> Quotas::admit(uid_t user) {
    if (auto can = room(Quantity::Calls, user, 1); !can)
        return std::unexpected(can.error());
    ++calls_->ofUser[user];
    ++calls_->all;
    return Ticket(calls_.get(), [calls = calls_, user](void*) {
        if (auto at = calls->ofUser.find(user); --at->second == 0)
            calls->ofUser.erase(at);
        --calls->all;
    });
}

} // namespace luod::core
