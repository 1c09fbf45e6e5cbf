// SPDX-License-Identifier: LGPL-2.1-or-later
#include "verbs.hpp"

#include <array>

namespace luoctl {
namespace {

constexpr size_t any = SIZE_MAX;

constexpr std::array table{
    VerbRow{"status", "", "whether live update is available, and what to do next (the default)", 0, 0, false,
            Offers::Nothing, runStatus},
    VerbRow{"list", "", "the sessions", 0, 0, false, Offers::Nothing, runList},
    VerbRow{"show", "SESSION...", "all about sessions and the files in them", 1, any, false, Offers::Sessions, runShow},
    VerbRow{"create", "NAME", "make a session for the next kernel", 1, 1, false, Offers::Nothing, runCreate},
    VerbRow{"preserve", "SESSION TOKEN|NAME [FILE|-]", "put a file's content, or an open file (--fd), into a session",
            2, 3, true, Offers::SessionThenFile, runPreserve},
    VerbRow{"retrieve", "SESSION [TOKEN|NAME...] [-- COMMAND...]",
            "get files back: their content, or open, for a command", 1, any, true, Offers::Session, runRetrieve, true},
    VerbRow{"annotate", "SESSION TOKEN|NAME", "change a file's name (--name) and metadata (--metadata)", 2, 2, false,
            Offers::Session, runAnnotate},
    VerbRow{"take-out", "SESSION TOKEN|NAME...", "stop preserving single files of a session", 2, any, false,
            Offers::Session, runTakeOut},
    VerbRow{"finish", "SESSION...", "be done with sessions that came from the previous kernel", 1, any, false,
            Offers::Sessions, runFinish},
    VerbRow{"discard", "SESSION...", "give sessions up, with all that is in them", 1, any, false, Offers::Sessions,
            runDiscard},
    VerbRow{"monitor", "", "print what happens as it happens", 0, 0, false, Offers::Nothing, runMonitor},
    VerbRow{"load", "[KERNEL]", "load the kernel for the next live update", 0, 1, true, Offers::File, runLoad},
    VerbRow{"unload", "", "undo that", 0, 0, false, Offers::Nothing, runUnload},
    VerbRow{"check", "", "whether a live update would work, and if not why", 0, 0, false, Offers::Nothing, runCheck},
    VerbRow{"kexec", "", "check, have everybody get ready, and go over to the loaded kernel", 0, 0, false,
            Offers::Nothing, runKexec},
    VerbRow{"abort", "[REASON]", "call the live update under way off", 0, 1, false, Offers::Nothing, runAbort},
    VerbRow{"inhibit", "-- COMMAND...", "hold up or block live updates while a command runs", 0, 0, true,
            Offers::Nothing, runInhibit, true},
    VerbRow{"list-inhibitors", "", "who has a say in live updates", 0, 0, false, Offers::Nothing, runListInhibitors},
    VerbRow{"quota", "", "what each user has of luod, and may have", 0, 0, false, Offers::Nothing, runQuota},
    VerbRow{"report", "[UPDATE]", "how long each step of a live update took", 0, 1, false, Offers::Nothing, runReport},
    VerbRow{"is-restored", "", "what became of the last handover, as exit status", 0, 0, false, Offers::Nothing,
            runIsRestored},
    VerbRow{"metrics", "", "luod's numbers as OpenMetrics text", 0, 0, false, Offers::Nothing, runMetrics},
    VerbRow{"doctor", "", "collect what a bug report needs, also where luod does not run", 0, 0, false, Offers::Nothing,
            runDoctor},
};

} // namespace

std::span<const VerbRow> verbs() {
    return table;
}

} // namespace luoctl
