// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the check found, whoever made it: luod (the online check) or luoctl itself (--offline).

#include "options.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace luoctl {

struct Finding {
    std::string name, verdict; // "ok", "warning", "error" or "unknown"
    std::string seen, advice;  // advice: "" where there is nothing to do
};

// A table, and below it what to do about each finding that is not ok.
std::string textOf(const std::vector<Finding>& findings, bool legend, bool colours);
nlohmann::ordered_json jsonOf(const std::vector<Finding>& findings);

// As the options ask for it: table or JSON, pager or not.
void show(const std::vector<Finding>& findings, const Options& options);

// 0: nothing stops the update; as CheckFailed: an error does; proto::exitUnknown: there is no error, but something
// could not be told.
int exitStatus(const std::vector<Finding>& findings);

} // namespace luoctl
