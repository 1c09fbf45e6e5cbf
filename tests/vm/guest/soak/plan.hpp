// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the clients of one round are to do, as it follows from seed and round: the next boot plans it again and knows what there
// has to be.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace soak {

using Random = std::mt19937_64; // the same on every machine
inline std::uint64_t below(Random& random, std::uint64_t n) { return random() % n; }

struct File {
    std::uint64_t token = 0, content = 0;
    std::size_t bytes = 0;
    std::string name;
};

struct Session {
    std::string name;
    unsigned client = 0;   // whose it is
    bool borrowed = false; // its owner makes the ioctls
    bool takesOut = false; // a file more than it needs, which is taken out again
    std::vector<File> files;
};

struct Plan {
    unsigned clients = 1;
    std::vector<Session> sessions;
    std::size_t files = 0, bytes = 0;
};

struct Size {
    std::uint64_t sessions, files;
    std::size_t bytes; // of all files together
};
Size sizeOf(std::string_view word); // small, medium, large

Plan planOf(std::uint64_t seed, std::uint64_t round, const Size& size);

// Says so on standard error, and ends with status 1.
[[noreturn]] void lost(const std::string& what);

} // namespace soak
