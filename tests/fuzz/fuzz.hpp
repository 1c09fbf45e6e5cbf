// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the fuzz targets share: an input taken apart, and what has to hold.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace luod::fuzz {

// Where it ends, there are zeros and empty texts.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    bool atEnd() const { return rest_.empty(); }
    std::uint8_t byte() {
        const std::string_view one = take(1);
        return one.empty() ? 0 : std::uint8_t(one.front());
    }
    std::uint64_t number() {
        std::uint64_t n = 0;
        for (int i = 0; i < 8; ++i)
            n = n << 8 | byte();
        return n;
    }
    std::string_view text() { return take(byte()); } // at most 255 bytes, behind their length
    std::string_view part() {                        // at most 64 KiB, behind their length
        const std::size_t high = byte();
        return take(high << 8 | byte());
    }
    std::string_view rest() { return take(rest_.size()); }

private:
    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
};

inline void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "this does not hold: %s\n", what);
    std::abort();
}

} // namespace luod::fuzz

// The target's own function: libFuzzer's, and replay.cpp's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
