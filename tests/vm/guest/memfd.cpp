// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Memfds of known content, position and seals, for scenarios: made for a command to hand over, and judged when they are back.
//
//   memfd make BYTES SEED POSITION SEALS[,...] COMMAND...    runs COMMAND with the memfd as fd 3
//   memfd expect BYTES SEED POSITION SEALS[,...]             fd 3 must be just that
//
// SEALS: none, seal, shrink, grow, write, future-write, exec.

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int theFd = 3;

[[noreturn]] void fail(const std::string& words) {
    std::fprintf(stderr, "memfd: %s\n", words.c_str());
    std::exit(1);
}

int sealsOf(std::string_view words) {
    constexpr std::string_view names[] = {"seal", "shrink", "grow", "write", "future-write", "exec"};
    int seals = 0;
    while (!words.empty()) {
        auto word = words.substr(0, words.find(','));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        for (int bit = 0; bit < 6; ++bit)
            if (names[bit] == word)
                seals |= 1 << bit;
    }
    return seals;
}

// Different for every 8 bytes and every seed, and quick without KVM.
void content(std::uint64_t* words, std::size_t count, std::uint64_t seed) {
    for (std::size_t i = 0; i < count; ++i)
        words[i] = (i + seed) * 0x9e3779b97f4a7c15;
}

std::uint64_t* map(std::size_t bytes, int protection) {
    void* at = mmap(nullptr, bytes, protection, MAP_SHARED, theFd, 0);
    if (at == MAP_FAILED)
        fail(std::string("cannot be mapped: ") + std::strerror(errno));
    return static_cast<std::uint64_t*>(at);
}

void make(std::size_t bytes, std::uint64_t seed, off_t position, int seals, char** command) {
    int fd = memfd_create("scenario", MFD_ALLOW_SEALING);
    if (fd < 0 || dup2(fd, theFd) < 0 || ftruncate(theFd, off_t(bytes)) < 0)
        fail(std::strerror(errno));
    if (fd != theFd)
        close(fd);
    auto* words = map(bytes, PROT_READ | PROT_WRITE);
    content(words, bytes / 8, seed);
    munmap(words, bytes); // a writable mapping is in the way of the seals
    // As MFD_NOEXEC_SEAL does: on a file that may be executed the seal would bring all the others along at once
    if ((seals & sealsOf("exec")) && fchmod(theFd, 0666) < 0)
        fail(std::strerror(errno));
    if (lseek(theFd, position, SEEK_SET) < 0 || (seals && fcntl(theFd, F_ADD_SEALS, seals) < 0))
        fail(std::strerror(errno));
    execvp(*command, command);
    fail(std::string(*command) + ": " + std::strerror(errno));
}

void expect(std::size_t bytes, std::uint64_t seed, off_t position, int seals) {
    struct stat is {};
    if (fstat(theFd, &is) < 0)
        fail("fd 3 is not there");
    if (is.st_size != off_t(bytes))
        fail("has " + std::to_string(is.st_size) + " bytes");
    if (off_t now = lseek(theFd, 0, SEEK_CUR); now != position)
        fail("stands at " + std::to_string(now));
    // F_SEAL_SEAL is what a memfd without MFD_ALLOW_SEALING has anyway
    if (int now = fcntl(theFd, F_GET_SEALS); now != seals)
        fail("has seals " + std::to_string(now));
    auto* words = map(bytes, PROT_READ);
    for (std::size_t i = 0; i < bytes / 8; ++i)
        if (words[i] != (i + seed) * 0x9e3779b97f4a7c15)
            fail("differs at byte " + std::to_string(i * 8));
}

} // namespace

int main(int argc, char** argv) {
    std::string_view verb = argc > 1 ? argv[1] : "";
    auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
    if (verb == "make" && argc > 6)
        make(number(2), number(3), off_t(number(4)), sealsOf(argv[5]), argv + 6);
    else if (verb == "expect" && argc == 6)
        expect(number(2), number(3), off_t(number(4)), sealsOf(argv[5]));
    else
        fail("see the head of tests/vm/guest/memfd.cpp");
}
