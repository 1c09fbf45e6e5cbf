// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/error.hpp"

#include <functional>
#include <memory>
#include <sdbus-c++/sdbus-c++.h>
#include <string>

namespace luod::bus {

// What may need somebody's say. Each is an action of proto/org.luod1.policy.
enum class Right { CreateSession, Inhibit, LiveUpdate };

// Asks polkit, without waiting, whether a connection may do what an action stands for.
class Polkit {
public:
    explicit Polkit(sdbus::IConnection& bus);
    // `answer` gets AccessDenied in words where polkit says no or is not there. `interactive`: a person may be asked.
    void check(const std::string& connection, Right right, bool interactive,
               std::function<void(core::Result<>)> answer);

private:
    std::unique_ptr<sdbus::IProxy> authority_;
};

} // namespace luod::bus
