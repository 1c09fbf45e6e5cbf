// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

/// How a program ended, and what it wrote on both outputs.
struct Run {
    int status; ///< 128 + N for a signal
    std::string output;
};

Run run(const std::vector<std::string>& command);

/// luo-sim with options, and the clients' scenario of that name.
Run simulate(const std::string& scenario, std::vector<std::string> options = {});

std::string simulatorPath();
std::string clientsPath();
