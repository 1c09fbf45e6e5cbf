// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/metadata.hpp"

namespace luod::core {
namespace {

struct Weigh {
    std::size_t operator()(const std::string& s) const { return s.size(); }
    std::size_t operator()(const std::vector<std::uint8_t>& bytes) const { return bytes.size(); }
    std::size_t operator()(const std::vector<std::string>& strings) const {
        std::size_t sum = 0;
        for (const auto& s : strings)
            sum += s.size() + 1;
        return sum;
    }
    template <typename T> std::size_t operator()(const T&) const { return sizeof(T); }
};

} // namespace

const std::vector<std::string>* timesIn(const Metadata& metadata) {
    auto at = metadata.find("times");
    return at == metadata.end() ? nullptr : std::get_if<std::vector<std::string>>(&at->second);
}

std::size_t weight(const Metadata& metadata) {
    std::size_t sum = 0;
    for (const auto& [key, value] : metadata)
        sum += key.size() + std::visit(Weigh{}, value);
    return sum;
}

} // namespace luod::core
