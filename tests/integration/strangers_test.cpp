// SPDX-License-Identifier: LGPL-2.1-or-later

// Other users: for them a session does not exist.

#include "expect.hpp"
#include "memfd.hpp"

#include <future>
#include <memory>
#include <regex>
#include <systemd/sd-bus.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::HasSubstr;
using testing::Not;

constexpr const char* unknownObject = "org.freedesktop.DBus.Error.UnknownObject";

class Strangers : public testing::Test {
protected:
    // A call without libluod; the reply's first string, or the error's name.
    std::string call(uid_t user, const std::string& path, const char* interface, const char* member,
                     const std::vector<const char*>& strings = {}) {
        sd_bus* made = nullptr;
        sd_bus_new(&made);
        const std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)> bus(made, sd_bus_flush_close_unref);
        sd_bus_set_address(made, world.address().c_str());
        sd_bus_set_bus_client(made, 1);
        EXPECT_EQ(seteuid(user), 0);
        EXPECT_GE(sd_bus_start(made), 0);
        EXPECT_EQ(seteuid(0), 0);
        sd_bus_message* message = nullptr;
        sd_bus_message* reply = nullptr;
        EXPECT_GE(sd_bus_message_new_method_call(made, &message, "org.luod1", path.c_str(), interface, member), 0);
        for (const char* each : strings)
            sd_bus_message_append(message, "s", each);
        sd_bus_error error{};
        const int result = sd_bus_call(made, message, 0, &error, &reply);
        std::string answer = result < 0 ? error.name ? error.name : "" : "fine";
        words = error.message ? error.message : "";
        const char* text = nullptr;
        if (result >= 0 && sd_bus_message_has_signature(reply, "s") && sd_bus_message_read(reply, "s", &text) > 0)
            answer = text;
        if (result >= 0 && sd_bus_message_has_signature(reply, "a{oa{sa{sv}}}"))
            answer = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}") >= 0 && sd_bus_message_at_end(reply, 0)
                         ? "none"
                         : "some";
        sd_bus_error_free(&error);
        sd_bus_message_unref(message);
        sd_bus_message_unref(reply);
        return answer;
    }

    World world;
    Client root{world}, stranger{world, nobody};
    std::string session = root.made("vm1"), words;
    std::string never = "/org/luod1/session/4711";
};

TEST_F(Strangers, EveryCallAnswersAsForAPathThatNeverWas) {
    const UniqueFd file = memfdWith("x");
    expectDone(root.preserve(session, file.get(), 1, "ram"));
    const Unchanged guard(world, root);
    UniqueFd back;
    const UniqueFd other = memfdWith("y");
    const std::function<Answer(const std::string&)> calls[] = {
        [&](const std::string& path) { return stranger.preserve(path, other.get(), 2); },
        [&](const std::string& path) { return stranger.retrieve(path, 1, back); },
        [&](const std::string& path) { return stranger.retrieve(path, "ram", back); },
        [&](const std::string& path) { return stranger.annotate(path, 1, "mine"); },
        [&](const std::string& path) { return stranger.takeOut(path, 1); },
        [&](const std::string& path) { return stranger.finish(path); },
        [&](const std::string& path) { return stranger.discard(path); },
        [&](const std::string& path) { return stranger.answer(luod_borrow(stranger.get(), path.c_str())); },
        [&](const std::string& path) {
            luod_files* files = nullptr;
            return stranger.answer(luod_list_files(stranger.get(), path.c_str(), &files));
        },
        [&](const std::string& path) {
            luod_sessions* sessions = nullptr;
            return stranger.answer(luod_get_session(stranger.get(), path.c_str(), &sessions));
        },
    };
    for (const auto& each : calls) {
        const Answer foreign = each(session), nowhere = each(never);
        EXPECT_EQ(foreign.error, nowhere.error) << foreign;
        EXPECT_THAT(foreign.error, testing::AnyOf(unknownObject, "NoSuchSession"))
            << foreign; // the library's word for it
        EXPECT_EQ(std::regex_replace(foreign.words, std::regex(session), never), nowhere.words);
        EXPECT_EQ(foreign.result, nowhere.result);
    }
    EXPECT_FALSE(back);
}

TEST_F(Strangers, PropertiesAndIntrospectionTellNothing) {
    const char* properties = "org.freedesktop.DBus.Properties";
    EXPECT_EQ(call(0, session, properties, "GetAll", {"org.luod1.Session"}), "fine");
    for (const std::string& path : {session, never}) {
        EXPECT_EQ(call(nobody, path, properties, "GetAll", {"org.luod1.Session"}), unknownObject);
        EXPECT_EQ(call(nobody, path, properties, "Get", {"org.luod1.Session", "Name"}), unknownObject);
    }
    const char* introspectable = "org.freedesktop.DBus.Introspectable";
    EXPECT_THAT(call(0, "/org/luod1", introspectable, "Introspect"), HasSubstr("<node name=\"session"));
    EXPECT_THAT(call(nobody, "/org/luod1", introspectable, "Introspect"), Not(HasSubstr("<node name=\"session")));
    EXPECT_THAT(call(0, "/org/luod1/session", introspectable, "Introspect"), HasSubstr("<node name=\"1\""));
    EXPECT_THAT(call(nobody, "/org/luod1/session", introspectable, "Introspect"), Not(HasSubstr("<node name=\"1\"")));
    EXPECT_THAT(call(nobody, session, introspectable, "Introspect"), Not(HasSubstr("org.luod1.Session")));
    const char* manager = "org.freedesktop.DBus.ObjectManager";
    EXPECT_EQ(call(0, "/org/luod1", manager, "GetManagedObjects"), "some");
    EXPECT_EQ(call(nobody, "/org/luod1", manager, "GetManagedObjects"), "none");
    EXPECT_EQ(call(0, "/org/luod1", manager, "GetManagedObjects"), "some"); // and not gone for root either
}

// A stranger's call unmakes the object: what its owner still waits for comes all the same.
TEST_F(Strangers, CannotDisturbACallThatIsBeingAnswered) {
    const UniqueFd file = memfdWith("guest memory");
    expectDone(root.preserve(session, file.get(), 1, "ram"));
    world.luod().kexec();
    world.fault("retrieve:delay=300ms");
    UniqueFd back;
    std::map<std::uint64_t, std::string> all;
    auto slow = std::async(std::launch::async, [&] { return root.retrieveAll(session, all); });
    while (slow.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        EXPECT_EQ(stranger.finish(session).error, unknownObject);
    expectDone(slow.get());
    EXPECT_THAT(all, testing::ElementsAre(testing::Pair(1, "guest memory")));
    expectDone(root.retrieve(session, 1, back));
}

TEST_F(Strangers, FindAndListShowOnesOwn) {
    EXPECT_EQ(stranger.picture(), "");
    expectRefused(stranger.find("vm1"), "NoSuchSession", "uid 65534 has no session of that name");
    expectRefused(stranger.find("vm1", nullptr, 0), "AccessDenied", "only root may name another owner");
    const std::string theirs = root.made("vm1", nobody); // the same name: each has its own
    EXPECT_THAT(stranger.picture(), HasSubstr(theirs + " vm1 65534 outgoing active"));
    EXPECT_THAT(stranger.picture(), Not(HasSubstr(session + " ")));
    EXPECT_EQ(stranger.found("vm1"), theirs);
    EXPECT_EQ(root.found("vm1"), session);
}

TEST_F(Strangers, WithoutPolkitOnlyRootCreates) {
    const Unchanged guard(world, root);
    expectRefused(stranger.create("mine"), "AccessDenied", "polkit");
    expectRefused(stranger.create("mine", 0), "AccessDenied", "only root may name another owner");
}

TEST_F(Strangers, AnOwnerUsesWhatRootMadeForIt) {
    const std::string theirs = root.made("theirs", nobody);
    const UniqueFd file = memfdWith("guest memory");
    expectDone(stranger.preserve(theirs, file.get(), 1, "ram"));
    world.luod().kexec();
    UniqueFd back;
    expectDone(stranger.retrieve(theirs, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "guest memory");
    EXPECT_EQ(stranger.finish(session).error, unknownObject);
    expectDone(stranger.finish(theirs));
    expectDone(root.discard(session));
}

TEST_F(Strangers, SignalsGoToThoseTheyConcern) {
    ASSERT_EQ(luod_subscribe(stranger.get()), 0);
    ASSERT_EQ(luod_subscribe(root.get()), 0);
    const UniqueFd file = memfdWith("x");
    expectDone(root.preserve(session, file.get(), 1));
    const std::string another = root.made("another"), theirs = root.made("theirs", nobody);
    expectDone(root.discard(another));
    // What is sent to the stranger comes in order: the first that it hears of is its own session's.
    const luod_event* event = nullptr;
    ASSERT_EQ(luod_wait_event(stranger.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_SESSION_ADDED);
    EXPECT_EQ(event->session, theirs);
    stranger.status(); // and after an answer to this, nothing sent before is still on its way
    EXPECT_EQ(luod_next_event(stranger.get(), &event), 0);
    ASSERT_EQ(luod_wait_event(root.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_FILE_PRESERVED);
}

TEST(AllowGroup, ItsMembersCreate) {
    World world({.config = "[Sessions]\nAllowGroup=nogroup\n"});
    Client member(world, nobody);
    expectDone(member.create("mine"));
    Client daemon(world, 1);
    expectRefused(daemon.create("mine"), "AccessDenied", "polkit");
}

TEST(Polkit, IsNotAskedWhereItIsSwitchedOff) {
    World world({.config = "[Sessions]\nPolkit=no\n"});
    Client stranger(world, nobody);
    expectRefused(stranger.create("mine"), "AccessDenied", "only root and members of luod's group");
}

} // namespace
} // namespace luod::tests
