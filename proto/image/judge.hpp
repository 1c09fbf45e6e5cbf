// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Will what the running kernel hands over be taken by the next one? A verdict on each thing that decides it. What could
// not be seen stays unknown.

#include "proto/image/facts.hpp"
#include "proto/image/initrd.hpp"
#include "proto/image/modules.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace luod::image {

enum class Verdict { Ok, Warning, Error, Unknown };
std::string_view word(Verdict verdict);

struct Finding {
    std::string name;
    Verdict verdict = Verdict::Unknown;
    std::string seen, advice; // advice: "" for ok
};
using Findings = std::vector<Finding>;

struct Case {
    Facts running, target;              // running: maybe not complete, or of which nothing is known but why (trouble)
    std::set<std::string> handlers;     // of the files that are held: "memfd" ...
    std::optional<std::string> cmdline; // the target's; nothing: luod is going to make it
    std::vector<std::string> modules;   // that the files need besides those of the handlers above
    std::optional<unsigned> systemd;    // version, where it is known: 261 and later open the device themselves
};

// image, architecture, kho-version, luo-version, handler-versions (one for each handler), config, command-line.
Findings judge(const Case& question);

// handler-modules: whether each handler that may be a module is in the target or in its module tree.
Findings judgeModules(const Case& question, const ModuleTree& tree);

// Of these handlers' modules, those that have to be loaded in the next boot.
std::vector<std::string> modulesToLoad(const Case& question, const ModuleTree& tree);

inline constexpr unsigned systemdOpensDeviceSince = 261;

// initrd: whether what is in it opens the device before handlers that are modules are there.
Finding judgeInitrd(const Case& question, const InitrdFiles& initrd, const ModuleTree& tree);

// An image that inspect() refused.
Finding notAnImage(const std::string& why);

} // namespace luod::image
