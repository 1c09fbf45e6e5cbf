// SPDX-License-Identifier: LGPL-2.1-or-later
#include "update_script.hpp"

#include "memfd.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <poll.h>
#include <stdexcept>

namespace luod::tests {

UpdateScript::UpdateScript(World& world, std::string handover)
    : world_(world), handover_(std::move(handover)), lead_(world) {
    for (const char* who : {"one", "two"})
        members_.emplace_back(world, who);
}

bool UpdateScript::must(const std::string& what, const std::function<Answer()>& call, const std::set<std::string>& fine) {
    bool died = false;
    for (const Deadline deadline; deadline.milliseconds() > 0;) {
        const Answer answer = call();
        if (answer || (died && fine.contains(answer.error)))
            return true;
        if (!answer.luodDied()) {
            complain(fmt::format("{}: {}: {}", what, answer.error, answer.words));
            return false;
        }
        died = true;
        world_.luod().waitReady();
    }
    complain(what + ": luod does not come back");
    return false;
}

void UpdateScript::preserve(std::uint64_t token) {
    const std::string content = fmt::format("file {}", token);
    const core::UniqueFd file = memfdWith(content);
    if (must(fmt::format("preserve {}", token), [&] { return lead_.client.preserve(session_, file.get(), token); },
             {"TokenTaken"}))
        contents_[token] = content;
}

void UpdateScript::subscribe() {
    std::vector<Client*> all{&lead_.client};
    for (Member& member : members_)
        all.push_back(&member.client);
    for (Client* client : all)
        must("subscribe", [&] { return client->answer(luod_subscribe(client->get())); });
}

void UpdateScript::fillSession() {
    must("create", [&] { return lead_.client.create("vm1"); }, {"NameTaken"});
    must("find", [&] { return lead_.client.find("vm1", "outgoing"); });
    session_ = lead_.client.path;
    preserve(1);
}

void UpdateScript::lock(Member& member) {
    const luod_inhibit_options options{.deadline = 0, .flags = 0};
    must("inhibit for " + member.who, [&] {
        const int fd = luod_inhibit(member.client.get(), member.who.c_str(), "the tests want it", "delay", &options);
        const Answer answer = member.client.answer(fd);
        if (fd >= 0)
            member.lock.reset(fd);
        return answer;
    });
}

bool UpdateScript::hear(Member& member) {
    bool any = false;
    while (luod_process(member.client.get()) > 0)
        any = true;
    const luod_event* event = nullptr;
    while (luod_next_event(member.client.get(), &event) > 0) {
        any = true;
        if (event->type == LUOD_EVENT_PREPARE) {
            member.asked.insert(event->update);
            if (!steadfast_)
                member.lock.reset();
        } else if (event->type == LUOD_EVENT_OVER) {
            member.told.insert(event->update);
        }
    }
    return any;
}

bool UpdateScript::hear() {
    bool any = false;
    for (Member& member : members_)
        any |= hear(member);
    while (luod_process(lead_.client.get()) > 0)
        any = true;
    const luod_event* event = nullptr;
    while (luod_next_event(lead_.client.get(), &event) > 0)
        any = true;
    return any;
}

void UpdateScript::waitNews() {
    if (hear())
        return;
    std::vector<pollfd> all{{luod_get_fd(lead_.client.get()), POLLIN, 0}};
    for (const Member& member : members_)
        all.push_back({luod_get_fd(member.client.get()), POLLIN, 0});
    if (poll(all.data(), all.size(), 20'000) == 0)
        throw std::runtime_error("nothing happens for 20 seconds");
}

void UpdateScript::waitUntil(const std::string& what, const std::function<bool()>& so) {
    for (const Deadline deadline; !so(); waitNews())
        if (deadline.milliseconds() == 0)
            throw std::runtime_error(what + " does not come");
}

// Where luod is dead it is not; that it is back is an event.
bool UpdateScript::isSettled() {
    luod_status* status = nullptr;
    if (luod_get_status(lead_.client.get(), &status) < 0)
        return false;
    const std::string phase = status->phase, handover = status->last_handover;
    const std::uint64_t crossings = status->live_updates;
    luod_status_free(status);
    if (handover != "none" && handover != handover_)
        throw std::runtime_error("the handover is " + handover);
    crossed_ = handover == handover_ && (handover_ != "done" || crossings == crossings_ + 1);
    return crossed_ || phase == "idle";
}

void UpdateScript::settle() {
    waitUntil("the end of the update", [this] { return isSettled(); });
}

void UpdateScript::expectTold() {
    for (Member& member : members_)
        waitUntil(fmt::format("the word to {} that it is over", member.who),
                  [&] { return std::ranges::includes(member.told, member.asked); });
}

void UpdateScript::expectUsable() {
    must("find", [&] { return lead_.client.find("vm1", "outgoing"); });
    session_ = lead_.client.path;
    preserve(contents_.size() + 1);
}

void UpdateScript::expectLoaded() {
    luod_findings* list = nullptr;
    if (!must("check", [&] { return lead_.client.answer(luod_check(lead_.client.get(), "direct", 0, &list)); }))
        return;
    while (const luod_finding* finding = luod_findings_next(list))
        if (finding->name == std::string("loaded") && finding->verdict != std::string("ok"))
            complain(fmt::format("the kernel does not stay loaded: {}", finding->seen));
    luod_findings_free(list);
}

void UpdateScript::load() {
    must("load", [&] { return lead_.load(); });
}

void UpdateScript::begin() {
    for (Member& member : members_)
        lock(member);
    const Answer begun = lead_.begin({.deadline = std::chrono::minutes(5)});
    if (!begun && !begun.luodDied() && begun.error != "Unavailable") // aborted, since luod was restarted
        complain(fmt::format("begin: {}: {}", begun.error, begun.words));
}

void UpdateScript::attempt() {
    begin();
    settle();
    expectTold();
    if (!crossed_)
        expectLoaded();
}

void UpdateScript::goOver(const std::function<void()>& usable) {
    crossed_ = false;
    for (int i = 0; i < 5 && !crossed_ && complaints_.empty(); ++i) {
        attempt();
        if (!crossed_)
            usable();
    }
    if (!crossed_)
        return complain("the machine does not go over");
    world_.luod().waitNextBoot();
    ++crossings_;
}

bool UpdateScript::isAskedOrOver(std::size_t before) {
    return isSettled() || std::ranges::all_of(members_, [&](const Member& each) { return each.asked.size() > before; });
}

void UpdateScript::callOff() {
    const std::size_t before = members_.front().asked.size();
    steadfast_ = true;
    begin();
    waitUntil("the question", [&] { return isAskedOrOver(before); });
    must("abort", [&] { return lead_.abort("not today"); });
    settle();
    steadfast_ = false;
    expectTold();
    expectLoaded();
}

void UpdateScript::expectArrival() {
    must("find it in the next boot", [&] { return lead_.client.find("vm1", "incoming"); });
    std::map<std::uint64_t, std::string> contents;
    must("retrieve", [&] { return lead_.client.retrieveAll(lead_.client.path, contents); });
    if (contents != contents_)
        complain(fmt::format("{} of {} files are back", contents.size(), contents_.size()));
    must("finish", [&] { return lead_.client.finish(lead_.client.path); }, {"org.freedesktop.DBus.Error.UnknownObject"});
    luod_status* status = nullptr;
    if (!must("status", [&] { return lead_.client.answer(luod_get_status(lead_.client.get(), &status)); }))
        return;
    if (status->sessions != 0 || status->live_updates != 1)
        complain(fmt::format("{} sessions after {} live updates", status->sessions, status->live_updates));
    luod_status_free(status);
}

// The verdict is kept, and it is in the report of the update, which the disk remembers.
void UpdateScript::expectLoss() {
    luod_report* report = nullptr;
    if (!must("report", [&] { return lead_.client.answer(luod_get_report(lead_.client.get(), nullptr, &report)); }))
        return;
    if (report->outcome != handover_ || *report->words == '\0')
        complain(fmt::format("the report says {} ({})", report->outcome, report->words));
    luod_report_free(report);
}

const std::vector<std::string>& UpdateScript::run() {
    try {
        subscribe();
        fillSession();
        load();
        goOver([this] { expectUsable(); });
        if (crossed_)
            handover_ == "done" ? expectArrival() : expectLoss();
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return complaints_;
}

} // namespace luod::tests
