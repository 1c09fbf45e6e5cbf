// SPDX-License-Identifier: LGPL-2.1-or-later
//
// luod and a polkit that answers: yes, no, or not at all.

#include "client.hpp"
#include "expect.hpp"
#include "world.hpp"

#include <csignal>
#include <cstring>
#include <future>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

namespace luod::tests {
namespace {

constexpr uid_t nobody = 65534;

enum Manner { Allows, Refuses, IsSilent };

int check(sd_bus_message* call, void* manner, sd_bus_error*) {
    const char *kind = nullptr, *action = nullptr;
    if (sd_bus_message_enter_container(call, 'r', "sa{sv}") < 0 || sd_bus_message_read(call, "s", &kind) < 0 ||
        sd_bus_message_skip(call, "a{sv}") < 0 || sd_bus_message_exit_container(call) < 0 ||
        sd_bus_message_read(call, "s", &action) < 0)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS, "not what polkit is asked");
    if (*static_cast<Manner*>(manner) == IsSilent)
        return 1;
    bool yes = *static_cast<Manner*>(manner) == Allows && std::strcmp(kind, "system-bus-name") == 0 &&
               std::strcmp(action, "org.luod1.create-session") == 0;
    return sd_bus_reply_method_return(call, "(bba{ss})", yes, false, 0);
}

// A process of its own on the test's bus.
class FakePolkit {
public:
    FakePolkit(const World& world, Manner manner) {
        int ends[2];
        if (pipe(ends) != 0)
            throw std::runtime_error("pipe");
        pid_ = fork();
        if (pid_ == 0)
            serve(world.address(), manner, ends[1]);
        close(ends[1]);
        char ready;
        bool is = read(ends[0], &ready, 1) == 1;
        close(ends[0]);
        if (!is)
            throw std::runtime_error("the fake polkit did not start");
    }
    ~FakePolkit() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }

private:
    [[noreturn]] static void serve(const std::string& address, Manner manner, int ready) {
        static const sd_bus_vtable methods[] = {
            SD_BUS_VTABLE_START(0),
            SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        sd_bus* bus = nullptr;
        if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, address.c_str()) < 0 || sd_bus_set_bus_client(bus, 1) < 0 ||
            sd_bus_start(bus) < 0 ||
            sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", methods, &manner) < 0 ||
            sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0) < 0 || write(ready, "", 1) != 1)
            _exit(1);
        close(ready);
        for (;;)
            if (sd_bus_process(bus, nullptr) == 0)
                sd_bus_wait(bus, UINT64_MAX);
    }

    pid_t pid_;
};

TEST(Polkit, LetsAStrangerCreateASession) {
    World world;
    FakePolkit polkit(world, Allows);
    Client stranger(world, nobody);
    expectDone(stranger.create("mine"));
    EXPECT_NE(stranger.picture().find("mine 65534"), std::string::npos);
}

TEST(Polkit, RefusesAStranger) {
    World world;
    FakePolkit polkit(world, Refuses);
    Client stranger(world, nobody), root(world);
    expectRefused(stranger.create("mine"), "AccessDenied", "not authorised");
    EXPECT_EQ(root.picture(), "");
}

TEST(Polkit, ThatIsGoneLetsNoStrangerInUntilItIsBack) {
    World world;
    Client stranger(world, nobody), root(world);
    {
        const FakePolkit polkit(world, Allows);
        expectDone(stranger.create("before"));
    }
    expectRefused(stranger.create("meanwhile"), "AccessDenied", "polkit does not answer");
    expectDone(root.create("roots"));
    const FakePolkit back(world, Allows);
    expectDone(stranger.create("after"));
}

TEST(Polkit, ThatDoesNotAnswerHoldsUpNobodyElse) {
    World world;
    FakePolkit polkit(world, IsSilent);
    Client stranger(world, nobody), root(world);
    auto waiting = std::async(std::launch::async, [&] { return stranger.create("mine"); });
    expectDone(root.create("others"));
    EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    expectRefused(waiting.get(), "AccessDenied", "polkit does not answer");
}

} // namespace
} // namespace luod::tests
