// SPDX-License-Identifier: LGPL-2.1-or-later

// Identity that survives a reboot: a session bound to a unit is that unit's in the next kernel, too.

#include "expect.hpp"
#include "in_service.hpp"
#include "memfd.hpp"

#include <memory>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::HasSubstr;
using testing::Not;

constexpr const char* unknownObject = "org.freedesktop.DBus.Error.UnknownObject";

class Identity : public testing::Test {
protected:
    // Connected from that service.
    std::unique_ptr<Client> of(const std::string& service) {
        const InService in(service);
        works = works && in.works();
        return std::make_unique<Client>(world, nobody);
    }
    void SetUp() override {
        of("luod-test-a.service");
        if (!works)
            GTEST_SKIP() << "needs the right to make control groups";
    }
    static Answer createBound(Client& client, const std::string& name, uid_t owner = LUOD_ANY_OWNER) {
        const luod_create_options options{.owner = owner, .flags = LUOD_BIND_TO_UNIT};
        char* path = nullptr;
        const Answer answer = client.answer(luod_create_with(client.get(), name.c_str(), &options, &path));
        client.path = path ? path : "";
        std::free(path);
        return answer;
    }

    World world{{.config = "[Sessions]\nAllowGroup=nogroup\n"}};
    bool works = true;
};

TEST_F(Identity, ABoundSessionIsItsUnitsAlsoInTheNextKernel) {
    auto mine = of("luod-test-a.service");
    expectDone(createBound(*mine, "vm1"));
    const std::string session = mine->path;
    const UniqueFd file = memfdWith("guest memory");
    expectDone(mine->preserve(session, file.get(), 1, "ram"));
    for (const bool crossed : {false, true}) {
        SCOPED_TRACE(crossed);
        auto same = of("luod-test-a.service"), other = of("luod-test-b.service");
        Client outside(world, nobody), root(world);
        EXPECT_THAT(same->picture(), HasSubstr("vm1"));
        EXPECT_THAT(root.picture(), HasSubstr("vm1"));
        for (Client* stranger : {other.get(), &outside}) {
            EXPECT_EQ(stranger->picture(), "");
            expectRefused(stranger->find("vm1"), "NoSuchSession", "no session of that name");
            EXPECT_EQ(stranger->discard(session).error, unknownObject);
        }
        if (!crossed)
            world.luod().kexec();
    }
    auto same = of("luod-test-a.service");
    UniqueFd back;
    expectDone(same->retrieve(session, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "guest memory");
    expectDone(same->finish(session));
}

TEST_F(Identity, SignalsOfABoundSessionGoToItsUnit) {
    auto mine = of("luod-test-a.service"), other = of("luod-test-b.service");
    for (Client* each : {mine.get(), other.get()})
        ASSERT_EQ(luod_subscribe(each->get()), 0);
    expectDone(createBound(*mine, "bound"));
    const std::string bound = mine->path;
    expectDone(mine->discard(bound));
    const std::string open = mine->made("open");
    const luod_event* event = nullptr;
    for (auto [client, first] : {std::pair{mine.get(), bound}, {other.get(), open}}) {
        ASSERT_EQ(luod_wait_event(client->get(), 10'000'000, &event), 1);
        EXPECT_EQ(event->type, LUOD_EVENT_SESSION_ADDED);
        EXPECT_EQ(event->session, first);
    }
}

TEST_F(Identity, BindingIsForServicesThatMakeASessionOfTheirOwn) {
    Client outside(world, nobody);
    expectRefused(createBound(outside, "vm1"), "InvalidArgument", "'bind-to-unit' is for system services");
    const InService in("luod-test-a.service");
    Client root(world);
    expectRefused(createBound(root, "vm1", nobody), "InvalidArgument", "a session of their own");
    expectDone(createBound(root, "vm1"));
}

TEST_F(Identity, ADaemonRestartedInItsUnitHasItsSessions) {
    {
        auto mine = of("luod-test-a.service");
        expectDone(createBound(*mine, "vm1"));
    }
    world.luod().kill();
    EXPECT_THAT(of("luod-test-a.service")->picture(), HasSubstr("vm1"));
    EXPECT_THAT(of("luod-test-b.service")->picture(), Not(HasSubstr("vm1")));
}

} // namespace
} // namespace luod::tests
