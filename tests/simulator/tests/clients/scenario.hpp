// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Small programs that run under luo-sim, all in one executable: `clients NAME`. What a scenario finds wrong it says on
// stderr and ends with 1.

#include "../../raw/luo-raw.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

namespace scenario {

using Function = void (*)();

inline std::map<std::string, Function>& all() {
    static std::map<std::string, Function> scenarios;
    return scenarios;
}

struct Registration {
    Registration(const char* name, Function function) { all()[name] = function; }
};

/// 1 in the first boot.
inline int boot() {
    const char* number = std::getenv("LUO_SIM_BOOT");
    return number ? std::atoi(number) : 0;
}

template <typename A, typename B> void same(const A& a, const B& b, const char* words, const char* file, int line) {
    if (a == b)
        return;
    if constexpr (requires {
                      a + 0;
                      b + 0;
                  })
        std::fprintf(stderr, "%s:%d: boot %d: %s: %lld, %lld\n", file, line, boot(), words, static_cast<long long>(a),
                     static_cast<long long>(b));
    else
        std::fprintf(stderr, "%s:%d: boot %d: %s\n", file, line, boot(), words);
    std::exit(1);
}

/// luo-sim ctl, from inside; what it prints.
inline std::string ctl(const std::string& words) {
    std::string output;
    char buffer[4096];
    FILE* pipe = ::popen(("'" + std::string(std::getenv("LUO_SIM")) + "' ctl " + words + " 2>&1").c_str(), "r");
    while (pipe && std::fgets(buffer, sizeof buffer, pipe))
        output += buffer;
    if (!pipe || ::pclose(pipe) < 0)
        std::exit(1);
    return output;
}

/// Loads the executable itself as image and reboots into it.
[[noreturn]] inline void kexec(const std::string& line = "root=/dev/vda kho=on liveupdate=on") {
    const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const long loaded = raw::kexecFileLoad(image, -1, line.c_str(), line.size() + 1, raw::fileNoInitramfs);
    const long left = loaded < 0 ? loaded : raw::reboot(LINUX_REBOOT_CMD_KEXEC);
    std::fprintf(stderr, "kexec came back: %s\n", std::strerror(static_cast<int>(-left)));
    std::exit(1);
}

} // namespace scenario

#define SCENARIO(name)                                                                                                 \
    static void name();                                                                                                \
    static const scenario::Registration registered_##name(#name, name);                                                \
    static void name()
#define SAME(a, b) scenario::same((a), (b), #a " == " #b, __FILE__, __LINE__)
#define HOLDS(a) scenario::same(static_cast<bool>(a), true, #a, __FILE__, __LINE__)
