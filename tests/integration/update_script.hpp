// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A live update as an operator and two clients live it who do not mind luod dying: what failed because of that they do
// again. Either the machine goes over and the file is back, or everybody who was asked is told that it is over, the session
// can be used, and the next attempt works. run() is one update; the steps are for longer lives.

#include "update_party.hpp"

#include <functional>
#include <set>

namespace luod::tests {

class UpdateScript {
public:
    // handover: what is to become of it in the next boot.
    explicit UpdateScript(World& world, std::string handover = "done");
    // What went wrong, a sentence each.
    const std::vector<std::string>& run();
    const std::vector<std::string>& complaints() const { return complaints_; }

    void subscribe();
    void load();
    // In as many attempts as it takes; `usable` after each that was in vain.
    void goOver(const std::function<void()>& usable);
    // The clients are asked, one never gets ready, and the operator calls it off.
    void callOff();

private:
    struct Member {
        std::string who;
        Client client;
        core::UniqueFd lock;
        std::set<std::string> asked, told; // of which updates: that they come, that they are over
        Member(World& world, std::string name) : who(std::move(name)), client(world) {}
    };

    void fillSession();
    void lock(Member& member);
    void begin();
    void attempt();
    void settle();
    bool isSettled();
    bool isAskedOrOver(std::size_t before);
    void expectLoaded();
    void expectTold();
    void expectUsable();
    void expectArrival();
    void expectLoss();

    // Takes in what the clients were sent, and does as they are told. False: there was nothing.
    bool hear();
    bool hear(Member& member);
    void waitNews();
    void waitUntil(const std::string& what, const std::function<bool()>& so);

    void preserve(std::uint64_t token);
    // Again and again until luod is alive long enough to answer.
    bool must(const std::string& what, const std::function<Answer()>& call, const std::set<std::string>& fine = {});
    void complain(std::string words) { complaints_.push_back(std::move(words)); }

    World& world_;
    const std::string handover_;
    Lead lead_;
    std::list<Member> members_;
    std::string session_;
    std::map<std::uint64_t, std::string> contents_;
    bool crossed_ = false;
    bool steadfast_ = false;      // the clients keep their locks when they are asked
    std::uint64_t crossings_ = 0; // live updates so far
    std::vector<std::string> complaints_;
};

} // namespace luod::tests
