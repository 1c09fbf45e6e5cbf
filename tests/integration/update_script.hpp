// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A live update as an operator and two clients live it who do not mind luod dying: what failed because of that they do
// again. Either the machine goes over and the file is back, or everybody who was asked is told that it is over, the session
// can be used, and the next attempt works.

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

private:
    struct Member {
        std::string who;
        Client client;
        core::UniqueFd lock;
        std::set<std::string> asked, told; // of which updates: that they come, that they are over
        Member(World& world, std::string name) : who(std::move(name)), client(world) {}
    };

    void subscribe();
    void fillSession();
    void lock(Member& member);
    void attempt();
    void settle();
    bool isSettled();
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
    std::vector<std::string> complaints_;
};

} // namespace luod::tests
