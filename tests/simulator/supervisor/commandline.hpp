// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "options.hpp"

#include <string>
#include <variant>

namespace luosim {

/// `luo-sim ctl`: what to ask a running simulator.
struct Question {
    std::string address;
    std::string line;
};

/// What the person wants, or the exit status when that was said or is wrong.
std::variant<int, Question, Options> readArguments(int argc, char** argv);

} // namespace luosim
