// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/update_world.hpp"

#include "app/update_json.hpp"
#include "check/judge.hpp"
#include "check/look.hpp"
#include "core/image_words.hpp"
#include "core/kernel_words.hpp"
#include "kernel/kexec.hpp"
#include "platform/journal.hpp"
#include "platform/message_ids.hpp"
#include "platform/machine.hpp"
#include "platform/peer.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace luod::app {
namespace {

using namespace core;

constexpr SessionId checkKey = ~SessionId(0) - 1, diskKey = ~SessionId(0) - 2;

Error diskRefused(const std::string& path, int err) {
    return {Errc::LedgerTrouble,
            fmt::format("the record of this update cannot be written to {}: {}; without it nobody could tell a refused "
                        "handover from a cold boot. Mend that and try again",
                        path, std::strerror(err)),
            err};
}

} // namespace

void UpdateWorld::setAvailability(bool available, std::string reason) {
    available_ = available;
    unavailableReason_ = std::move(reason);
}

Instant UpdateWorld::now() { return {platform::monotonicNow(), platform::wallNow()}; }

std::string UpdateWorld::newUuid() { return platform::newUuid(); }

void UpdateWorld::alarm(std::uint64_t monotonic, std::function<void()> then) {
    auto current = platform::monotonicNow();
    alarm_ = parts_.loop.timer(std::chrono::microseconds(monotonic > current ? monotonic - current : 0), std::move(then));
}

check::Known UpdateWorld::known(UpdateMode mode) const {
    check::Known known{.mode = mode, .available = available_, .unavailableReason = unavailableReason_,
                       .image = parts_.registry.updates().image(), .carriesUnclaimed = carriesUnclaimed_,
                       .modules = modules_, .unit = platform::unitOf(::getpid()),
                       .stateDirectory = parts_.state.path()};
    auto addTo = [](auto& all, auto one) {
        if (std::find(all.begin(), all.end(), one) == all.end())
            all.push_back(std::move(one));
    };
    for (const auto& [id, session] : parts_.registry.sessions()) {
        if (session.state != SessionState::Active)
            known.broken.push_back(fmt::format("session '{}' of uid {} is {}", session.name, session.owner, word(session.state)));
        if (session.direction == Direction::Incoming) {
            if (session.state == SessionState::Active)
                known.incoming.push_back({session.name, session.owner, isUnclaimed(session)});
            if (!known.carriesUnclaimed || session.state != SessionState::Active || !known.incoming.back().unclaimed)
                continue;
        }
        ++known.sessions;
        known.files += session.files.size();
        known.bytes += session.bytes;
        for (const auto& [token, file] : session.files) {
            if (file.state == FileState::Invalid)
                known.invalid.push_back(fmt::format("{} of session '{}' of uid {} is invalid: {}", describe(file), session.name,
                                                    session.owner, whyInvalid(file)));
            addTo(known.kinds, file.kind);
            if (!file.driver.empty())
                addTo(known.drivers, file.driver);
        }
    }
    for (const auto& [id, inhibitor] : parts_.registry.updates().inhibitors())
        if (inhibitor.mode == InhibitMode::Block)
            known.blockers.push_back(fmt::format("{} (uid {}, pid {}): {}", inhibitor.who, inhibitor.uid, inhibitor.pid, inhibitor.why));
    return known;
}

void UpdateWorld::check(UpdateMode mode, Done<std::vector<image::Finding>> done) {
    links_.custodian->lookAfterDevices(); // should the kernel's word of one not have come
    auto facts = std::make_shared<check::Known>(known(mode));
    auto findings = std::make_shared<std::vector<image::Finding>>();
    parts_.workers.run(
        checkKey,
        [facts, findings, files = parts_.kernel.files()] {
            check::Looked looked = check::look(*facts, files ? check::Target{&files->readFacts(facts->image ? facts->image->kernelPath : ""), files->initrd.get()} : check::Target{});
            looked.filesChanged = files && files->changed();
            *findings = check::judge(*facts, looked);
        },
        [findings, done = std::move(done)] { done(std::move(*findings)); });
}

void UpdateWorld::check(const Update& update, Done<std::string> done) {
    check(update.mode, [this, forced = update.forced, done = std::move(done)](Result<std::vector<image::Finding>> findings) {
        if (!findings)
            return done(std::unexpected(findings.error()));
        if (std::string words = check::whatStops(*findings, forced); !words.empty())
            return done(fail(Errc::CheckFailed, words + ". 'luoctl check' shows everything; --force=NAME overrides a finding"));
        const auto& image = parts_.registry.updates().image();
        done(image ? image->release : std::string());
    });
}

void UpdateWorld::reload(const Update& update, Done<> done) {
    const auto& image = parts_.registry.updates().image();
    if (!image)
        return done(fail(Errc::CheckFailed, "no kernel is loaded by luod; load one with 'luoctl load'"));
    parts_.kernel.reload(*image, update.uuid, std::move(done));
}

void UpdateWorld::load(Load what, Done<std::string> done) {
    if (auto may = links_.conductor->mayLoad(); !may)
        return done(std::unexpected(may.error()));
    parts_.kernel.load(std::move(what), platform::newUuid(), [this, done = std::move(done)](Result<Image> image) {
        if (!image)
            return done(std::unexpected(image.error()));
        if (auto noted = links_.conductor->noteLoaded(*image); !noted)
            return done(std::unexpected(noted.error()));
        links_.imageChanged();
        done(image->cmdline);
    });
}

void UpdateWorld::unload(Done<> done) {
    if (auto may = links_.conductor->mayLoad(); !may)
        return done(may);
    parts_.kernel.unload([this, done = std::move(done)](Result<> unloaded) {
        if (unloaded)
            unloaded = links_.conductor->noteUnloaded();
        links_.imageChanged();
        done(unloaded);
    });
}

void UpdateWorld::writeRecord(const Update& update, Done<> done) {
    auto total = known(update.mode);
    const auto& image = parts_.registry.updates().image();
    HandoverRecord record{.update = update.uuid, .boot = platform::bootId(), .from = update.from, .to = update.to,
                          .mode = std::string(word(update.mode)), .commandLine = image ? image->cmdline : "",
                          .modules = check::modulesFor(total), .sessions = total.sessions, .files = total.files,
                          .written = platform::wallNow(), .cycles = cycles_.anchor()};
    auto written = std::make_shared<Errno<>>();
    parts_.workers.run(
        diskKey,
        [&state = parts_.state, record = std::move(record), history = toJson(parts_.registry.updates()), written,
         files = parts_.kernel.files()]() mutable {
            if (files && files->read && files->facts)
                record.versions.assign(files->facts->versions.begin(), files->facts->versions.end());
            *written = state.write(historyFile, history);
            if (*written)
                *written = state.write(handoverFile, toJson(record));
        },
        [written, &state = parts_.state, done = std::move(done)] {
            *written ? done({}) : done(std::unexpected(diskRefused(state.path(), written->error())));
        });
}

void UpdateWorld::dropRecord() {
    parts_.workers.run(
        diskKey, [&state = parts_.state] { (void)state.remove(handoverFile); }, [] {});
}

void UpdateWorld::countOutcomes() {
    if (auto content = parts_.state.read(outcomesFile))
        outcomes_ = Outcomes::fromJson(*content);
    outcomes_.count(parts_.registry.updates());
}

// An update is told to be over before it is: what was counted then may be one less.
const std::map<std::string, std::uint64_t>& UpdateWorld::outcomes() {
    outcomes_.count(parts_.registry.updates());
    return outcomes_.totals();
}

void UpdateWorld::saveHistory() {
    outcomes_.count(parts_.registry.updates());
    parts_.workers.run(
        diskKey,
        [&state = parts_.state, history = toJson(parts_.registry.updates()), outcomes = outcomes_.toJson()] {
            auto written = state.write(historyFile, history);
            if (written)
                written = state.write(outcomesFile, outcomes);
            if (!written)
                platform::log(LOG_WARNING, fmt::format("reports of live updates cannot be kept in {}: {}", state.path(),
                                                       std::strerror(written.error())),
                              {}, platform::message::notRemembered);
        },
        [] {});
}

// In direct mode nobody looks at the fd store any more: it stays.
void UpdateWorld::takeCustody(Done<> done) {
    if (links_.conductor->current()->mode == UpdateMode::Direct)
        return done({});
    crossing_.takeAll([done = std::move(done)] { done({}); });
}

std::vector<platform::CustodyGuard::Held> UpdateWorld::inCustody() const {
    std::vector<platform::CustodyGuard::Held> all;
    auto add = [&all](const std::string& name, int fd) { all.push_back({name, fd}); };
    parts_.keeper.forEachStored(add);
    links_.custodian->forEachStored(add);
    return all;
}

void UpdateWorld::leave(const Update& update, Done<> done) {
    saveHistory(); // how far it got, should the next boot have nothing but the disk
    if (update.mode == UpdateMode::Systemd)
        return; // luod-gate sees the phase and has the machine shut down; if it cannot, it aborts the update
    auto refused = std::make_shared<int>(0);
    parts_.workers.run(
        diskKey, // after the history
        [refused] {
            ::sync();
            *refused = kernel::replaceKernel();
        },
        [refused, done = std::move(done)] { done(std::unexpected(leaveRefused(*refused))); });
}

} // namespace luod::app
