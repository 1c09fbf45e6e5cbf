// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../raw/luo-raw.hpp"

#include <cstdio>
#include <string>

// What a kernel does, one line for each thing: "name: value". The same program runs on the simulator and on a real
// kernel, and what they print is compared.

namespace facts {

/// "ok" for what is not negative, else the errno's name.
inline std::string outcome(long result) {
    if (result >= 0)
        return "ok";
    const char* name = ::strerrorname_np(static_cast<int>(-result));
    return name ? name : std::to_string(result);
}

/// For what cannot be asked on this machine; it compares equal with everything.
inline const char* const skipped = "skipped";

inline void fact(const char* name, const std::string& value) {
    std::printf("%s: %s\n", name, value.c_str());
}
inline void fact(const char* name, const char* value) {
    fact(name, std::string(value));
}
inline void fact(const char* name, long result) {
    fact(name, outcome(result));
}
inline void number(const char* name, unsigned long value) {
    fact(name, std::to_string(value));
}
inline void truth(const char* name, bool value) {
    fact(name, value ? "yes" : "no");
}

/// Runs in a child, whose result it returns (as far as eight bits go: an errno does).
long inChild(long (*function)(int), int argument);

/// A struct of any size with its size in front.
struct Sized {
    std::uint32_t size;
    char rest[252];
};
/// Makes a call with so large a struct, all zero but one byte at the end when asked for.
long callSized(int fd, unsigned long command, std::uint32_t size, bool nonZeroTail);
/// Writes a struct into memory that is then read-only, and calls.
long callReadOnly(int fd, unsigned long command, const void* arguments, std::size_t size);

std::string linkOf(int fd);

// One for each part; `before` the kexec and `after` it.
void deviceFacts();
void sessionFacts();
void preserveFacts();
void frozenFacts();
void kexecFacts();
void prepareHandover(); ///< leaves a process behind that holds what is to be carried over
void arrivalFacts();
void retrieveFacts();
void finishFacts();

} // namespace facts
