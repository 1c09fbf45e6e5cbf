// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Clients of luod that live as they please while luod, and some of them, are killed: for scenarios that go through many live
// updates. What they do follows from SEED and ROUND alone, so that the next boot knows what there has to be.
//
//   soak fill SEED ROUND KILLS SIZE     sessions with files, as planned; prints what was filled
//   soak verify SEED ROUND KILLS SIZE   retrieves all of it, compares every byte, finishes
//   soak lives SEED KILLS SIZE          fills, looks whether all is listed, discards, and again, until luod was killed so often
//
// SIZE: large (1 to 300 sessions, up to 2,000 files of 0 B to 64 MiB), medium (a tenth), small (a few).
// Status 1 and words on standard error where anything is lost.

#include "crowd.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>

namespace {

using namespace soak;

std::string killed(const Killer& killer) {
    return std::to_string(killer.kills) + " kills, " + std::to_string(killer.restarts) + " restarts, " +
           std::to_string(killer.clients) + " clients killed";
}

int round(Task task, std::uint64_t seed, std::uint64_t number, unsigned kills, const Size& size) {
    Plan plan = planOf(seed, number, size);
    Killer killer(seed + number + (task == Task::Verify ? 1'000'000 : 0), kills);
    carryOut(plan, task, killer);
    std::printf("%zu sessions, %zu files, %zu KiB, %u clients, %s\n", plan.sessions.size(), plan.files, plan.bytes >> 10,
                plan.clients, killed(killer).c_str());
    return 0;
}

int lives(std::uint64_t seed, unsigned kills, const Size& size) {
    Killer killer(seed, kills);
    std::size_t sessions = 0, files = 0;
    for (std::uint64_t number = 1;; ++number) {
        Plan plan = planOf(seed, number, size);
        carryOut(plan, Task::Fill, killer);
        sessions += plan.sessions.size();
        files += plan.files;
        carryOut(plan, Task::Discard, killer);
        if (killer.isThrough()) {
            std::printf("%llu rounds, %zu sessions, %zu files, %s\n", static_cast<unsigned long long>(number), sessions, files,
                        killed(killer).c_str());
            return 0;
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    auto number = [&](std::size_t i) { return std::strtoull(words[i].c_str(), nullptr, 10); };
    if (words.size() == 5 && (words[0] == "fill" || words[0] == "verify"))
        return round(words[0] == "fill" ? Task::Fill : Task::Verify, number(1), number(2), unsigned(number(3)), sizeOf(words[4]));
    if (words.size() == 4 && words[0] == "lives")
        return lives(number(1), unsigned(number(2)), sizeOf(words[3]));
    std::fprintf(stderr, "soak: see the head of tests/vm/guest/soak/main.cpp\n");
    return 2;
}
