// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::tests {

inline void expectRefused(const Answer& answer, const std::string& error, const std::string& inWords) {
    EXPECT_EQ(answer.error, error) << answer;
    EXPECT_THAT(answer.words, testing::HasSubstr(inWords));
}

inline void expectDone(const Answer& answer) {
    EXPECT_TRUE(answer) << answer;
}

// luod lets go of what a call brought just after it has answered: asks something else until that is done.
inline void expectFds(World& world, Client& client, std::size_t expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    std::size_t now = world.luodFds();
    while (now != expected && std::chrono::steady_clock::now() < deadline) {
        client.status();
        now = world.luodFds();
    }
    EXPECT_EQ(now, expected) << "luod's open descriptors: " << testing::PrintToString(world.luodFdLinks());
}

// That neither luod's descriptors nor what it holds have changed when this goes.
class Unchanged {
public:
    Unchanged(World& world, Client& client)
        : world_(world), client_(client), picture_(client.picture()), fds_(world.luodFds()) {}
    ~Unchanged() {
        EXPECT_EQ(client_.picture(), picture_);
        expectFds(world_, client_, fds_);
    }
    Unchanged(const Unchanged&) = delete;
    Unchanged& operator=(const Unchanged&) = delete;

private:
    World& world_;
    Client& client_;
    std::string picture_;
    std::size_t fds_;
};

} // namespace luod::tests
