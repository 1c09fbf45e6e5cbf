// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace luoctl {

// The whole new content or the whole old one, for readers that come at any time, and for everybody to read. Not synced:
// it is written again in a moment. Throws.
void replaceFile(const std::string& path, std::string_view content);

} // namespace luoctl
