// SPDX-License-Identifier: LGPL-2.1-or-later
#include "whole_life.hpp"

#include "script.hpp"
#include "update_script.hpp"

namespace luod::tests {
namespace {

class WholeLife {
public:
    explicit WholeLife(World& world) : sessions_(world), update_(world) {}

    std::vector<std::string> run() {
        try {
            update_.subscribe();
            firstBoot();
            secondBoot();
            thirdBoot();
        } catch (const std::exception& error) {
            complaints_.push_back(error.what());
        }
        for (const auto* each : {&sessions_.complaints(), &update_.complaints()})
            complaints_.insert(complaints_.end(), each->begin(), each->end());
        return complaints_;
    }

private:
    // After an update that came to nothing: what is there can still be filled.
    void goOver(const std::string& session, std::uint64_t token) {
        update_.goOver([&] { sessions_.preserve(session, {{token++, "between two attempts"}}); });
        sessions_.crossed();
    }

    void firstBoot() {
        sessions_.create("a");
        sessions_.preserve("a", {{1, "one"}, {2, "two"}, {3, "three"}});
        sessions_.annotate("a", 3, "the third");
        sessions_.takeOut("a", 2);
        sessions_.create("b");
        sessions_.borrow("b", 1, "of b");
        update_.load();
        update_.callOff();
        sessions_.preserve("a", {{4, "after the abort"}});
        sessions_.expectEverything("first boot");
        goOver("a", 10);
    }

    void secondBoot() {
        sessions_.compare("a", "second boot");
        sessions_.leave("a", &Client::finish);
        sessions_.create("c");
        sessions_.preserve("c", {{1, "of c"}, {2, "of c, too"}});
        update_.load();
        goOver("c", 10); // and b, which nobody claimed, is carried forward
    }

    void thirdBoot() {
        sessions_.expectEverything("third boot");
        sessions_.leave("b", &Client::finish);
        sessions_.leave("c", &Client::discard);
        sessions_.expectNothing();
    }

    Script sessions_;
    UpdateScript update_;
    std::vector<std::string> complaints_;
};

} // namespace

Play wholeLife(std::vector<std::string> simulator) {
    return {[](World& world) { return WholeLife(world).run(); }, "[Update]\nUnclaimed=carry\n", std::move(simulator)};
}

} // namespace luod::tests
