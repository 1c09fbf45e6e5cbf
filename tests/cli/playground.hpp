// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A private bus with the mock of luod on it, and luoctl to be run against both.

#include "core/unique_fd.hpp"
#include "luod.h"
#include "private_bus.hpp"
#include "process.hpp"

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <systemd/sd-bus.h>
#include <vector>

namespace cli {

using luod::core::UniqueFd;
using luod::tests::Outcome;
using luod::tests::Process;

class Playground : public testing::Test {
protected:
    using Bus = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;
    using Client = std::unique_ptr<luod_client, luod_client* (*)(luod_client*)>;

    Playground();
    // Ready when it returns. outcome: of an update that it is to remember.
    void startMock(const std::string& outcome = "");
    void endMock() { mock_.reset(); }
    void endBus() { privateBus_.stop(); }

    // luoctl with these words; input is its standard input.
    Outcome luoctl(std::vector<std::string> words, const std::string& input = "");
    // luoctl in the background, writing there; -1: into the Process.
    Process startLuoctl(std::vector<std::string> words, int out, int err = -1, int in = -1);

    Bus connect();                               // another connection to the same bus
    Client client();                             // another client
    std::string create(const std::string& name); // its path

    // What the mock is to play.
    void kexec() { play("Kexec", ""); }
    void fail(const char* method, const std::string& error, const char* message) {
        play("Fail", "sss", method, error.c_str(), message);
    }
    void failKernel(int error) { play("FailKernel", "i", error); }
    void setAvailable(bool yes) { play("Available", "b", int(yes)); }
    void createFor(const std::string& name, uint32_t owner) { play("CreateFor", "su", name.c_str(), owner); }
    unsigned calls(const char* method);   // how often the mock was called so
    std::string seen(const char* method); // and with what, the last time

    using Row = std::array<const char*, 4>;
    void setFindings(const std::vector<Row>& rows); // name, verdict, what was seen, advice
    // A phase of the update, and who is awaited in it.
    void setPhase(const char* phase, const std::vector<std::string>& awaited = {});
    void progress(const char* what, const char* subject, const char* detail, unsigned awaited) {
        play("Progress", "sssu", what, subject, detail, awaited);
    }
    void prepare(const char* to, uint64_t deadline) { play("Prepare", "st", to, deadline); }
    void over(const char* outcome, const char* reason) { play("Over", "ss", outcome, reason); }
    void setHandover(const char* word, const char* reason) { play("Handover", "ss", word, reason); }
    void playSystemd() { play("Systemd", ""); } // a service manager on the bus
    void holdReply() { play("HoldReply", ""); } // of LiveUpdate, until the phase changes

    struct Moment {
        const char *what, *subject;
        uint64_t monotonic, wall;
    };
    void setReport(const char* outcome, const std::vector<Moment>& moments);

private:
    template <typename... Args> void play(const char* method, const char* types, Args... args) {
        ASSERT_GE(sd_bus_call_method(bus_.get(), "org.luod1", "/org/luod1", "org.luod1.Mock", method, nullptr, nullptr,
                                     types, args...),
                  0);
    }
    std::map<std::string, std::string> environment() const;

    luod::tests::PrivateBus privateBus_;
    Bus bus_{nullptr, sd_bus_flush_close_unref};
    std::unique_ptr<Process> mock_;
};

// A memfd with this content, at position 0.
UniqueFd memfdWith(const std::string& content);
std::string contentOf(int fd);
bool closeOnExec(int fd);

} // namespace cli
