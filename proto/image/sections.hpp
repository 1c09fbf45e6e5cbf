// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Sections of ELF files (an unpacked kernel, a module) and of PE files (a unified kernel image), by name.

#include "proto/image/bytes.hpp"

#include <optional>
#include <string_view>

namespace luod::image {

bool isElf(Bytes file);
// Of 64-bit little endian files only: no other kernel can be handed anything over.
std::optional<Bytes> elfSection(Bytes file, std::string_view name);
std::optional<std::uint16_t> elfMachine(Bytes file);

std::optional<Bytes> peSection(Bytes file, std::string_view name);
std::optional<std::uint16_t> peMachine(Bytes file);

// Whichever it is.
std::optional<Bytes> section(Bytes file, std::string_view name);

} // namespace luod::image
