// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A simulated machine with luod, in it luo-qemu, and under that a real QEMU with a guest that tells how it is.

#include "../integration/updated.hpp"
#include "fake_manager.hpp"
#include "guest_line.hpp"

#include <memory>

namespace luod::tests {

using Words = std::vector<std::string>;

// luo-qemu --name NAME OPTIONS -- QEMU ARGUMENTS, as a service of its own little manager.
class Hosted {
public:
    struct Options {
        std::string name = "vm1";
        Words machine{"-machine", "q35"}; // and what else is to stand in QEMU's command
        Words options;
        std::string memory = "32M";
        std::string qemu = ""; // another program
    };
    explicit Hosted(World& world) : Hosted(world, Options()) {}
    Hosted(World& world, Options options);

    void boot();    // starts it, until the guest has booted
    void resume();  // starts it in the next boot, until the guest is there again
    void begin();   // starts it and waits for nothing
    int wait() { return process_->wait(); } // its exit status
    std::string said() const { return process_->said(); }
    void waitStatus(const std::string& words); // what it tells its manager
    void waitCovered() { waitStatus("preserved for a live update"); }
    void waitAsked() { waitStatus("is being saved"); }
    void waitFrozen() { waitStatus("stands still"); }

    GuestLine line;
    pid_t pid() const { return pid_; } // luo-qemu itself
    pid_t qemu() const; // its child
    void setMachine(Words machine) { options_.machine = std::move(machine); }
    void setOptions(Words options) { options_.options = std::move(options); }

private:
    Words command() const;

    World& world_;
    Options options_;
    test::FakeManager manager_;
    std::optional<World::Begun> process_;
    pid_t pid_ = 0;
};

// A guest that is to come through live updates.
class HostTest : public testing::Test {
protected:
    explicit HostTest(World::Options options = {}) : world(std::move(options)) {}

    void load() { expectDone(lead.load()); }
    void beginUpdate() { expectDone(lead.begin()); }
    void update() { // whole
        load();
        beginUpdate();
        world.luod().waitNextBoot();
        EXPECT_EQ(lead.handover(), "done");
    }
    // What must not change: asked before, and compared after.
    struct Seen {
        unsigned long counter = 0, ticks = 0;
        std::string sum, memory, boot;
    };
    static Seen look(Hosted& guest);
    static void expectGoneOn(const Seen& before, Hosted& guest);
    // The counter in the memory that a session carries.
    unsigned long counterIn(const std::string& session, const std::string& file);
    std::string sessions() { return world.luoctl({"list", "--no-legend"}).out; }

    World world;
    Lead lead{world};
};

} // namespace luod::tests
