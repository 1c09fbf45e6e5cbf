// SPDX-License-Identifier: LGPL-2.1-or-later

// luod.conf and a drop-in, as anybody might write them: the part before the first NUL and the part behind it.

#include "app/config.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>

namespace luod::fuzz {
namespace {

app::LoadedConfig load(std::string_view whole) {
    const std::string_view main = whole.substr(0, whole.find('\0'));
    app::IniText text;
    app::parseIni(main, "luod.conf", text);
    app::parseIni(whole.substr(std::min(main.size() + 1, whole.size())), "more.conf", text);
    for (const app::Assignment& each : text.assignments)
        require(each.line > 0 && each.value.find('\n') == each.value.npos, "an assignment is one line");
    return app::configOf(std::move(text));
}

} // namespace
} // namespace luod::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace luod;
    const std::string_view whole(reinterpret_cast<const char*>(data), size);
    const auto loaded = fuzz::load(whole);
    const app::Config& config = loaded.config;
    fuzz::require(config.workers >= 1 && config.workers <= 64, "there are from 1 to 64 workers");
    fuzz::require(config.ledgerSize >= 64 << 10 && config.ledgerSize <= 1 << 30, "a ledger has from 64K to 1G");
    fuzz::require(config.deviceTimeout.count() >= 0, "no time is negative");
    const auto again = fuzz::load(whole);
    fuzz::require(config == again.config && loaded.warnings == again.warnings, "the same text says the same");
    return 0;
}
