// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A machine as luod-gate sees it: a bus with a login manager, a service manager and luod on it, none of them real, and
// the real gate among them.

#include "core/unique_fd.hpp"
#include "fake.hpp"
#include "fake_manager.hpp"
#include "private_bus.hpp"
#include "process.hpp"
#include "temp_dir.hpp"
#include "waiting.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>

namespace gate {

class World : public testing::Test {
protected:
    World();
    ~World() override;

    void start();     // the gate; ready when it returns
    void terminate(); // SIGTERM
    int end();        // its exit status, once it has ended
    std::string said(); // on standard error, up to its end

    // Runs the fakes until that is so.
    bool until(const std::function<bool()>& so);
    // Runs them until the gate has taken in everything that was sent to it up to now.
    void settle();

    bool locked();
    bool departing() { return std::filesystem::exists(root / "run/luod/departing"); }
    void shutdown(bool begins, const char* type); // logind says so, as 255 and later do; nullptr: as before
    void queueKexec() { kexecQueued_ = true; }

    // luod's part
    void phase(const char* phase, const char* mode = "systemd");
    void aborted(const char* why);
    void holding(unsigned sessions, bool client);
    struct Asked {
        std::map<std::string, std::string> words;
        std::uint64_t deadline = 0;
        bool shutdownAsked = false;
    };
    Asked asked; // by LiveUpdate

    luod::tests::TempDir root;
    luod::tests::PrivateBus bus;
    std::unique_ptr<sd_event, sd_event* (*)(sd_event*)> loop;
    luod::test::FakeManager notify;
    Fake logind, systemd, luod;
    std::string kexecState = "loaded"; // LoadState of kexec.target
    std::vector<std::string> started;  // units
    std::uint64_t rebootFlags = 0;
    std::string abortedBecause; // by AbortLiveUpdate

private:
    void playLogind();
    void playSystemd();
    void playLuod();
    void watch(int fd);
    int answerJobs(sd_bus_message* call);
    int noteLiveUpdate(sd_bus_message* call);

    luod::core::UniqueFd lock_; // hangs up when the gate drops its end
    bool kexecQueued_ = false;
    std::optional<luod::tests::Process> gate_;
};

} // namespace gate
