// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/daemon.hpp"

#include "kernel/availability.hpp"
#include "platform/inherited_fds.hpp"
#include "platform/journal.hpp"
#include "platform/machine.hpp"
#include "platform/message_ids.hpp"
#include "platform/notify.hpp"
#include "platform/peer.hpp"
#include "platform/service_manager.hpp"
#include "proto/names.hpp"
#include "version.hpp"

#include <chrono>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/resource.h>
#include <syslog.h>

namespace luod::app {
namespace {

using namespace std::chrono_literals;
using platform::log;

constexpr core::SessionId busKey = ~core::SessionId(0) - 3, arrivalKey = ~core::SessionId(0); // no sessions'

// systemd's own variable, for who lets it make the directory; the unit does not, since that would tie luod to a mount.
std::string stateDirectory() {
    const char* given = std::getenv("STATE_DIRECTORY");
    return given && *given ? given : "/var/lib/luod";
}

// As many fds as the service manager lets us have; half of them may be files kept for TakeOut.
std::size_t raiseFdLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 512;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    return std::size_t(limit.rlim_cur) / 2;
}

void logNote(const core::Note& note) {
    using Kind = core::Note::Kind;
    struct {
        int priority;
        std::string_view id;
    } how{};
    switch (note.kind) {
    case Kind::LedgerReplayed:
        how = {LOG_INFO, platform::message::ledgerReplayed};
        break;
    case Kind::LedgerRefused:
        how = {LOG_CRIT, platform::message::ledgerRefused};
        break;
    case Kind::SessionLost:
    case Kind::FileLost:
        how = {LOG_ERR, platform::message::sessionLost};
        break;
    case Kind::Unclaimed:
        how = {LOG_WARNING, platform::message::unclaimedFdDropped};
        break;
    case Kind::LiveUpdateSeen:
        how = {LOG_NOTICE, platform::message::liveUpdateSeen};
        break;
    case Kind::LedgerTorn:
        how = {LOG_WARNING, platform::message::ledgerTorn};
        break;
    case Kind::NoMarker:
        how = {LOG_WARNING, platform::message::noMarker};
        break;
    }
    log(how.priority, note.words, {}, how.id);
}

} // namespace

Daemon::Daemon(Config config)
    : config_(std::move(config)),
      guard_(platform::CustodyGuard::start(&platform::CustodyGuard::sessionName, proto::departingMark)),
      luo_(device_, config_.deviceTimeout),
      store_(config_.fdStoreMax), workers_(std::make_unique<platform::WorkerPool>(
          config_.workers, [this](std::function<void()> f) { loop_.post(std::move(f)); })),
      keeper_(luo_, store_, ledgerMaker_, *workers_, config_.ledgerSize), state_(stateDirectory()),
      nextKernel_(store_, *workers_) {}

// Jobs that ended after the loop did have left their answers in it, which must go before the connection does.
Daemon::~Daemon() {
    workers_.reset();
    loop_.dropPosted();
}

int Daemon::run() {
    if (!start())
        return EXIT_FAILURE;
    int status = loop_.run();
    platform::notify::stopping();
    return status;
}

bool Daemon::start() {
    config_.limits.heldFds = raiseFdLimit();
    sources_.push_back(loop_.signal(SIGTERM, [this] { stop(EXIT_SUCCESS); }));
    sources_.push_back(loop_.signal(SIGINT, [this] { stop(EXIT_SUCCESS); }));
    sources_.push_back(loop_.signal(SIGHUP, [this] { reload(); }));
    loop_.watchdog();
    auto recovered = recover();
    if (!recovered)
        return false;
    try {
        serve(std::move(*recovered));
    } catch (const sdbus::Error& error) {
        log(LOG_ERR, fmt::format("the system bus cannot be used: {}; luod ends and is to be started again", error.what()), {},
            platform::message::busLost);
        return false;
    }
    return true;
}

// The fd store's content: the next kernel's files, clients' locks, and all the rest, which is core's.
std::vector<core::InheritedFd> Daemon::takeInherited() {
    std::vector<core::InheritedFd> rest;
    for (auto& each : platform::takeInheritedFds()) {
        if (nextKernel_.takeBack(each.name, each.fd))
            continue;
        if (auto id = bus::InhibitorLocks::idOf(each.name))
            keptLocks_[id] = std::move(each.fd);
        else
            rest.push_back({std::move(each.name), std::move(each.fd)});
    }
    return rest;
}

std::optional<core::Recovered> Daemon::recover() {
    auto cover = [this](const std::string& kernelName, const std::string& storeName) -> std::shared_ptr<void> {
        auto covered = guard_ ? guard_->cover(kernelName, storeName) : std::unexpected(ENODEV);
        if (!covered)
            return {};
        return std::make_shared<platform::CustodyGuard::Cover>(std::move(*covered));
    };
    if (!guard_)
        log(LOG_WARNING, fmt::format("no guard could be started ({}): a kill in the next moments could lose a session",
                                     std::strerror(guard_.error())),
            {}, platform::message::unguarded);
    core::RecoveryPorts ports{luo_, store_, ledgerMaker_, cover, platform::bootId(), platform::kernelRelease()};
    auto recovered = core::recover(ports, keeper_, takeInherited());
    if (!recovered && recovered.error().code == core::Errc::Unavailable) {
        // The device is there and luod may not open it: what the kernel may hold stays there until that is mended.
        log(LOG_ERR, recovered.error().words, {}, platform::message::deviceUnavailable);
        keeper_.refuse(recovered.error());
        return core::Recovered{};
    }
    if (!recovered) {
        log(LOG_ERR, fmt::format("{}; nothing was changed, luod ends and is to be started again", recovered.error().words), {},
            platform::message::startFailed);
        return {};
    }
    for (const core::Note& note : recovered->notes)
        logNote(note);
    return std::move(*recovered);
}

// What became of the handover is judged once in a boot and kept in the ledger; by the second luod of the boot where the
// first was killed before that. Only then the witness on disk may go; and one that an aborted update left behind.
void Daemon::keepVerdict(const core::Recovered& recovered) {
    if (keeper_.refusal())
        return;
    Aftermath aftermath = lookBack(recovered, state_);
    cycles_ = aftermath.cycles;
    const core::Update* update = registry_.updates().arrivedBy();
    bool pending = recovered.newBoot || !aftermath.update.empty() || (update && update->outcome == core::underWay);
    if (pending && !keepVerdict(std::move(aftermath)))
        return;
    if (!registry_.updates().current())
        (void)state_.remove(UpdateWorld::handoverFile);
}

bool Daemon::keepVerdict(Aftermath aftermath) {
    if (registry_.updates().past().empty()) { // no ledger came along
        std::vector<core::Record> remembered;
        for (core::Update& each : aftermath.past)
            remembered.push_back(core::UpdateReported{std::move(each)});
        remembered.push_back(core::UpdateArrived{aftermath.update});
        if (auto kept = keeper_.record(registry_, remembered); !kept)
            log(LOG_WARNING, fmt::format("earlier updates are not remembered: {}", kept.error().words), {},
                platform::message::notRemembered);
    }
    const core::Verdict& verdict = aftermath.verdict;
    if (auto kept = conductor_->judged(verdict); !kept) {
        log(LOG_ERR, kept.error().words, {}, platform::message::notRemembered);
        return false;
    }
    if (!verdict.words.empty())
        log(LOG_ERR, verdict.words, {{"LUOD_HANDOVER", word(verdict.handover)}}, platform::message::handoverFailed);
    return true;
}

void Daemon::serve(core::Recovered recovered) {
    registry_ = std::move(recovered.registry);
    bus_ = std::make_unique<bus::Bus>(loop_, [this](const std::string& why) { busLost(why); });
    events_ = std::make_unique<SessionEvents>(*bus_);
    custodian_ = std::make_unique<core::Custodian>(core::Ports{luo_, store_, inspector_, *workers_, &platform::wallNow}, keeper_,
                                                   registry_, std::move(recovered.custodies), *events_);
    world_ = std::make_unique<UpdateWorld>(UpdateWorld::Parts{loop_, *workers_, store_, guard_ ? &*guard_ : nullptr, keeper_,
                                                              registry_, nextKernel_, state_});
    news_ = std::make_unique<UpdateNews>(*bus_, [this] { world_->saveHistory(); });
    conductor_ = std::make_unique<core::Conductor>(*world_, *custodian_, keeper_, registry_, *news_);
    events_->connect(*conductor_);
    keepVerdict(recovered);
    world_->countOutcomes();
    locks_ = std::make_unique<bus::InhibitorLocks>(loop_, store_, [this](core::InhibitorId id) { conductor_->released(id); });
    world_->connect({conductor_.get(), custodian_.get(), [this] { bus_->manager().imageChanged(); }});
    bus_->serve({*custodian_, *conductor_, *world_, *locks_},
                {.version = LUOD_VERSION, .kernelRelease = platform::kernelRelease(),
                 .liveUpdates = registry_.boot().liveUpdates, .handover = registry_.boot().handover,
                 .handoverReason = registry_.updates().verdict(), .started = platform::wallNow(), .unitOf = platform::unitOf});
    applyConfig();
    updateAvailability();
    custodian_->resumeRebuilding();
    lookAfterRebuilding();
    lookAfterUnclaimed();
    custodian_->whenNoneIsRebuilt([this, newBoot = recovered.newBoot] {
        announce();
        resumeUpdate(newBoot);
        lookAfterDevices();
    });
}

// In the boot in which clients were asked: the barrier goes on, or they are told that it is over. In the next: that it
// worked.
void Daemon::resumeUpdate(bool newBoot) {
    std::set<core::InhibitorId> held;
    for (auto& [id, fd] : keptLocks_)
        if (registry_.updates().inhibitors().contains(id)) {
            held.insert(id);
            locks_->hold(id, std::move(fd), true);
        } else {
            store_.remove(bus::InhibitorLocks::fdName(id));
        }
    keptLocks_.clear();
    if (!newBoot)
        conductor_->resume(held);
    reportArrival();
}

void Daemon::reportArrival() {
    const core::Update* update = registry_.updates().arrivedBy();
    if (!update || update->find(core::Milestone::Luod))
        return;
    auto moments = std::make_shared<std::vector<core::Moment>>();
    workers_->run(
        arrivalKey, [moments, ready = readyNow(cycles_)] { *moments = arrivalMoments(ready); },
        [this, moments] {
            conductor_->arrived(*moments);
            world_->saveHistory();
        });
}

void Daemon::busLost(const std::string& why) {
    log(LOG_ERR, fmt::format("the system bus is gone ({}): luod is started again once it is back; no session is lost by it", why),
        {}, platform::message::busLost);
    awaitBus();
}

// A bus goes before its machine does, and then luod may be the one that holds the sessions: it stays for as long as there
// is no other.
void Daemon::awaitBus() {
    busTimer_ = loop_.timer(500ms, [this] {
        auto there = std::make_shared<bool>(false);
        workers_->run(
            busKey, [there] { *there = platform::ServiceManager::isBusThere(); },
            [this, there] {
                bool isLeaving = conductor_ && conductor_->phase() == core::Phase::Leaving;
                *there && !isLeaving ? stop(EXIT_FAILURE) : awaitBus();
            });
    });
}

// The last step: now there is nothing that callers would have to wait for.
void Daemon::announce() {
    try {
        bus_->own();
    } catch (const sdbus::Error& error) {
        log(LOG_ERR, fmt::format("the name on the bus is not to be had: {}; luod ends and is to be started again", error.what()),
            {}, platform::message::busLost);
        return loop_.exit(EXIT_FAILURE);
    }
    auto total = registry_.total();
    auto status = fmt::format("{} sessions, {} files", total.sessions, total.files);
    log(LOG_INFO, fmt::format("luod {} is ready with {}", LUOD_VERSION, status), {}, platform::message::started);
    platform::notify::ready(status);
}

void Daemon::applyConfig() {
    core::Limits limits = config_.limits;
    auto memory = platform::memoryTotal() ? platform::memoryTotal() : core::unlimited;
    limits.bytes = config_.maxBytes.of(memory);
    limits.bytesPerUser = config_.maxBytesPerUser.of(memory);
    custodian_->setLimits(limits);
    bus_->access().allowGroup(config_.allowGroup);
    bus_->access().compareLabels(config_.compareLabels);
    bus_->manager().setUsePolkit(config_.polkit);
    bus_->lend(config_.lend);
    conductor_->setPolicy(config_.update);
    world_->setCarriesUnclaimed(config_.update.unclaimed == core::UpdatePolicy::Unclaimed::Carry);
    world_->setModules(config_.modules);
}

void Daemon::updateAvailability() {
    auto availability = kernel::probe();
    if (keeper_.refusal())
        availability = {false, keeper_.refusal()->words};
    else if (!availability.available)
        log(LOG_WARNING, availability.reason, {}, platform::message::deviceUnavailable);
    bus_->manager().setAvailability(availability.available, availability.reason);
    world_->setAvailability(availability.available, availability.reason);
}

// A session that could not be made anew, because the kernel said no, is tried again.
void Daemon::lookAfterRebuilding() {
    rebuildTimer_ = loop_.timer(5s, [this] {
        custodian_->resumeRebuilding();
        rebuildTimer_.after(5s);
    });
}

// Once in a boot, so long after its start.
void Daemon::lookAfterUnclaimed() {
    unclaimedTimer_ = loop_.timer(std::chrono::microseconds(config_.update.unclaimedAfter), [this] {
        for (core::SessionId id : custodian_->unclaimed()) {
            const core::Session& session = *registry_.find(id);
            bool discards = config_.update.unclaimed == core::UpdatePolicy::Unclaimed::Discard;
            log(LOG_WARNING,
                fmt::format("session '{}' of uid {} came over and nobody has claimed it: it is {} (Unclaimed= in luod.conf)",
                            session.name, session.owner,
                            discards ? "discarded" :
                            config_.update.unclaimed == core::UpdatePolicy::Unclaimed::Carry ? "carried into the next update" :
                                                                                               "kept"),
                {{"LUOD_SESSION", session.name}}, platform::message::sessionUnclaimed);
            if (discards)
                custodian_->discard(id, [](core::Result<>) {});
        }
    });
}

// Those that were unplugged while there was no luod, and from now on.
void Daemon::lookAfterDevices() {
    auto listening = platform::Uevents::listen(loop_, "vfio-dev", [this] { custodian_->lookAfterDevices(); });
    if (listening)
        uevents_ = std::move(*listening);
    else
        log(LOG_WARNING, fmt::format("the kernel does not say when devices are unplugged ({}): luod sees it only when it is asked "
                                     "whether a live update would work",
                                     std::strerror(listening.error())),
            {}, platform::message::unwatched);
    custodian_->lookAfterDevices();
}

void Daemon::reload() {
    platform::notify::reloading();
    auto heldFds = config_.limits.heldFds;
    auto loaded = loadConfig();
    for (const std::string& warning : loaded.warnings)
        log(LOG_WARNING, warning, {}, platform::message::configIgnored);
    config_ = std::move(loaded.config);
    config_.limits.heldFds = heldFds;
    applyConfig();
    updateAvailability();
    platform::notify::ready();
}

void Daemon::stop(int status) {
    if (!custodian_)
        return loop_.exit(status);
    if (world_)
        world_->giveBackCustodyNow();
    custodian_->whenNoneIsRebuilt([this, status] { loop_.exit(status); });
}

} // namespace luod::app
