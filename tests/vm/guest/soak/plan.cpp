// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plan.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace soak {
namespace {

// Most are small, some are empty, one in 400 is of up to 64 MiB.
std::size_t fileBytes(Random& random, std::size_t left) {
    constexpr std::size_t most[] = {0, 4096, 4096, 4096, 65536, 65536, 1 << 20};
    std::size_t limit = below(random, 400) == 0 ? 64 << 20 : most[below(random, std::size(most))];
    return std::min<std::size_t>(limit ? 1 + below(random, limit) : 0, left);
}

Session planSession(Random& random, const std::string& name, unsigned clients) {
    Session session{.name = name, .client = unsigned(below(random, clients)), .borrowed = below(random, 2) == 0, .files = {}};
    session.takesOut = !session.borrowed && below(random, 8) == 0;
    return session;
}

File planFile(Random& random, const Session& session, std::size_t left) {
    std::size_t n = session.files.size();
    File file{.token = n << 32 | below(random, 1ULL << 32), .content = random(), .bytes = fileBytes(random, left), .name = {}};
    if (below(random, 2) == 0)
        file.name = "f" + std::to_string(n);
    return file;
}

} // namespace

Size sizeOf(std::string_view word) {
    if (word == "small")
        return {6, 40, 4 << 20};
    if (word == "medium")
        return {30, 200, 32 << 20};
    return {300, 2000, 192 << 20};
}

Plan planOf(std::uint64_t seed, std::uint64_t round, const Size& size) {
    Random random(seed * 1'000'003 + round);
    Plan plan;
    plan.clients = 1 + unsigned(below(random, 8));
    std::size_t sessions = 1 + below(random, size.sessions), files = below(random, size.files + 1);
    for (std::size_t i = 0; i < sessions; ++i)
        plan.sessions.push_back(planSession(random, "soak-" + std::to_string(round) + "-" + std::to_string(i), plan.clients));
    for (; plan.files < files; ++plan.files) {
        Session& session = plan.sessions[below(random, sessions)];
        session.files.push_back(planFile(random, session, size.bytes - plan.bytes));
        plan.bytes += session.files.back().bytes;
    }
    return plan;
}

void lost(const std::string& what) {
    std::fprintf(stderr, "soak: %s\n", what.c_str());
    std::exit(1);
}

} // namespace soak
