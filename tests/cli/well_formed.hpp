// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace cli {

// As much of XML as says whether tags close, attributes are quoted and text is escaped. "": it is well-formed;
// otherwise what is wrong, and where.
std::string notWellFormed(const std::string& xml);

} // namespace cli
