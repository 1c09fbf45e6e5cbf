// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <chrono>

namespace luod::app {

// The device opens for one process at a time, and systemd and others want it too, each for a moment: try again for a
// while where it is busy. Waits, so it is for worker threads and for the start.
class PatientLuo final : public core::Luo {
public:
    PatientLuo(core::Luo& luo, std::chrono::microseconds patience) : luo_(luo), patience_(patience) {}

    core::Errno<core::UniqueFd> createSession(const std::string& name) override {
        return patiently([&] { return luo_.createSession(name); });
    }
    core::Errno<core::UniqueFd> retrieveSession(const std::string& name) override {
        return patiently([&] { return luo_.retrieveSession(name); });
    }
    core::Errno<> preserve(int session, int fd, core::Token token) override { return luo_.preserve(session, fd, token); }
    core::Errno<core::UniqueFd> retrieve(int session, core::Token token) override { return luo_.retrieve(session, token); }
    core::Errno<> finish(int session) override { return luo_.finish(session); }
    core::Errno<bool> holds(int session, core::Token token) override { return luo_.holds(session, token); }
    bool carriesSeals(int session) override { return luo_.carriesSeals(session); }

private:
    core::Errno<core::UniqueFd> patiently(const std::function<core::Errno<core::UniqueFd>()>& call);

    core::Luo& luo_;
    std::chrono::microseconds patience_;
};

} // namespace luod::app
