// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a kernel image says of itself, as far as a live update depends on it.

#include "proto/image/config.hpp"
#include "proto/image/container.hpp"
#include "proto/image/strings.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace luod::image {

struct Facts {
    Container container = Container::Unknown;
    std::string architecture; // "" where it is not known, as with all strings here
    std::string release, banner, compression;
    Versions versions;
    bool versionsTrusted = false; // from the table that is made for readers, not from a search
    bool complete = false;        // all of the kernel was seen: what was not found is not in it
    std::string trouble;          // where not complete: why
    std::optional<Config> config;
    std::string configSource;           // "the image", or a path
    std::optional<std::string> cmdline; // a unified kernel image's own
};

// The error says, in words, why it is no kernel.
std::expected<Facts, std::string> inspect(Bytes image);

// An image in a file: with the configuration that lies beside it or in its release's module tree under root, where the
// image carries none.
std::expected<Facts, std::string> inspect(const std::filesystem::path& path, const std::filesystem::path& root = "/");
std::expected<Facts, std::string> inspect(int fd, const std::filesystem::path& path,
                                          const std::filesystem::path& root = "/");

} // namespace luod::image
