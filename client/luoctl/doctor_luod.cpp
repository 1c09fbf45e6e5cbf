// SPDX-License-Identifier: LGPL-2.1-or-later
// What luod says of itself.
#include "convert.hpp"
#include "describe.hpp"
#include "describe_report.hpp"
#include "doctor.hpp"
#include "failure.hpp"
#include "findings.hpp"
#include "metrics.hpp"
#include "system_bus.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr const char* names[] = {"status", "sessions", "locks", "check", "reports", "last-report", "metrics"};

std::string sessionsText(Luod& luod) {
    std::vector<Session> sessions = luod.list();
    return sessions.empty() ? fmt::format("none that uid {} may see\n", getuid()) : render(tableOf(sessions), true, false);
}

std::string locksText(Luod& luod) {
    std::string text;
    for (const Inhibitor& lock : luod.inhibitors())
        text += fmt::format("{}: {}, uid {}, pid {}, {}, {}: {}\n", lock.who, lock.mode, lock.owner, lock.pid,
                            lock.unit.empty() ? "no unit" : lock.unit, lock.state, lock.why);
    return text.empty() ? "none\n" : text;
}

// Nobody is asked for a password.
std::string checkText(Luod& luod) {
    luod_findings* got = nullptr;
    luod.check(luod_check(luod.handle(), nullptr, 0, &got), "cannot check");
    Owned<luod_findings> owned{got};
    std::vector<Finding> findings;
    while (const luod_finding* finding = luod_findings_next(got))
        findings.push_back(rowOf(*finding));
    return textOf(findings, true, false);
}

std::string metricsText(Luod& luod) {
    return openMetrics(familiesOf(luod.metrics()));
}

std::vector<Item> ask(Luod& luod) {
    return {tried("status", [&] { return render(fieldsOf(luod.status()), false); }),
            tried("sessions", [&] { return sessionsText(luod); }),
            tried("locks", [&] { return locksText(luod); }),
            tried("check", [&] { return checkText(luod); }),
            tried("reports", [&] { return textOf(luod.reports(), true, false); }),
            tried("last-report", [&] { return textOf(luod.report(""), true, false); }),
            tried("metrics", [&] { return metricsText(luod); })};
}

} // namespace

Part luodPart(Luod& luod) {
    Part part{"luod", {}};
    try {
        expectLuod(SystemBus());
        part.items = ask(luod);
    } catch (const Failure& failure) {
        for (const char* name : names)
            part.items.push_back(absent(name, failure.line));
    }
    return part;
}

} // namespace luoctl
