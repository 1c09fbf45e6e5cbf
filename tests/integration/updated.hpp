// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A machine that is to be live updated, and what has to be true of it afterwards.

#include "expect.hpp"
#include "memfd.hpp"
#include "update_party.hpp"

namespace luod::tests {

class Updated : public testing::Test {
protected:
    explicit Updated(World::Options options = {}) : world(std::move(options)) {}

    void holdSomething() {
        const std::string session = lead.client.made("vm1");
        const core::UniqueFd file = memfdWith("guest memory");
        expectDone(lead.client.preserve(session, file.get(), 7, "ram"));
    }
    void expectItBack() {
        core::UniqueFd back;
        expectDone(lead.client.retrieve(lead.client.found("vm1", "incoming"), 7, back));
        EXPECT_EQ(contentOf(back.get()), "guest memory");
    }
    void expectAllAsBefore() {
        EXPECT_EQ(lead.phase(), "idle");
        const std::string session = lead.client.found("vm1", "outgoing");
        const core::UniqueFd file = memfdWith("more");
        expectDone(lead.client.preserve(session, file.get(), 8)); // sessions can be used
        EXPECT_THAT(lead.findings(), testing::Contains("loaded ok")); // the kernel stays loaded
    }

    World world;
    Lead lead{world};
};

} // namespace luod::tests
