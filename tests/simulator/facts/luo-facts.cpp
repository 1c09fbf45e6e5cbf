// SPDX-License-Identifier: LGPL-2.1-or-later
// luo-facts before; then a kexec; then luo-facts after.

#include "facts.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>

namespace facts {

long inChild(long (*function)(int), int argument) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0)
        std::_Exit(static_cast<int>(-std::min(0L, function(argument))) & 0xff);
    int status = 0;
    ::waitpid(child, &status, 0);
    return -WEXITSTATUS(status);
}

long callSized(int fd, unsigned long command, std::uint32_t size, bool nonZeroTail) {
    Sized arguments = {};
    arguments.size = size;
    if (nonZeroTail)
        arguments.rest[size - sizeof size - 1] = 1;
    return raw::control(fd, command, &arguments);
}

long callReadOnly(int fd, unsigned long command, const void* arguments, std::size_t size) {
    const auto page = static_cast<std::size_t>(::getpagesize());
    void* memory = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memcpy(memory, arguments, size);
    ::mprotect(memory, page, PROT_READ);
    const long result = raw::control(fd, command, memory);
    ::munmap(memory, page);
    return result;
}

std::string linkOf(int fd) {
    char target[256] = {};
    const ssize_t length = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, sizeof target - 1);
    return length < 0 ? outcome(-errno) : std::string(target, static_cast<std::size_t>(length));
}

} // namespace facts

int main(int argc, char** argv) {
    using namespace facts;
    const std::string when = argc == 2 ? argv[1] : "";
    if (when == "before") {
        deviceFacts();
        sessionFacts();
        preserveFacts();
        frozenFacts();
        kexecFacts();
        prepareHandover();
        return 0;
    }
    if (when == "after") {
        arrivalFacts();
        retrieveFacts();
        finishFacts();
        return 0;
    }
    std::fputs("usage: luo-facts before | luo-facts after\n", stderr);
    return 2;
}
