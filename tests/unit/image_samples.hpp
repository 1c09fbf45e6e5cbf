// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Made-up kernels in all their wrappings.

#include "proto/image/bytes.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luod::image::samples {

// "gzip", "xz", "zstd", "lz4", "bzip2", "lzma" by libarchive; "lz4-legacy" and "" (as it is) by ourselves.
inline constexpr std::array compressions{"gzip", "xz", "zstd", "lz4", "lz4-legacy", "bzip2", "lzma"};
std::string compress(std::string_view bytes, std::string_view how);

// The text of a kernel: banner, and each version as the field of a struct, that is not behind a NUL.
inline constexpr std::string_view banner = "Linux version 7.3.4 (luod@rig) (gcc) #7 SMP @0";
std::string kernelText(const std::vector<std::string>& versions);
inline const std::vector<std::string> current{"kho-v4", "luo-v5", "memfd-v2"};
std::string embeddedConfig(std::string_view config);
// A section .liveupdate_versions
std::string versionTable(const std::vector<std::string>& versions);

using Sections = std::vector<std::pair<std::string, std::string>>; // name, content
std::string elf(const Sections& sections);
std::string pe(const Sections& sections);

std::string vmlinux(const std::vector<std::string>& versions = current);
std::string bzImage(std::string_view kernel, std::string_view compression = "gzip");
std::string zboot(std::string_view kernel, std::string_view compression);
std::string arm64Image(std::string_view text);

// An archive with these paths, each a small file; its trailer included.
std::string cpio(const std::vector<std::string>& paths);

} // namespace luod::image::samples
