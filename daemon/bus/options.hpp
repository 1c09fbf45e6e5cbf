// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus/convert.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>

namespace luod::bus {

// The options a{sv} of a method. An option that is not known there, or has another type, is refused: it meant something to
// the caller.
class Options {
public:
    struct Known {
        std::string_view name, type;
    };
    static core::Result<Options> read(const Dict& dict, std::initializer_list<Known> known);

    template <typename T> std::optional<T> get(const char* name) const {
        auto at = dict_->find(name);
        return at == dict_->end() ? std::nullopt : std::optional<T>(at->second.template get<T>());
    }
    bool isSet(const char* name) const { return get<bool>(name).value_or(false); }
    std::string text(const char* name) const { return get<std::string>(name).value_or(std::string()); }

private:
    explicit Options(const Dict& dict) : dict_(&dict) {}
    const Dict* dict_; // the caller's: lives as long as its message
};

} // namespace luod::bus
