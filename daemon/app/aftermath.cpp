// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/aftermath.hpp"

#include "app/update_json.hpp"
#include "app/update_world.hpp"
#include "core/image_words.hpp"
#include "platform/machine.hpp"
#include "platform/service_manager.hpp"

#include <algorithm>

namespace luod::app {
namespace {

using namespace core;

std::optional<HandoverRecord> readRecord(const platform::StateDirectory& state) {
    auto content = state.read(UpdateWorld::handoverFile);
    return content ? handoverFromJson(*content) : std::nullopt;
}

} // namespace

Aftermath lookBack(const Recovered& recovered, const platform::StateDirectory& state) {
    auto record = readRecord(state);
    // One of this very boot is of an update that a luod before this one was about to go over with.
    bool counts = record && record->boot != platform::bootId();
    auto history = state.read(UpdateWorld::historyFile);
    Witnesses witnesses{.recorded = counts ? record->update : "", .to = counts ? record->to : "",
                        .commandLine = updateOnCommandLine(platform::kernelCommandLine()),
                        .deviceMissing = recovered.deviceMissing, .found = recovered.handover};
    return {judge(witnesses, platform::kernelRelease()), witnesses.recorded,
            history ? updatesFromJson(*history) : std::vector<Update>()};
}

std::vector<Moment> arrivalMoments(Instant ready) {
    std::vector<Moment> moments{{.what = Milestone::Kernel, .at = {0, ready.wall - ready.monotonic}}};
    if (auto times = platform::ServiceManager().bootTimes(); times && times->userspace > 0)
        moments.push_back({.what = Milestone::Manager, .at = {times->userspaceMonotonic, times->userspace}});
    moments.push_back({.what = Milestone::Luod, .at = ready});
    return moments;
}

} // namespace luod::app
