// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What of a QEMU command a live update cannot carry, or luo-qemu does itself.

#include "machine.hpp"

namespace luod::qemu {

std::string optionName(const std::string& word); // "-object", "--object": "object"; "" for what is no option
bool takesValue(const std::string& option);      // of those that luo-qemu looks at

Result<> refuseOption(const std::string& option, const std::string& value);
// Devices passed through, and marks for descriptors that were not opened.
Result<> refuseDevices(const Words& command, const Words& carried);

} // namespace luod::qemu
