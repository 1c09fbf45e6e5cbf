// SPDX-License-Identifier: LGPL-2.1-or-later
#include "update_party.hpp"

#include "memfd.hpp"
#include "../unit/image_samples.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>

namespace luod::tests {

Party::Party(const World& world, const std::string& who, const std::string& mode, std::uint64_t deadline, uid_t user)
    : client_(world, user) {
    luod_subscribe(client_.get());
    const luod_inhibit_options options{.deadline = deadline, .flags = 0};
    const int fd = luod_inhibit(client_.get(), who.c_str(), "the tests want it", mode.c_str(), &options);
    taken = client_.answer(fd);
    if (fd >= 0)
        lock_.reset(fd);
}

Party::Heard Party::hear(std::chrono::microseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - std::chrono::steady_clock::now());
        const luod_event* event = nullptr; // what is there already is taken in any case
        if (luod_wait_event(client_.get(), std::uint64_t(std::max<std::int64_t>(left.count(), 0)), &event) <= 0)
            return {};
        if (event->type == LUOD_EVENT_PREPARE || event->type == LUOD_EVENT_OVER)
            return {event->type, event->update, event->mode, event->outcome, event->reason};
    }
}

std::vector<const char*> Lead::allThatNeedsAnImage() {
    return {"kho-version", "luo-version", "handler-versions", "config", "command-line", "architecture",
            "crossing",    "modules",     "systemd",          "initrd"};
}

Answer Lead::load(int kernel, int initrd, const std::string& line, unsigned flags) {
    const luod_load_options options{.kernel_path = "/boot/vmlinuz-test", .initrd_path = nullptr, .flags = flags};
    char* loaded = nullptr;
    const Answer answer =
        client.answer(luod_load_kernel(client.get(), kernel, initrd, line.c_str(), &options, &loaded));
    if (answer)
        cmdline = loaded;
    std::free(loaded);
    return answer;
}

Answer Lead::load(const std::string& line, unsigned flags) {
    return load(memfdWith(image::samples::bzImage(image::samples::vmlinux())).get(), -1, line, flags);
}

Answer Lead::begin(Wish wish) {
    wish.force.push_back(nullptr);
    const luod_update_options options{.mode = wish.mode, .deadline = std::uint64_t(wish.deadline.count()), .late = wish.late,
                                      .force = wish.force.data(), .reason = wish.reason, .flags = 0};
    char* uuid = nullptr;
    const Answer answer = client.answer(luod_live_update(client.get(), &options, &uuid));
    if (answer)
        update = uuid;
    std::free(uuid);
    return answer;
}

Answer Lead::abort(const std::string& reason) { return client.answer(luod_abort(client.get(), reason.c_str(), 0)); }

Lead::Status Lead::status() {
    luod_status* status = nullptr;
    if (luod_get_status(client.get(), &status) < 0)
        throw std::runtime_error(luod_error_message(client.get()));
    Status now{status->phase, status->last_handover, status->last_handover_reason};
    luod_status_free(status);
    return now;
}

std::string Lead::phase() { return status().phase; }
std::string Lead::handover() { return status().handover; }
std::string Lead::handoverReason() { return status().reason; }

void Lead::waitPhase(const std::string& wanted) {
    luod_subscribe(client.get());
    const Deadline deadline;
    while (phase() != wanted) {
        const luod_event* event = nullptr;
        if (deadline.milliseconds() == 0 || luod_wait_event(client.get(), 20'000'000, &event) <= 0)
            throw std::runtime_error(fmt::format("phase is {} and does not become {}", phase(), wanted));
    }
}

std::string Lead::report(const char* which) {
    luod_report* report = nullptr;
    if (luod_get_report(client.get(), which, &report) < 0)
        throw std::runtime_error(luod_error_message(client.get()));
    std::string text = fmt::format("{} {} {}\n", report->outcome, report->mode, report->words);
    for (std::size_t i = 0; i < report->n_moments; ++i)
        text += fmt::format("{} {} {}\n", report->moments[i].what, report->moments[i].subject, report->moments[i].detail);
    luod_report_free(report);
    return text;
}

std::vector<std::string> Lead::inhibitors() {
    luod_inhibitors* list = nullptr;
    if (luod_list_inhibitors(client.get(), &list) < 0)
        throw std::runtime_error(luod_error_message(client.get()));
    std::vector<std::string> all;
    while (const luod_inhibitor* row = luod_inhibitors_next(list))
        all.push_back(fmt::format("{}: {}, {}, {}, {}, {}", row->who, row->why, row->mode, row->owner, row->deadline, row->state));
    luod_inhibitors_free(list);
    return all;
}

std::vector<std::string> Lead::awaited() {
    luod_status* status = nullptr;
    if (luod_get_status(client.get(), &status) < 0)
        throw std::runtime_error(luod_error_message(client.get()));
    std::vector<std::string> all;
    for (std::size_t i = 0; i < status->n_awaited; ++i) {
        const luod_awaited& row = status->awaited[i];
        all.push_back(fmt::format("{}, {}, {}", row.who, row.owner, row.ready_by - row.asked));
    }
    luod_status_free(status);
    return all;
}

std::vector<std::string> Lead::findings(const char* mode) {
    luod_findings* list = nullptr;
    if (luod_check(client.get(), mode, 0, &list) < 0)
        throw std::runtime_error(luod_error_message(client.get()));
    std::vector<std::string> all;
    while (const luod_finding* finding = luod_findings_next(list))
        all.push_back(fmt::format("{} {}", finding->name, finding->verdict));
    luod_findings_free(list);
    return all;
}

} // namespace luod::tests
