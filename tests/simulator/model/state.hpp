// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The whole state of a simulated kernel as plain data, for dumps and for tests that compare before and after.

#include "handover.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace luosim::model {

struct FileState {
    std::uint64_t token = 0;
    std::string compatible;
    std::string label;        ///< File::label(), empty while there is no file
    std::uint64_t fileId = 0; ///< 0 while there is no file
    int retrieveStatus = 0;   ///< 0 not tried, 1 done, else the negative errno that stays
    bool frozen = false;
    bool invalid = false;

    bool operator==(const FileState&) const = default;
};

struct SessionState {
    std::uint64_t id = 0;
    std::string name;
    bool retrieved = false; ///< incoming only: somebody holds or held it
    bool abandoned = false; ///< its last reference is gone but it could not be finished: stays until reboot
    std::vector<FileState> files;

    bool operator==(const SessionState&) const = default;
};

struct FlbState {
    std::string compatible;
    std::string owner;
    int users = 0;          ///< handlers it is registered with
    long outgoingCount = 0; ///< preserved files that hold it, over all sessions
    long incomingCount = 0; ///< files handed over with it that are not finished
    int retrieveStatus = 0;
    std::string incoming; ///< FlbIncoming in words

    bool operator==(const FlbState&) const = default;
};

struct ModuleState {
    std::string name;
    long pins = 0;

    bool operator==(const ModuleState&) const = default;
};

struct State {
    std::string profile;
    std::string release;
    std::string arrival;
    std::uint64_t liveupdateNumber = 0;
    bool deviceExists = false;
    bool deviceOpen = false;
    bool deserialized = false;
    int deserializeError = 0; ///< kept for the boot; every open says EIO then
    bool frozen = false;
    std::vector<SessionState> outgoing;
    std::vector<SessionState> incoming;
    std::vector<std::string> handlers; ///< compatible strings in the order they are asked
    std::vector<FlbState> flbs;
    std::vector<ModuleState> modules;
    std::vector<std::string> log;

    bool operator==(const State&) const = default;
};

} // namespace luosim::model
