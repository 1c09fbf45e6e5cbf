// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/module_list.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace luod::app {

bool isModuleName(std::string_view name) {
    constexpr std::size_t longest = 55; // MODULE_NAME_LEN on 64 bits, less the NUL
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    return !name.empty() && name.size() <= longest && name[0] != '-' && name.find_first_not_of(letters) == name.npos;
}

bool parseModuleNames(std::string_view text, std::vector<std::string>& names) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string> parsed;
    for (std::size_t at = text.find_first_not_of(blanks); at != text.npos; at = text.find_first_not_of(blanks, at)) {
        std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        if (!isModuleName(text.substr(at, end - at)))
            return false;
        parsed.emplace_back(text.substr(at, end - at));
        at = end;
    }
    names = std::move(parsed);
    return true;
}

std::vector<std::string> recordedModules(const std::string& record) {
    std::vector<std::string> names;
    auto from = nlohmann::json::parse(record, nullptr, false);
    if (!from.is_object() || !from.contains("modules") || !from["modules"].is_array())
        return names;
    for (const auto& each : from["modules"])
        if (each.is_string())
            if (auto name = each.get<std::string>(); isModuleName(name) && std::ranges::find(names, name) == names.end())
                names.push_back(std::move(name));
    return names;
}

} // namespace luod::app
