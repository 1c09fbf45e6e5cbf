// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Kernels as boot loaders know them: by their entries, and as one file that holds everything.

#include "next_kernel.hpp"

#include <filesystem>

namespace luoctl {

// "default": the one that systemctl kexec would take. Throws the failure to find it, naming those there are.
NextKernel kernelOfEntry(const std::string& id, const std::filesystem::path& root = "/");

// A unified kernel image taken apart, since the kernel loads its parts only. Nothing: it is not one.
std::optional<NextKernel> kernelOfUnified(const std::filesystem::path& path);

} // namespace luoctl
