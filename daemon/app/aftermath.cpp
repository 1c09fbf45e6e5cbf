// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/aftermath.hpp"

#include "app/update_json.hpp"
#include "app/update_world.hpp"
#include "core/image_words.hpp"
#include "platform/machine.hpp"
#include "platform/service_manager.hpp"
#include "proto/liveupdate-abi.h"

#include <filesystem>
#include <malloc.h>

namespace luod::app {
namespace {

using namespace core;

std::optional<HandoverRecord> readRecord(const platform::StateDirectory& state) {
    auto content = state.read(UpdateWorld::handoverFile);
    return content ? handoverFromJson(*content) : std::nullopt;
}

// Recovery looked for it only in the first start of a boot.
bool isDeviceMissing(const Recovered& recovered) {
    std::error_code ignored;
    return recovered.deviceMissing || (!recovered.newBoot && !std::filesystem::exists(LUO_DEVICE_PATH, ignored));
}

// Reading takes ten times the memory of what is kept, which would stay with luod for good.
std::vector<Update> updatesBefore(const platform::StateDirectory& state) {
    std::vector<Update> updates;
    if (auto history = state.read(UpdateWorld::historyFile))
        updates = updatesFromJson(*history);
    ::malloc_trim(0);
    return updates;
}

} // namespace

Aftermath lookBack(const Recovered& recovered, const platform::StateDirectory& state) {
    auto record = readRecord(state);
    // One of this very boot is of an update that a luod before this one was about to go over with.
    bool counts = record && record->boot != platform::bootId();
    Witnesses witnesses{.recorded = counts ? record->update : "", .to = counts ? record->to : "",
                        .commandLine = updateOnCommandLine(platform::kernelCommandLine()),
                        .deviceMissing = isDeviceMissing(recovered), .found = recovered.handover};
    return {judge(witnesses, platform::kernelRelease()), witnesses.recorded,
            counts ? record->cycles : platform::CycleAnchor(), updatesBefore(state)};
}

Instant readyNow(const platform::CycleAnchor& cycles) {
    return {platform::monotonicNow(), platform::wallAt(cycles, platform::cyclesNow(), platform::wallNow())};
}

std::vector<Moment> arrivalMoments(Instant ready) {
    auto began = ready.wall - ready.monotonic;
    std::vector<Moment> moments{{.what = Milestone::Kernel, .at = {0, began}}};
    if (auto times = platform::ServiceManager().bootTimes(); times && times->userspaceMonotonic > 0)
        moments.push_back({.what = Milestone::Manager, .at = {times->userspaceMonotonic, began + times->userspaceMonotonic}});
    moments.push_back({.what = Milestone::Luod, .at = ready});
    return moments;
}

} // namespace luod::app
