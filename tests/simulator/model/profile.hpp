// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Which kernel is played: the strings it writes and demands, its limits, and what it lets pass.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luosim::model {

/// Where kernels differ in what they accept. 7.0 lets everything pass and then loses it silently.
struct Rules {
    bool namesChecked;       ///< CREATE_SESSION: an empty or unterminated name is EINVAL; else it is cut at 63 bytes
    bool sessionTypeChecked; ///< PRESERVE_FD only on outgoing sessions, RETRIEVE_FD and FINISH only on incoming: else
                             ///< EINVAL
    bool duplicateFilesRefused; ///< a file preserved anywhere already is EBUSY
    bool blocksAfterFreeze;     ///< after a successful freeze no LUO call returns
    bool hasGetName;            ///< GET_NAME exists
    /// As the code of 7.0 to 7.3.4 stands, an incoming FLB's count is read from the handover only by retrieve: what
    /// nobody retrieved is never finished either, and stays until the next reboot.
    bool unretrievedFlbNeverFinished;

    bool operator==(const Rules&) const = default;
};

struct Limits {
    std::size_t sessions;        ///< outgoing sessions
    int tooManySessions;         ///< ENOMEM or ENOSPC
    std::size_t filesPerSession; ///< too many is ENOSPC everywhere
    std::size_t flbs;            ///< registered FLBs

    bool operator==(const Limits&) const = default;
};

/// The version strings; each layer of the next kernel compares its own exactly.
struct Versions {
    std::string kho;
    std::string luo;
    std::string luoSession; ///< empty where the layer has no string of its own (7.2 and later)
    std::string luoFlb;     ///< likewise
    std::string memfd;

    bool operator==(const Versions&) const = default;
};

struct Profile {
    std::string name;    ///< "7.3"
    std::string release; ///< "7.3.4", as uname -r would say
    Versions versions;
    Limits limits;
    Rules rules;
    bool memfdSeals = true;        ///< seals travel with a memfd (7.1 and later)
    bool khoEnabled = true;        ///< kho=on or built-in default
    bool liveupdateEnabled = true; ///< liveupdate=on on the command line
};

/// "7.0", "7.1", "7.2", "7.3"; also "future": 7.3 with what is agreed on the list but not merged.
std::optional<Profile> findProfile(std::string_view name);
std::vector<std::string> profileNames();

} // namespace luosim::model
