// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace luoctl {

// The text with the value of every NAME=VALUE left out whose name sounds like a secret: kernel command lines carry
// credentials and passwords.
std::string withoutSecrets(std::string_view text);

} // namespace luoctl
