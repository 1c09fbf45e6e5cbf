// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace luod::proto {

// Which files say how luod is configured, in the order in which they are read: later ones override. The first luod.conf
// of /etc/luod, /run/luod and /usr/lib/luod, then *.conf of luod.conf.d in these, by file name; of two with the same name
// the one in the first of these directories. A link to /dev/null masks. root is put before every path.
std::vector<std::filesystem::path> configFiles(const std::filesystem::path& root);

} // namespace luod::proto
