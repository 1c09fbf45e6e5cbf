// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Modules by name: as luod.conf and the record of an update on disk have them.

#include <string>
#include <string_view>
#include <vector>

namespace luod::app {

// Of [a-z0-9_-], at most as long as the kernel takes, and not to be mistaken for an option.
bool isModuleName(std::string_view name);

// Parted by blanks. False where one of them is no such name; then nothing has changed.
bool parseModuleNames(std::string_view text, std::vector<std::string>& names);

// "modules" of the record (app/update_json.hpp), each once and without what is no such name. Nothing else of the record
// is looked at: it may have been written by another luod than this.
std::vector<std::string> recordedModules(const std::string& record);

} // namespace luod::app
