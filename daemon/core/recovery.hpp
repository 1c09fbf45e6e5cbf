// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a starting luod makes of what is there: file descriptors that the service manager kept, and what the kernel was
// handed. One way for a crash, an upgrade, a restart and a kexec:
//
//   a complete ledger of this boot in the fd store  -> go on with it; outgoing sessions are still outgoing
//   else a marker session with a ledger in it       -> the kernel was replaced: sessions come in
//   else                                            -> nothing was kept: begin anew
//
// Blocks: nobody is served before it is done. What it changes is safe against a kill at any line: everything it takes from
// the kernel goes into the fd store before anything is let go, and a second run finds it there.

#include "core/custodian.hpp"

#include <string>
#include <vector>

namespace luod::core {

struct InheritedFd {
    std::string name;
    UniqueFd fd;
};

struct Note { // for the journal
    enum Kind { LedgerReplayed, LedgerRefused, LedgerTorn, SessionLost, FileLost, Unclaimed, LiveUpdateSeen, NoMarker } kind;
    std::string words;
};

struct Recovered {
    Registry registry;
    Custodies custodies;
    Handover handover = Handover::None;
    bool newBoot = false;       // luod's first start in this boot: what became of the handover is to be judged (verdict.hpp)
    bool deviceMissing = false; // there is no live update here
    std::vector<Note> notes;
};

struct RecoveryPorts {
    Luo& luo;
    FdStore& store;
    LedgerMaker& maker;
    // Closing the last fd of a retrieved session finishes it, so luod's death between retrieving and storing would lose
    // it. While what this returns lives, somebody else sees to it that the session with this kernel name is stored under
    // that name.
    std::function<std::shared_ptr<void>(const std::string& kernelName, const std::string& storeName)> cover;
    std::string bootId, release;
};

// Error: Busy where the device could not be opened in time: start again later, nothing was decided. Unavailable where luod
// may not open it, or cannot tell which boot this is: the same. Any other trouble with the ledger makes the keeper refuse
// changes, and every fd is kept.
Result<Recovered> recover(const RecoveryPorts& ports, LedgerKeeper& keeper, std::vector<InheritedFd> inherited);

} // namespace luod::core
