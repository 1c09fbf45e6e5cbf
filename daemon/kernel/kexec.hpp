// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <cstdint>
#include <string>

namespace luod::kernel {

// The next kernel. kexec_file_load(2) and nothing else: only to an image loaded by it does KHO attach what is preserved,
// and an image loaded by kexec_load would be given nothing, without a word. Needs CAP_SYS_BOOT. No policy, no retries.
//
// The fds are regular files open for reading and stay the caller's; initrd -1: none. The kernel reads both files: for
// worker threads. What an errno of theirs means: core/image_words.hpp.
core::Errno<> loadImage(int kernel, int initrd, const std::string& cmdline);
core::Errno<> unloadImage();

// Whether any image is loaded, by whomever (/sys/kernel/kexec_loaded). The kernel does not tell which, or how.
bool imageIsLoaded(const std::string& path = "/sys/kernel/kexec_loaded");

// Replaces the running kernel at once. Returns only when that was refused: the errno, and everything runs on.
int replaceKernel();

// How much contiguous memory the image wants, as its setup header says (x86: init_size); 0 where it does not.
std::uint64_t memoryNeeded(int kernel);

} // namespace luod::kernel
