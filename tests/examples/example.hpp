// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The examples as they are meant to run: in a simulated machine with luod, as services that have an fd store.

#include "../integration/updated.hpp"

#include <functional>

namespace luod::tests {

// A program under a service manager of its own. What a live update ends is started again by the test, as a boot would.
class Service {
public:
    Service(World& world, std::vector<std::string> command) : world_(world), command_(std::move(command)) {}

    void start(); // back when it says that it is ready
    void kill() { ask("kill"); } // -9; back when the next one is ready
    std::string status() { return ask("status"); } // the last STATUS= that it said

private:
    std::string ask(const std::string& command);

    World& world_;
    TempDir dir_;
    std::vector<std::string> command_;
    std::optional<World::Begun> manager_;
};

// A machine in which live updates are led.
class ExampleTest : public testing::Test {
protected:
    void update(); // whole
    // One that somebody else holds up.
    void beginUpdate();
    void waitReady(const std::string& who); // that lock is closed
    void waitSessionAdded();
    static void waitFor(Client& subscribed, const std::function<bool(const luod_event&)>& event);
    void abort();
    void goOver();
    std::string sessions() { return world.luoctl({"list", "--no-legend"}).out; }

    World world;
    Lead lead{world};
    TempDir dir;

private:
    std::optional<Party> other_;
};

} // namespace luod::tests
