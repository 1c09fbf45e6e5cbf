// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fuzz/files.hpp"

#include <string>
#include <string_view>
#include <systemd/sd-bus.h>
#include <vector>

namespace luod::fuzz {

// What is appended to a message: for any signature values that fit it, such as make sense here and such as do not.
class Arguments {
public:
    Arguments(Random& random, std::vector<std::string> findings) : random_(random), findings_(std::move(findings)) {}

    void append(sd_bus_message* message, std::string_view signature);
    // An object with this interface that is there, mostly.
    std::string path(const std::string& interface);
    // Sessions that there may be, and descriptors of sessions that were lent, from replies.
    void learn(const std::string& path);
    void learn(core::UniqueFd fd);
    void forgetFiles() { lent_.clear(); }

private:
    void one(sd_bus_message* message, std::string_view type, int depth);
    void basic(sd_bus_message* message, char type);
    void array(sd_bus_message* message, std::string_view type, int depth);
    void options(sd_bus_message* message, int depth);
    void entry(sd_bus_message* message, int depth);
    void variant(sd_bus_message* message, std::string_view type, int depth);
    void strings(sd_bus_message* message);
    void file(sd_bus_message* message);
    std::string path();
    std::uint64_t number();
    std::string text();

    Random& random_;
    std::vector<std::string> findings_, paths_;
    std::vector<core::UniqueFd> lent_;
};

} // namespace luod::fuzz
