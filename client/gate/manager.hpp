// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus.hpp"

#include <string>

namespace luod::gate {

// The service manager, as far as shutdowns into the next kernel go.
class Manager {
public:
    // `forbidden`: a file that is there while kexec.target is masked by us, so that a gate that was killed can undo it.
    Manager(Bus& bus, std::string forbidden) : bus_(bus), forbidden_(std::move(forbidden)) {}

    // From here on nobody can start kexec.target, logind included, until allowKexec() or the end of this boot.
    Got<> forbidKexec();
    // Undoes it; nothing where it was not us who did it.
    Got<> allowKexec();

    bool kexecQueued(); // whether the shutdown into the next kernel is under way
    Got<> startKexec(); // as `systemctl kexec` does where there is no logind
    Got<> clearJobs();  // stops every shutdown under way; what was stopped by then stays so
    Got<> startSelf();
    // False only where luod is certainly not running, and nobody is about to start it.
    bool luodRuns();

private:
    bool isMasked();
    std::string stateOf(const char* unit, const char* property);

    Bus& bus_;
    std::string forbidden_;
};

} // namespace luod::gate
