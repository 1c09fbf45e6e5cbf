// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Asks a guest in the machine (tests/qemu/guest/guest.cpp says what it answers), or looks at what is its own.
//
//   inner ask SOCKET LETTER   what it answers to the letter on its serial port
//   inner disk IMAGE NUMBER   whether its disk holds every number up to this one, as far as they are kept: 2048 of them
//   inner counter             the counter in its memory, which is fd 3
//   inner sum MIB             of the filled memory, as it would say it: that many MiB of fd 3

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int memory = 3;
constexpr off_t counterAt = 0x7000;
constexpr std::size_t mebibyte = 1 << 20, fillBegin = 4 * mebibyte;
constexpr std::uint32_t sectors = 2048, sectorSize = 512;

[[noreturn]] void fail(const std::string& words) {
    std::fprintf(stderr, "inner: %s\n", words.c_str());
    std::exit(1);
}
[[noreturn]] void failErrno(const std::string& words) { fail(words + ": " + std::strerror(errno)); }

std::string wordFor(char letter) {
    constexpr std::string_view words[] = {"counter", "ticks", "gap", "disk", "sum", "memory", "boot", "wrong"};
    for (std::string_view word : words)
        if (word.front() == letter)
            return std::string(word) + ' ';
    fail("no such question");
}

int connectTo(const char* path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        failErrno(path);
    return line;
}

// What follows this word in the first line that begins with it; what was said before somebody listened may be half a line.
void ask(const char* path, char letter) {
    const std::string word = wordFor(letter);
    std::FILE* line = fdopen(connectTo(path), "r");
    if (send(fileno(line), &letter, 1, MSG_NOSIGNAL) != 1)
        failErrno(path);
    char text[128];
    while (std::fgets(text, sizeof text, line))
        if (std::string_view(text).starts_with(word)) {
            std::fputs(text + word.size(), stdout);
            return;
        }
    fail("the guest is gone");
}

// Number n is in sector n % 2048; while it is looked at, the guest may write larger ones over the oldest.
void lookAtDisk(const char* path, std::uint32_t last) {
    const int image = open(path, O_RDONLY | O_CLOEXEC);
    if (image < 0)
        failErrno(path);
    for (std::uint32_t number = last < sectors ? 1 : last - sectors + 1; number <= last; ++number) {
        std::vector<std::uint32_t> words(sectorSize / sizeof(std::uint32_t));
        if (pread(image, words.data(), sectorSize, off_t(number % sectors) * sectorSize) != sectorSize)
            failErrno(path);
        if (words.front() < number || (words.front() - number) % sectors)
            fail("there is " + std::to_string(words.front()) + " where " + std::to_string(number) + " should be");
    }
}

void sayCounter() {
    std::uint32_t counter = 0;
    if (pread(memory, &counter, sizeof counter, counterAt) != sizeof counter)
        failErrno("fd 3");
    std::printf("%u\n", counter);
}

void saySum(std::size_t mib) {
    const std::size_t end = fillBegin + mib * mebibyte;
    void* mapped = mmap(nullptr, end, PROT_READ, MAP_SHARED, memory, 0);
    if (mapped == MAP_FAILED)
        failErrno("fd 3");
    std::uint64_t all = 0xcbf29ce484222325;
    const auto* words = static_cast<const std::uint32_t*>(mapped);
    for (std::size_t at = fillBegin / 4; at < end / 4; ++at)
        all = (all ^ words[at]) * 0x100000001b3;
    std::printf("%016llx\n", static_cast<unsigned long long>(all));
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "ask" && argc == 4)
        ask(argv[2], argv[3][0]);
    else if (verb == "disk" && argc == 4)
        lookAtDisk(argv[2], std::uint32_t(std::strtoul(argv[3], nullptr, 10)));
    else if (verb == "counter" && argc == 2)
        sayCounter();
    else if (verb == "sum" && argc == 3)
        saySum(std::strtoul(argv[2], nullptr, 10));
    else
        fail("see tests/vm/guest/inner.cpp");
}
