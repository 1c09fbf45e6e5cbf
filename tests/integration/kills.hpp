// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Lives in which luod is killed: at a call that it makes of the kernel's live update (luo-sim does it), or at a thing that
// it does to the world (killer.cpp).

#include "world.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luod::tests {

struct Play { // a life
    std::function<std::vector<std::string>(World&)> live; // says what went wrong in it, a sentence each
    std::string config = {};                              // luod.conf
    std::vector<std::string> simulator = {};              // its arguments
};

struct KillPoint {
    std::size_t number; // of all calls in the machine's life
    std::string words;
};
struct Lived {
    std::vector<std::string> complaints;
    std::vector<KillPoint> luods; // its calls
    std::size_t kills = 0;
};
Lived live(const Play& play, std::vector<std::string> faults);
// What luod does to the world that is no call of the kernel's live update.
enum class Doings { WritesAndMessages, LedgerWrites };
// A life in which luod is killed at its Nth of them; it counts them for the first who asks. at: 2 * N for before it,
// 2 * N + 1 for after it; 0: it is not killed.
Lived liveWithKiller(const Play& play, Doings doings, std::uint64_t at, std::uint64_t& count);

struct Trial {
    std::vector<std::string> faults;
    std::string words;
};
// Before each, after each, and twice in a row.
std::vector<Trial> trialsFor(const std::vector<KillPoint>& points);

// Lives them all, two at a time, and fails for each that had a loss, or no kill but for so many.
void tryAll(std::size_t count, const std::function<Lived(std::size_t)>& one,
            const std::function<std::string(std::size_t)>& words, std::size_t mayMiss = 0);

// Undisturbed first, with at least so many trials or writes to be killed at; then with all trials, or, where there are more
// than `most` writes and messages, with some, others every time ($LUOD_TEST_KILLS: with so many).
void killAtEveryCall(const Play& play, std::size_t atLeast);
void killAtWritesAndMessages(const Play& play, std::uint64_t atLeast, std::size_t most);
// At every one, before it and after it.
void killAtLedgerWrites(const Play& play, std::uint64_t atLeast);

} // namespace luod::tests
