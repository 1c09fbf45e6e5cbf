// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/config.hpp"

#include "proto/image/decompress.hpp"

namespace luod::image {
namespace {

constexpr std::size_t largestConfig = 4 << 20;

std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        return value.substr(1, value.size() - 2);
    return value;
}

} // namespace

Config parseConfig(std::string_view text) {
    Config config;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::size_t equals = line.find('=');
        if (line.starts_with("CONFIG_") && equals != line.npos)
            config.insert_or_assign(std::string(line.substr(0, equals)),
                                    std::string(unquoted(line.substr(equals + 1))));
    }
    return config;
}

std::optional<Config> embeddedConfig(Bytes kernel) {
    std::string_view all = text(kernel), begin = "IKCFG_ST\x1f\x8b";
    std::size_t at = all.find(begin);
    std::size_t end = at == all.npos ? at : all.find("IKCFG_ED", at);
    if (end == all.npos)
        return std::nullopt;
    std::size_t packed = at + begin.size() - 2; // with gzip's magic
    Unpacked unpacked = decompress(kernel.subspan(packed, end - packed), 0, largestConfig);
    if (!unpacked.error.empty())
        return std::nullopt;
    return parseConfig(text(unpacked.bytes));
}

bool isOn(const Config& config, std::string_view symbol) {
    std::string_view value = valueOf(config, symbol);
    return value == "y" || value == "m";
}

std::string_view valueOf(const Config& config, std::string_view symbol) {
    auto found = config.find(symbol);
    return found == config.end() ? std::string_view() : found->second;
}

} // namespace luod::image
