// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/daemon.hpp"

#include "kernel/availability.hpp"
#include "platform/inherited_fds.hpp"
#include "platform/journal.hpp"
#include "platform/message_ids.hpp"
#include "platform/notify.hpp"
#include "platform/peer.hpp"
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

std::uint64_t wallClock() {
    using namespace std::chrono;
    return std::uint64_t(duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
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
    case Kind::NoMarker:
        how = {LOG_WARNING, {}};
        break;
    }
    log(how.priority, note.words, {}, how.id);
}

} // namespace

Daemon::Daemon(Config config)
    : config_(std::move(config)), guard_(platform::CustodyGuard::start()), luo_(device_, config_.deviceTimeout),
      store_(config_.fdStoreMax), workers_(std::make_unique<platform::WorkerPool>(
          config_.workers, [this](std::function<void()> f) { loop_.post(std::move(f)); })),
      keeper_(luo_, store_, ledgerMaker_, *workers_, config_.ledgerSize) {}

Daemon::~Daemon() { workers_.reset(); }

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
        log(LOG_ERR, fmt::format("the system bus cannot be used: {}; luod ends and is to be started again", error.what()));
        return false;
    }
    return true;
}

std::optional<core::Recovered> Daemon::recover() {
    std::vector<core::InheritedFd> inherited;
    for (auto& each : platform::takeInheritedFds())
        inherited.push_back({std::move(each.name), std::move(each.fd)});
    auto cover = [this](const std::string& kernelName, const std::string& storeName) -> std::shared_ptr<void> {
        auto covered = guard_ ? guard_->cover(kernelName, storeName) : std::unexpected(ENODEV);
        if (!covered)
            return {};
        return std::make_shared<platform::CustodyGuard::Cover>(std::move(*covered));
    };
    if (!guard_)
        log(LOG_WARNING, fmt::format("no guard could be started ({}): a kill in the next moments could lose a session",
                                     std::strerror(guard_.error())));
    core::RecoveryPorts ports{luo_, store_, ledgerMaker_, cover, platform::bootId(), platform::kernelRelease()};
    auto recovered = core::recover(ports, keeper_, std::move(inherited));
    if (!recovered && recovered.error().code == core::Errc::Unavailable) {
        // The device is there and luod may not open it: what the kernel may hold stays there until that is mended.
        log(LOG_ERR, recovered.error().words, {}, platform::message::deviceUnavailable);
        keeper_.refuse(recovered.error());
        return core::Recovered{};
    }
    if (!recovered) {
        log(LOG_ERR, fmt::format("{}; nothing was changed, luod ends and is to be started again", recovered.error().words));
        return {};
    }
    for (const core::Note& note : recovered->notes)
        logNote(note);
    return std::move(*recovered);
}

void Daemon::serve(core::Recovered recovered) {
    registry_ = std::move(recovered.registry);
    bus_ = std::make_unique<bus::Bus>(loop_, [this](const std::string& why) {
        log(LOG_ERR, fmt::format("the system bus is gone ({}): luod ends and is to be started again; no session is lost by it",
                                 why));
        stop(EXIT_FAILURE);
    });
    custodian_ = std::make_unique<core::Custodian>(core::Ports{luo_, store_, inspector_, *workers_, wallClock}, keeper_,
                                                   registry_, std::move(recovered.custodies), *bus_);
    bus_->serve(*custodian_, {.version = LUOD_VERSION, .kernelRelease = platform::kernelRelease(),
                              .liveUpdates = registry_.boot().liveUpdates, .handover = recovered.handover,
                              .unitOf = platform::unitOf});
    applyConfig();
    updateAvailability();
    custodian_->resumeRebuilding();
    lookAfterRebuilding();
    custodian_->whenNoneIsRebuilt([this] { announce(); });
}

// The last step: now there is nothing that callers would have to wait for.
void Daemon::announce() {
    try {
        bus_->own();
    } catch (const sdbus::Error& error) {
        log(LOG_ERR, fmt::format("the name on the bus is not to be had: {}; luod ends and is to be started again", error.what()));
        return loop_.exit(EXIT_FAILURE);
    }
    auto total = registry_.total();
    auto status = fmt::format("{} sessions, {} files", total.sessions, total.files);
    log(LOG_INFO, fmt::format("luod {} is ready with {}", LUOD_VERSION, status), {}, platform::message::started);
    platform::notify::ready(status);
}

void Daemon::applyConfig() {
    custodian_->setLimits(config_.limits);
    bus_->access().allowGroup(config_.allowGroup);
    bus_->manager().setUsePolkit(config_.polkit);
}

void Daemon::updateAvailability() {
    auto availability = kernel::probe();
    if (keeper_.refusal())
        return bus_->manager().setAvailability(false, keeper_.refusal()->words);
    if (!availability.available)
        log(LOG_WARNING, availability.reason, {}, platform::message::deviceUnavailable);
    bus_->manager().setAvailability(availability.available, availability.reason);
}

// A session that could not be made anew, because the kernel said no, is tried again.
void Daemon::lookAfterRebuilding() {
    rebuildTimer_ = loop_.timer(5s, [this] {
        custodian_->resumeRebuilding();
        rebuildTimer_.after(5s);
    });
}

void Daemon::reload() {
    platform::notify::reloading();
    auto heldFds = config_.limits.heldFds;
    auto loaded = loadConfig();
    for (const std::string& warning : loaded.warnings)
        log(LOG_WARNING, warning);
    config_ = std::move(loaded.config);
    config_.limits.heldFds = heldFds;
    applyConfig();
    updateAvailability();
    platform::notify::ready();
}

void Daemon::stop(int status) {
    if (!custodian_)
        return loop_.exit(status);
    custodian_->whenNoneIsRebuilt([this, status] { loop_.exit(status); });
}

} // namespace luod::app
