// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/errors.hpp"

#include "bus/compat.hpp"
#include "proto/errors.hpp"

#include <array>

namespace luod::bus {
namespace {

// Core's codes in the order of proto's table, held together here since neither knows the other.
constexpr std::array order{
    std::pair{core::Errc::InvalidArgument, "InvalidArgument"}, std::pair{core::Errc::NoSuchSession, "NoSuchSession"},
    std::pair{core::Errc::NoSuchFile, "NoSuchFile"},           std::pair{core::Errc::AccessDenied, "AccessDenied"},
    std::pair{core::Errc::Unavailable, "Unavailable"},         std::pair{core::Errc::Busy, "Busy"},
    std::pair{core::Errc::NameTaken, "NameTaken"},             std::pair{core::Errc::TokenTaken, "TokenTaken"},
    std::pair{core::Errc::AlreadyPreserved, "AlreadyPreserved"}, std::pair{core::Errc::LimitReached, "LimitReached"},
    std::pair{core::Errc::KindNotSupported, "KindNotSupported"}, std::pair{core::Errc::KernelRefused, "KernelRefused"},
    std::pair{core::Errc::WrongDirection, "WrongDirection"},   std::pair{core::Errc::CannotTakeOut, "CannotTakeOut"},
    std::pair{core::Errc::Lost, "Lost"},                       std::pair{core::Errc::LedgerTrouble, "LedgerTrouble"},
    std::pair{core::Errc::CheckFailed, "CheckFailed"},         std::pair{core::Errc::Inhibited, "Inhibited"},
    std::pair{core::Errc::UpdateUnderWay, "UpdateUnderWay"},   std::pair{core::Errc::NoSuchUpdate, "NoSuchUpdate"},
    std::pair{core::Errc::FileInvalid, "FileInvalid"},
};

constexpr bool agrees() {
    if (order.size() != proto::errors.size() || std::size_t(core::Errc::FileInvalid) + 1 != order.size())
        return false;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (std::size_t(order[i].first) != i || proto::errors[i].name != order[i].second)
            return false;
    return true;
}
static_assert(agrees(), "core/error.hpp and proto/errors.hpp have parted");

std::array<std::uint64_t, proto::errors.size()> counts{};

} // namespace

const std::array<std::uint64_t, proto::errors.size()>& refusals() { return counts; }

sdbus::Error toBus(const core::Error& error) {
    const auto& row = proto::errors[std::size_t(error.code)];
    ++counts[std::size_t(error.code)];
    return compat::error(std::string(proto::errorPrefix) + std::string(row.name), error.words);
}

void raise(const core::Error& error) { throw toBus(error); }

} // namespace luod::bus
