// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The plainest FLB: it hands one string over and counts how often each of its callbacks ran.

#include "../flb.hpp"

namespace luosim::model {

class SharedFlb : public Flb {
public:
    using Flb::Flb;

    Result<Blob> preserve() override {
        ++preserved;
        return Blob(compatible());
    }
    void unpreserve(Blob&) override { ++unpreserved; }
    Result<Blob> retrieve(const Blob& data) override {
        ++retrieved;
        return data;
    }
    void finish(Blob&) override { ++finished; }

    int preserved = 0;
    int unpreserved = 0;
    int retrieved = 0;
    int finished = 0;
};

} // namespace luosim::model
