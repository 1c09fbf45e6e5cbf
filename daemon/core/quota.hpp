// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a user may use of luod, and of the host through it; and what luod holds in all at most. What is used is counted in
// the registry, and so is the same after a restart or a kexec; only calls being answered are counted here.

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/registry.hpp"

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>

namespace luod::core {

enum class Quantity { Sessions, Files, Bytes, Metadata, Calls, Inhibitors };

struct QuotaRow {
    Quantity quantity;
    std::string_view word;    // for GetQuotas
    std::string_view what;    // counted so in sentences
    std::string_view instead; // what else a user can do who has no room
    std::string_view userKey, allKey; // in luod.conf
    std::uint64_t Limits::*user;
    std::uint64_t Limits::*all;
    std::uint64_t Usage::*used;
};
std::span<const QuotaRow> quotaRows();

class Quotas {
public:
    explicit Quotas(const Registry& registry) : registry_(registry) {}

    void setLimits(const Limits& limits) { limits_ = limits; }
    const Limits& limits() const { return limits_; }

    Usage used(uid_t user) const;
    Usage used() const; // by all
    std::uint64_t limit(const QuotaRow& row, uid_t user) const { return user == 0 ? unlimited : limits_.*row.user; }
    std::uint64_t limit(const QuotaRow& row) const { return limits_.*row.all; }
    std::set<uid_t> users() const; // who uses anything

    // Whether there is room for so many more; for none: whether what is used is within the limits. `arriving`: those that are
    // on their way and not counted yet. Errors: LimitReached, which names what is used, the limit, and its key.
    struct Arriving {
        std::uint64_t ofUser = 0, ofAll = 0;
    };
    Result<> room(Quantity quantity, uid_t user, std::uint64_t more, Arriving arriving = {0, 0}) const;

    // A call is being answered until its ticket is gone. Errors: LimitReached.
    using Ticket = std::shared_ptr<void>;
    Result<Ticket> admit(uid_t user);

private:
    struct Calls {
        std::map<uid_t, std::uint64_t> ofUser;
        std::uint64_t all = 0;
    };

    const Registry& registry_;
    Limits limits_;
    std::shared_ptr<Calls> calls_ = std::make_shared<Calls>(); // tickets may outlive luod's parts
};

} // namespace luod::core
