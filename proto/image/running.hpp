// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The same of the kernel that runs: from its image on disk, if that is the very build that runs, and from what the
// kernel shows of itself.

#include "proto/image/facts.hpp"

namespace luod::image {

// root: for tests. Where only a part is known, or nothing but release and architecture, the facts are not complete and
// say why.
Facts runningFacts(const std::filesystem::path& root = "/");

// Adds to the facts what is in modules of these handlers; nothing else of a tree is read.
void addModuleVersions(Facts& facts, const std::set<std::string>& handlers, const std::filesystem::path& root = "/");

} // namespace luod::image
