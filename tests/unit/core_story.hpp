// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A life of luod with everything in it, told with what its callers were told, so that it can be ended at any call and
// what is found afterwards be held against that.

#include "core/names.hpp"
#include "unit/core_life.hpp"

namespace luod::test {

// What callers know: nothing of it may be missing, nothing else may be there.
struct Known {
    struct Holding {
        Direction direction = Direction::Outgoing;
        std::map<Token, std::string> files; // contents
        std::string nameOfFirst;
    };
    std::map<std::string, Holding> sessions;
};

class Story {
public:
    explicit Story(World& world) : world(world) {}

    void start() {
        life.reset();
        life = std::make_unique<Life>(world);
        auto started = life->start();
        EXPECT_TRUE(started) << started.error().words;
    }
    // Everything that can be done to outgoing sessions.
    void firstBoot() {
        start();
        create("a");
        preserve("a", {{1, "one"}, {2, "two"}, {3, "three"}});
        annotate("a", "renamed", 50);
        takeOut("a", 2);
        preserve("a", {{4, "four"}});
        create("b");
        preserve("b", {{1, "uno"}});
        for (int i = 0; i < 3; ++i) // until the ledger has to grow
            annotate("b", "note" + std::to_string(i), 1150);
        start();
        preserve("b", {{2, "due"}});
        create("c");
        discard("c");
        create("c");
        open("b");
        preserve("c", {{7, "seven"}, {8, "eight"}});
    }
    // Everything that can be done to incoming ones, and outgoing ones of the same names.
    void secondBoot() {
        start();
        retrieve("a", 1);
        finish("c");
        create("a2");
        preserve("a2", {{1, "new one"}, {2, "new two"}});
        start();
        takeOut("a2", 1, Errc::CannotTakeOut);
        noteRetrieved("a", 3);
        create("b2");
        finish("b");
        preserve("b2", {{1, "of b2"}});
    }

    // Sessions that nobody claimed, into the boot after this.
    void carryingBoot() {
        start();
        carry("a");
        retrieve("a", 3);
        start();
        takeOut("a", 3);
        carry("c");
        start();
        discard("c");
        carry("b");
    }

    void expectAllIsThere(bool kexecMidway = false) {
        for (const auto& [name, then] : before.sessions) {
            auto now = after.sessions.find(name);
            if (now == after.sessions.end())
                continue; // was just being given up
            SCOPED_TRACE(name);
            const Session* session = life->find(1, name, then.direction);
            if (!session) // being carried forward
                session = life->find(1, name, now->second.direction);
            if (!session && kexecMidway && takingOut == name)
                continue; // while it was made anew nothing held its files in the kernel
            ASSERT_TRUE(session);
            EXPECT_EQ(session->state, SessionState::Active);
            for (const auto& [token, content] : then.files) {
                if (now->second.files.contains(token) && !(kexecMidway && takingOut == name)) {
                    EXPECT_TRUE(session->files.contains(token)) << token;
                }
            }
            if (auto first = session->files.find(1); first != session->files.end() && !then.nameOfFirst.empty()) {
                EXPECT_TRUE(first->second.name == then.nameOfFirst || first->second.name == now->second.nameOfFirst)
                    << first->second.name;
            }
        }
        for (const auto& [id, session] : life->registry.sessions())
            expectNothingElse(session);
        expectFdStoreToMatch();
        EXPECT_TRUE(world.luo.thrownAway.empty()) << world.luo.thrownAway.front();
    }
    void expectUsable() {
        auto id = life->create(1, "fresh");
        ASSERT_TRUE(id) << id.error().words;
        ASSERT_TRUE(life->preserve(*id, offers(offer(1, "f1"), offer(2, "f2"))));
        ASSERT_TRUE(life->takeOut(*id, 1));
        ASSERT_TRUE(life->discard(*id));
        auto state = bytesOf(life->registry);
        start();
        EXPECT_EQ(bytesOf(life->registry), state);
        EXPECT_FALSE(life->noted(Note::Unclaimed));
    }
    // The world was moved on: what was outgoing is incoming, what was incoming is lost.
    void crossOver() {
        for (Known* known : {&before, &after})
            for (auto at = known->sessions.begin(); at != known->sessions.end();)
                if (at->second.direction == Direction::Incoming) {
                    at = known->sessions.erase(at);
                } else {
                    at->second.direction = Direction::Incoming;
                    ++at;
                }
    }

    World& world;
    std::unique_ptr<Life> life;
    Known before, after; // the call that is under way
    std::string takingOut;

private:
    void tell(auto change, auto ask) {
        after = before;
        change(after.sessions);
        Result<> answer = ask();
        EXPECT_TRUE(answer) << answer.error().words;
        before = after;
    }
    SessionId id(const std::string& name) {
        auto* session = life->find(1, name, before.sessions[name].direction);
        return session ? session->id : 0;
    }
    void create(const std::string& name) {
        tell([&](auto& known) { known[name] = {}; },
             [&]() -> Result<> {
                 auto made = life->create(1, name);
                 return made ? Result<>() : std::unexpected(made.error());
             });
    }
    void preserve(const std::string& name, const std::map<Token, std::string>& files) {
        std::vector<Offer> handed;
        for (const auto& [token, content] : files)
            handed.push_back(offer(token, content));
        tell([&](auto& known) { known[name].files.insert(files.begin(), files.end()); },
             [&] { return life->preserve(id(name), std::move(handed)); });
    }
    void annotate(const std::string& name, const std::string& text, std::size_t size) {
        tell([&](auto& known) { known[name].nameOfFirst = text; },
             [&] {
                 auto done = life->custodian->annotate(id(name), 1, text, {{"k", std::string(size, 'x')}});
                 life->workers.drain();
                 return done;
             });
    }
    void takeOut(const std::string& name, Token token, std::optional<Errc> refused = {}) {
        takingOut = name;
        tell(
            [&](auto& known) {
                if (!refused)
                    known[name].files.erase(token);
            },
            [&]() -> Result<> {
                auto done = life->takeOut(id(name), token);
                if (!refused)
                    return done;
                EXPECT_TRUE(failsWith(*refused, done));
                return {};
            });
        takingOut.clear();
    }
    void carry(const std::string& name) {
        tell([&](auto& known) { known[name].direction = Direction::Outgoing; },
             [&] { return life->await<void>([&](auto done) { life->custodian->carryForward(id(name), done); }); });
    }
    void open(const std::string& name) {
        tell([](auto&) {},
             [&]() -> Result<> {
                 auto lent = life->custodian->open(id(name));
                 return lent ? Result<>() : std::unexpected(lent.error());
             });
    }
    void retrieve(const std::string& name, Token token) {
        tell([](auto&) {},
             [&]() -> Result<> {
                 auto file = life->retrieve(id(name), token);
                 if (!file)
                     return std::unexpected(file.error());
                 EXPECT_EQ(contentOf(file->fd.get()), before.sessions[name].files[token]);
                 return {};
             });
    }
    void noteRetrieved(const std::string& name, Token token) {
        tell([](auto&) {}, [&] { return life->custodian->noteRetrieved(id(name), {token}); });
    }
    void finish(const std::string& name) {
        tell([&](auto& known) { known.erase(name); }, [&] { return life->finish(id(name)); });
    }
    void discard(const std::string& name) {
        tell([&](auto& known) { known.erase(name); }, [&] { return life->discard(id(name)); });
    }

    void expectNothingElse(const Session& session) {
        if (session.state == SessionState::Lost)
            return;
        SCOPED_TRACE(session.name);
        auto then = before.sessions.find(session.name), now = after.sessions.find(session.name);
        bool settled = then != before.sessions.end() && now != after.sessions.end();
        ASSERT_TRUE(then != before.sessions.end() || now != after.sessions.end());
        std::map<Token, std::string> contents;
        if (then != before.sessions.end())
            contents = then->second.files;
        if (now != after.sessions.end())
            contents.insert(now->second.files.begin(), now->second.files.end());

        std::set<Token> held;
        if (session.direction == Direction::Outgoing) {
            auto* kernel = world.luo.find(session.kernelName, false);
            ASSERT_TRUE(kernel);
            for (const auto& [token, fd] : kernel->files) {
                EXPECT_EQ(contentOf(fd.get()), contents[token]);
                held.insert(token);
            }
            for (const auto& [token, file] : session.files)
                EXPECT_EQ(file.state, FileState::Preserved) << token;
        } else if (settled) {
            auto page = life->page(session.id, 0, 100);
            ASSERT_TRUE(page) << page.error().words;
            for (const auto& file : page->files) {
                EXPECT_EQ(contentOf(file.fd.get()), contents[file.token]);
                held.insert(file.token);
            }
        } else {
            return; // being finished: the kernel may have thrown its files away
        }
        std::set<Token> known;
        for (const auto& [token, file] : session.files)
            known.insert(token);
        EXPECT_EQ(known, held);
    }
    void expectFdStoreToMatch() {
        std::set<std::string> expected{fmt::format("l{}", life->keeper.generation())};
        if (life->keeper.hasMarker())
            expected.insert(fmt::format("m{}", life->keeper.generation()));
        EXPECT_TRUE(life->keeper.hasMarker() || life->registry.total().sessions == 0);
        for (const auto& [id, session] : life->registry.sessions())
            if (session.state != SessionState::Lost) {
                expected.insert(sessionFdName(id));
                for (const auto& [token, file] : session.files)
                    if (session.carried)
                        expected.insert(rebuildFdName(id, token));
            }
        EXPECT_EQ(world.store.names(), expected);
    }
};

} // namespace luod::test
