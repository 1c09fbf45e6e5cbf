// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What calls cost under luo-sim and without it: microseconds each, the median of several rounds. tests/bench/run puts the
// two beside each other.

#include "simulator/raw/luo-raw.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

namespace {

void measure(const char* what, const std::function<void(int)>& call) {
    constexpr int rounds = 9, calls = 500;
    std::vector<double> costs;
    for (int round = 0; round < rounds; ++round) {
        auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; ++i)
            call(round * calls + i);
        costs.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / calls);
    }
    std::ranges::nth_element(costs, costs.begin() + rounds / 2);
    std::printf("%s\t%.2f\n", what, costs[rounds / 2]);
}

std::string name(const char* what, int i) { return std::string(what) + std::to_string(i); }

void luoCalls() {
    int device = raw::openDevice();
    if (device < 0)
        return;
    measure("create and close a session", [&](int i) { close(raw::create(device, name("a", i))); });
    int session = raw::create(device, "measured");
    raw::GetName argument{};
    argument.size = sizeof argument;
    measure("GET_NAME", [&](int) { raw::control(session, 0xBA43, &argument); });
    std::vector<int> files;
    for (int i = 0; i < 4500; ++i)
        files.push_back(raw::memfd("x"));
    measure("PRESERVE_FD of a small memfd", [&](int i) { raw::preserve(session, files[std::size_t(i)], std::uint64_t(i)); });
    close(device);
    measure("open and close the device", [](int) { close(raw::openDevice()); });
}

} // namespace

int main() {
    measure("getppid, not trapped", [](int) { syscall(SYS_getppid); });
    int pipeEnds[2];
    if (pipe2(pipeEnds, O_CLOEXEC) != 0)
        return 1;
    int bytes = 0;
    measure("another ioctl, not trapped", [&](int) { ioctl(pipeEnds[0], FIONREAD, &bytes); });
    measure("open and close /dev/null", [](int) { close(open("/dev/null", O_RDONLY | O_CLOEXEC)); });
    struct stat is {};
    measure("stat /dev/null", [&](int) { stat("/dev/null", &is); });
    luoCalls();
}
