// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A client that does not mind luod dying: what failed because of that it does again. It remembers what it was told, and
// all of it must be there. run() is a life of three boots; the steps are for other lives.

#include "client.hpp"
#include "memfd.hpp"

#include <functional>
#include <set>

namespace luod::tests {

enum class Crossing { Carried, Direct };


class Script {
public:
    explicit Script(World& world, Crossing crossing = Crossing::Carried)
        : world_(world), client_(world), crossing_(crossing) {}
    // What went wrong, a sentence each.
    const std::vector<std::string>& run();
    const std::vector<std::string>& complaints() const { return complaints_; }

    void create(const std::string& name);
    void preserve(const std::string& name, const std::map<std::uint64_t, std::string>& files);
    // By a program in the machine, on the session's own descriptor.
    void borrow(const std::string& name, std::uint64_t token, const std::string& content);
    void annotate(const std::string& name, std::uint64_t token, const std::string& as);
    void takeOut(const std::string& name, std::uint64_t token);
    void leave(const std::string& name, Answer (Client::*how)(const std::string&));
    void crossed(); // the machine went over: what was outgoing is incoming
    void expectEverything(const char* when);
    void compare(const std::string& name, const char* when);
    void expectNothing();

private:
    void firstBoot();
    void secondBoot();
    void cross();
    bool note(const std::string& name, std::uint64_t token);

    // Again and again until luod is alive long enough to answer; then the answer, unless it is one of `fine`: what a
    // first attempt may leave behind of which nobody was told.
    void must(const std::string& what, const std::function<Answer()>& call, const std::set<std::string>& fine = {});
    Answer persist(const std::function<Answer()>& call);
    void complain(std::string words) { complaints_.push_back(std::move(words)); }

    struct Told { // of a session
        std::string path;
        bool incoming = false;
        std::map<std::uint64_t, std::string> contents, names;
    };
    World& world_;
    Client client_;
    Crossing crossing_;
    std::map<std::string, Told> told_;
    std::vector<core::UniqueFd> files_; // the client's own
    std::vector<std::string> complaints_;
    bool died_ = false; // luod, in the call at hand
};

} // namespace luod::tests
