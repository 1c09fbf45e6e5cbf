// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/options.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace luod::bus {

core::Result<Options> Options::read(const Dict& dict, std::initializer_list<Known> known) {
    for (const auto& [key, value] : dict) {
        auto at = std::find_if(known.begin(), known.end(), [&key = key](const Known& k) { return k.name == key; });
        if (at == known.end())
            return core::fail(core::Errc::InvalidArgument,
                              fmt::format("there is no option '{}' here; see org.luod1(5)", key));
        if (std::string type = value.peekValueType(); type != at->type)
            return core::fail(core::Errc::InvalidArgument,
                              fmt::format("the option '{}' is of type '{}', not '{}'; see org.luod1(5)", key, at->type, type));
    }
    return Options(dict);
}

} // namespace luod::bus
