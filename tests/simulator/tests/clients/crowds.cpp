// SPDX-License-Identifier: LGPL-2.1-or-later
// Many of everything, and signals all the time.

#include "scenario.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <random>
#include <vector>

using namespace scenario;

namespace {

void allowFiles(rlim_t count) {
    rlimit limit;
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < count)
        limit.rlim_max = count;
    limit.rlim_cur = limit.rlim_max;
    SAME(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

volatile sig_atomic_t signals = 0;

void stormy(int flags, unsigned creations) {
    struct sigaction action = {};
    action.sa_handler = [](int) { signals = signals + 1; };
    action.sa_flags = flags;
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval often = {{0, 30}, {0, 30}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    int device;
    while ((device = raw::openDevice()) == -EINTR) {
    }
    HOLDS(device >= 0);
    for (unsigned i = 0; i < creations; ++i) {
        int session;
        while ((session = raw::create(device, "storm" + std::to_string(i))) == -EINTR) {
        }
        HOLDS(session >= 0);
        if (i % 2)
            ::close(session);
    }
    const itimerval never = {};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    HOLDS(signals > 0);
}

int openFilesOf(pid_t process) {
    DIR* directory = ::opendir(("/proc/" + std::to_string(process) + "/fd").c_str());
    HOLDS(directory != nullptr);
    int count = 0;
    while (::readdir(directory))
        ++count;
    ::closedir(directory);
    return count;
}

} // namespace

SCENARIO(signalsRepeatNothing) {
    stormy(SA_RESTART, 4000);
}
SCENARIO(signalsLoseNothing) {
    stormy(0, 4000);
}

SCENARIO(tenThousandSessions) {
    allowFiles(10100);
    const int device = raw::openDevice();
    if (boot() == 1) {
        for (int i = 0; i < 10000; ++i)
            HOLDS(raw::create(device, "s" + std::to_string(i)) >= 0);
        kexec();
    }
    for (int i = 9999; i >= 0; --i) {
        const int session = raw::retrieve(device, "s" + std::to_string(i));
        HOLDS(session >= 0);
        ::close(session);
    }
}

SCENARIO(hundredThousandFiles) {
    const int device = raw::openDevice();
    constexpr int perSession = 1000;
    for (int s = 0; s < 100; ++s) {
        const std::string name = "s" + std::to_string(s);
        const int session = boot() == 1 ? raw::create(device, name) : raw::retrieve(device, name);
        HOLDS(session >= 0);
        for (int i = 0; i < perSession; ++i) {
            const int file = boot() == 1 ? raw::memfd("") : raw::retrieveFile(session, static_cast<unsigned>(i));
            HOLDS(file >= 0);
            if (boot() == 1)
                SAME(raw::preserve(session, file, static_cast<unsigned>(i)), 0);
            ::close(file);
        }
        if (boot() == 2)
            ::close(session);
    }
    if (boot() == 1)
        kexec();
}

SCENARIO(nothingLeaks) {
    const pid_t supervisor = ::getppid();
    const int before = openFilesOf(supervisor);
    std::mt19937 random(1);
    const int device = raw::openDevice();
    std::vector<int> sessions;
    const auto any = [&](std::vector<int>& from) { return from[random() % from.size()]; };
    for (int i = 0; i < 10000; ++i) {
        const unsigned choice = random() % 8;
        if (choice < 2 || sessions.empty()) {
            if (const int session = raw::create(device, "n" + std::to_string(random() % 50)); session >= 0)
                sessions.push_back(session);
        } else if (choice < 5) {
            const int file = raw::memfd("x");
            raw::preserve(any(sessions), file, random() % 20);
            ::close(file);
        } else if (choice == 5) {
            raw::retrieveFile(any(sessions), 1);
        } else if (choice == 6) {
            raw::preserve(any(sessions), static_cast<int>(random() % 30), random());
        } else {
            std::swap(sessions[random() % sessions.size()], sessions.back());
            ::close(sessions.back());
            sessions.pop_back();
        }
    }
    for (const int session : sessions)
        ::close(session);
    ::close(device);
    // A call of any kind makes the supervisor take note of what was closed.
    ::close(raw::openDevice());
    SAME(raw::openDevice() >= 0, true);
    SAME(openFilesOf(supervisor), before + 1);
}
