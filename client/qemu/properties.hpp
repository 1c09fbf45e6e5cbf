// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luod::qemu {

// What follows one of QEMU's options: "q35,accel=kvm". A comma in a value is written twice.
class Properties {
public:
    // implied: the key of a first word without '='.
    Properties(std::string_view text, std::string_view implied);

    std::string text() const; // as QEMU reads it, with every key written out
    const std::string* find(std::string_view key) const; // the last of that key
    std::string value(std::string_view key) const;       // "" where it is not there
    bool isOn(std::string_view key) const;               // "on", "yes", "true", or the key alone
    void remove(std::string_view key);

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

// "512M", "2G", "0x1000": bytes. What has no suffix is counted in `unit`.
std::optional<std::uint64_t> sizeOf(const std::string& text, std::uint64_t unit);

} // namespace luod::qemu
