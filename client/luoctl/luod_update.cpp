// SPDX-License-Identifier: LGPL-2.1-or-later
// The live update's part of the library for luoctl, and luod's numbers.
#include "convert.hpp"
#include "luod.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

// A person at a terminal can be asked.
unsigned interactive() {
    return isatty(STDIN_FILENO) ? LUOD_INTERACTIVE : 0;
}

template <typename List, typename Next> auto rowsOf(List* list, Next next) {
    std::vector<decltype(rowOf(*next(list)))> rows;
    while (const auto* row = next(list))
        rows.push_back(rowOf(*row));
    return rows;
}

const char* orNull(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

} // namespace

std::vector<Inhibitor> Luod::inhibitors() {
    luod_inhibitors* got = nullptr;
    check(luod_list_inhibitors(handle(), &got), "cannot list the inhibitors");
    Owned<luod_inhibitors> owned{got};
    return rowsOf(got, luod_inhibitors_next);
}

Fd Luod::inhibit(const std::string& who, const std::string& why, const std::string& mode, uint64_t deadline) {
    luod_inhibit_options wish{.deadline = deadline, .flags = interactive()};
    return Fd{
        check(luod_inhibit(handle(), who.c_str(), why.c_str(), mode.c_str(), &wish), "cannot hold live updates up")};
}

std::string Luod::load(int kernel, int initrd, const std::string& cmdline, luod_load_options wish) {
    char* loaded = nullptr;
    wish.flags |= interactive();
    check(luod_load_kernel(handle(), kernel, initrd, cmdline.c_str(), &wish, &loaded), "cannot load the kernel");
    return Owned<char>{loaded}.get();
}

void Luod::unload() {
    check(luod_unload_kernel(handle(), interactive()), "cannot unload the kernel");
}

std::vector<Finding> Luod::checkUpdate(const std::string& mode) {
    luod_findings* got = nullptr;
    check(luod_check(handle(), orNull(mode), interactive(), &got), "cannot check");
    Owned<luod_findings> owned{got};
    return rowsOf(got, luod_findings_next);
}

std::string Luod::update(luod_update_options wish) {
    char* update = nullptr;
    wish.flags |= interactive();
    check(luod_live_update(handle(), &wish, &update), "no live update");
    return Owned<char>{update}.get();
}

void Luod::abort(const std::string& reason) {
    check(luod_abort(handle(), reason.c_str(), interactive()), "cannot abort");
}

Report Luod::report(const std::string& update) {
    luod_report* got = nullptr;
    check(luod_get_report(handle(), orNull(update), &got),
          update.empty() ? "the last update" : fmt::format("update {}", update));
    return rowOf(*Owned<luod_report>{got});
}

std::vector<ReportEntry> Luod::reports() {
    luod_reports* got = nullptr;
    check(luod_list_reports(handle(), &got), "cannot list the reports");
    Owned<luod_reports> owned{got};
    return rowsOf(got, luod_reports_next);
}

std::vector<Metric> Luod::metrics() {
    luod_metrics* got = nullptr;
    check(luod_get_metrics(handle(), &got), "cannot ask for the metrics");
    Owned<luod_metrics> owned{got};
    return rowsOf(got, luod_metrics_next);
}

} // namespace luoctl
