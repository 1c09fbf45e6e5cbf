// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// One machine, and the lives of luod on it, one after the other.

#include "core/recovery.hpp"
#include "unit/fakes.hpp"

#include <gtest/gtest.h>

namespace luod::test {

struct World {
    Script script;
    FakeLuo luo{script};
    FakeFdStore store{script};
    FakeLedgerMaker maker{script};
    FakeInspector inspector{script};
    int boot = 1;
    std::uint64_t clock = 1000;
    std::size_t firstSize = 1 << 16;

    World() {
        FakeLedgerBytes::tornAfter = 0;
        script.onKill = [this] { guard(); };
    }

    // Names that the custody guard looks after, and under which it stores them when luod dies.
    std::map<std::string, std::string> covered;
    std::shared_ptr<void> cover(const std::string& kernelName, const std::string& storeName) {
        covered[kernelName] = storeName;
        return std::shared_ptr<void>(this, [kernelName](World* world) { world->covered.erase(kernelName); });
    }
    void guard() {
        for (const auto& [kernelName, storeName] : covered)
            for (int fd = 3; fd < 1024; ++fd) // those of luod: the guard sees them all
                if (auto* session = luo.of(fd); session && session->name == kernelName && session->incoming &&
                                                identityOf(session->end.get()) == identityOf(fd) && isWriteEnd(fd)) {
                    store.put(storeName, fd);
                    break;
                }
    }
    static bool isWriteEnd(int fd) { return (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY; }

    // `carry`: as systemd 261 and later does, session fds and such plain fds as lie in no session stay in the fd store.
    void kexec(bool carry) {
        store.catchUp();
        std::map<std::string, std::string> sessions;
        std::map<std::string, UniqueFd> plain;
        if (carry)
            for (const auto& [name, fd] : store.fds()) {
                if (auto* session = luo.of(fd.get()); session && !session->incoming)
                    sessions[name] = session->name;
                else if (!session && !luo.isPreserved(identityOf(fd.get())))
                    plain[name] = dupOf(fd.get());
            }
        store.clearAfter([&] { luo.kexec(); });
        for (const auto& [name, kernelName] : sessions)
            if (auto fd = luo.handOut(kernelName))
                store.put(name, fd->get());
        for (const auto& [name, fd] : plain)
            store.put(name, fd.get());
        ++boot;
    }
};

// A run of luod. Destroyed: it is dead, by kill -9 as far as anybody can tell.
struct Life {
    explicit Life(World& world) : world(world), keeper(world.luo, world.store, world.maker, workers, world.firstSize) {}

    Result<> start() {
        world.store.catchUp();
        std::vector<InheritedFd> inherited;
        for (const auto& [name, fd] : world.store.fds())
            inherited.push_back({name, dupOf(fd.get())});
        RecoveryPorts ports{world.luo,
                            world.store,
                            world.maker,
                            [this](auto& kernel, auto& stored) { return world.cover(kernel, stored); },
                            world.boot ? fmt::format("boot{}", world.boot) : "",
                            fmt::format("7.{}", world.boot)};
        auto recovered = recover(ports, keeper, std::move(inherited));
        if (!recovered)
            return std::unexpected(recovered.error());
        registry = std::move(recovered->registry);
        handover = recovered->handover;
        notes = std::move(recovered->notes);
        custodian.emplace(Ports{world.luo, world.store, world.inspector, workers, [this] { return ++world.clock; }},
                          keeper, registry, std::move(recovered->custodies), events);
        custodian->resumeRebuilding();
        workers.drain();
        return {};
    }

    // Asks, lets everything run, and gives the answer, of which there has to be exactly one.
    template <typename T, typename Ask> Result<T> await(Ask ask) {
        int answers = 0;
        Result<T> answer = fail(Errc::Busy, "never answered");
        ask([&](Result<T> given) {
            ++answers;
            answer = std::move(given);
        });
        workers.drain();
        EXPECT_EQ(answers, 1);
        return answer;
    }
    Result<SessionId> create(uid_t owner, const std::string& name, const std::string& unit = {}) {
        return await<SessionId>([&](auto done) { custodian->create({owner, name, unit}, done); });
    }
    Result<> preserve(SessionId id, std::vector<Offer> offers) {
        return await<void>([&](auto done) { custodian->preserve(id, std::move(offers), done); });
    }
    Result<> notePreserved(SessionId id, std::vector<Offer> offers) {
        return await<void>([&](auto done) { custodian->notePreserved(id, std::move(offers), done); });
    }
    Result<Retrieved> retrieve(SessionId id, Token token) {
        return await<Retrieved>([&](auto done) { custodian->retrieve(id, token, done); });
    }
    Result<RetrievedPage> page(SessionId id, Token from, std::size_t max) {
        return await<RetrievedPage>([&](auto done) { custodian->retrievePage(id, from, max, done); });
    }
    Result<> takeOut(SessionId id, Token token) {
        return await<void>([&](auto done) { custodian->takeOut(id, token, done); });
    }
    Result<> finish(SessionId id) {
        return await<void>([&](auto done) { custodian->finish(id, done); });
    }
    Result<> discard(SessionId id) {
        return await<void>([&](auto done) { custodian->discard(id, done); });
    }

    bool noted(Note::Kind kind) const {
        return std::ranges::any_of(notes, [&](const Note& note) { return note.kind == kind; });
    }
    const Session* find(uid_t owner, const std::string& name, Direction direction = Direction::Outgoing) const {
        return registry.find(owner, direction, name);
    }

    World& world;
    FakeWorkers workers;
    LedgerKeeper keeper;
    Registry registry;
    FakeEvents events;
    Handover handover{};
    std::vector<Note> notes;
    std::optional<Custodian> custodian;
};

inline Offer offer(Token token, const std::string& content, const std::string& name = {}, Metadata metadata = {}) {
    return {.fd = memfd(content), .token = token, .name = name, .metadata = std::move(metadata)};
}
inline Offer claim(Token token, const std::string& name = {}) {
    return {.fd = {}, .token = token, .name = name, .metadata = {}, .kind = FileKind::VfioCdev, .size = 7};
}
template <typename... T> std::vector<Offer> offers(T... each) {
    std::vector<Offer> all;
    (all.push_back(std::move(each)), ...);
    return all;
}

// The records of a state, as bytes: two states are the same where these are.
inline std::string bytesOf(const Registry& registry) {
    std::string bytes;
    registry.snapshot([&](const Record& record) { encode(record, bytes); });
    return bytes;
}

inline testing::AssertionResult failsWith(Errc code, const auto& result, const std::string& words = {}) {
    if (result)
        return testing::AssertionFailure() << "it did not fail";
    if (result.error().code != code)
        return testing::AssertionFailure()
               << "failed with code " << int(result.error().code) << ": " << result.error().words;
    if (result.error().words.find(words) == std::string::npos)
        return testing::AssertionFailure() << "said: " << result.error().words;
    return testing::AssertionSuccess();
}

} // namespace luod::test
