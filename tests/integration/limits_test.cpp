// SPDX-License-Identifier: LGPL-2.1-or-later

// Limits reached: the error names the setting that would help, and everything that was there stays.

#include "expect.hpp"
#include "memfd.hpp"

namespace luod::tests {
namespace {

using core::UniqueFd;

TEST(Limits, OfTheConfiguration) {
    World world({.config = "[Sessions]\nMaxSessionsPerUser=2\nMaxSessions=4\nMaxFilesPerSession=2\nMaxFilesPerUser=3\n"
                           "MaxFiles=4\n"});
    Client root(world), user(world, nobody);
    const std::string first = root.made("1", nobody), second = root.made("2", nobody);
    const UniqueFd a = memfdWith("a"), b = memfdWith("b"), c = memfdWith("c"), d = memfdWith("d"), e = memfdWith("e");
    expectDone(user.preserve(first, {{a.get(), 1, "", {}}, {b.get(), 2, "", {}}}));
    {
        const Unchanged guard(world, root);
        expectRefused(root.create("3", nobody), "LimitReached", "raise MaxSessionsPerUser= in luod.conf");
        expectRefused(user.preserve(first, c.get(), 3), "LimitReached", "MaxFilesPerSession= in luod.conf");
        expectRefused(user.preserve(second, {{c.get(), 3, "", {}}, {d.get(), 4, "", {}}}), "LimitReached",
                      "MaxFilesPerUser= in luod.conf");
    }
    const std::string roots = root.made("1");
    expectDone(root.preserve(roots, c.get(), 1));
    root.made("2");
    {
        const Unchanged guard(world, root);
        expectRefused(root.preserve(roots, {{d.get(), 2, "", {}}, {e.get(), 3, "", {}}}), "LimitReached",
                      "MaxFilesPerSession=");
        expectRefused(root.create("3"), "LimitReached", "raise MaxSessions= in luod.conf");
    }
    expectDone(root.preserve(roots, d.get(), 2)); // the fourth file of all
    const Unchanged guard(world, root);
    expectRefused(root.preserve(root.found("2"), e.get(), 1), "LimitReached", "MaxFiles= in luod.conf");
}

TEST(Limits, OfTheFdStore) {
    World world({.manager = {"--fdstore-max", "8"}});
    Client client(world);
    int sessions = 0;
    while (client.create(std::to_string(sessions)))
        ++sessions;
    EXPECT_GT(sessions, 2);
    const Unchanged guard(world, client);
    expectRefused(client.create("more"), "LimitReached", "raise its FileDescriptorStoreMax=");
    world.luod().kill(); // and what was taken is really there
    EXPECT_EQ(client.status().sessions, unsigned(sessions));
    EXPECT_THAT(client.picture(), testing::Not(testing::HasSubstr("lost")));
}

// sdbus-c++ 2 duplicates what a call brings before luod sees the call, and then answers in its own words; 1.2 goes on
// without, and luod answers.
void expectNoRoomForWhatCame(const Answer& answer) {
    if (answer.error == "org.sdbuscpp.Error")
        EXPECT_THAT(answer.words, testing::HasSubstr("Too many open files"));
    else
        expectRefused(answer, "LimitReached", "raise LimitNOFILE=");
}

TEST(Limits, OfLuodsDescriptors) {
    World world;
    Client client(world);
    const std::string session = client.made("vm1");
    const UniqueFd file = memfdWith("x"), other = memfdWith("y");
    expectDone(client.preserve(session, file.get(), 1));
    const pid_t pid = world.luod().pid();
    const rlim_t enough = 1024;
    for (rlim_t spare = 0; spare < 3; ++spare) {
        SCOPED_TRACE(spare);
        const Unchanged guard(world, client);
        world.limitLuodFds(world.luodFds() + spare);
        // With three to spare even this goes through.
        if (const Answer answer = client.create("vm2"); answer) {
            world.limitLuodFds(enough);
            expectDone(client.discard(client.path));
        } else
            expectRefused(answer, "LimitReached", "raise LimitNOFILE=");
        world.limitLuodFds(enough);
    }
    world.limitLuodFds(world.luodFds());
    expectNoRoomForWhatCame(client.preserve(session, other.get(), 2));
    world.limitLuodFds(enough);
    EXPECT_EQ(world.luod().pid(), pid) << "luod has died of it";
    expectDone(client.preserve(session, other.get(), 2));
    world.luod().kexec();
    std::map<std::uint64_t, std::string> contents;
    expectDone(client.retrieveAll(session, contents));
    EXPECT_EQ(contents, (std::map<std::uint64_t, std::string>{{1, "x"}, {2, "y"}}));
}

} // namespace
} // namespace luod::tests
