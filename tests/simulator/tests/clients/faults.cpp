// SPDX-License-Identifier: LGPL-2.1-or-later
// Programs that meet faults, are slow, or are killed in the middle.

#include "scenario.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>

using namespace scenario;

namespace {

long elapsed(std::chrono::steady_clock::time_point since) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since).count();
}

} // namespace

/// Run with --fault preserve:token=7:nth=2:errno=ENOMEM --fault open:errno=EMFILE:nth=1
SCENARIO(faultsStrikeWhereTheyShould) {
    SAME(raw::openDevice(), -EMFILE);
    const int session = raw::create(raw::openDevice(), "s");
    const int file = raw::memfd("x");
    SAME(raw::preserve(session, file, 6), 0);
    SAME(raw::preserve(session, raw::memfd("y"), 7), 0);
    SAME(raw::preserve(session, raw::memfd("z"), 7), -ENOMEM);
    SAME(raw::preserve(session, raw::memfd("z"), 7), -EEXIST);
}

/// Run with --fault open:errno=EIO
SCENARIO(theFirstOpenFailsForTheWholeBoot) {
    SAME(raw::openDevice(), -EIO);
    SAME(raw::openDevice(), -EIO);
}

/// Run with --fault load:errno=EADDRNOTAVAIL:nth=1 --fault reboot:errno=EBUSY:nth=1
SCENARIO(loadingAndRebootingMayFail) {
    const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (boot() == 2)
        return;
    SAME(raw::kexecFileLoad(image, -1, "x", 2, raw::fileNoInitramfs), -EADDRNOTAVAIL);
    SAME(raw::kexecFileLoad(image, -1, "x", 2, raw::fileNoInitramfs), 0);
    SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), -EBUSY);
    const int device = raw::openDevice();
    HOLDS(raw::create(device, "the system runs on") >= 0);
    kexec();
}

/// Run with --fault kexec:power-loss
SCENARIO(powerIsLostInTheJump) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        SAME(raw::preserve(raw::create(device, "s"), raw::memfd("x"), 1), 0);
        kexec("liveupdate=on marker");
    }
    SAME(raw::retrieve(device, "s"), -ENOENT);
    HOLDS(raw::readFile("/proc/cmdline").find("marker") == std::string::npos);
}

/// Run with --fault preserve:session=slow:delay=300ms
SCENARIO(aSlowCallHoldsUpOnlyItsCaller) {
    const int device = raw::openDevice();
    const int slow = raw::create(device, "slow");
    const int quick = raw::create(device, "quick");
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        SAME(raw::preserve(slow, raw::memfd("x"), 1), 0);
        HOLDS(elapsed(start) >= 300);
        std::_Exit(0);
    }
    for (unsigned i = 0; i < 100; ++i)
        SAME(raw::preserve(quick, raw::memfd("y"), i), 0);
    HOLDS(elapsed(start) < 250);
    int status;
    SAME(::waitpid(child, &status, 0), child);
    SAME(status, 0);
}

/// Run with --fault preserve:session=slow:delay=10s: the caller dies while it waits, and the call with it.
SCENARIO(aKilledCallerTakesItsCallAlong) {
    const int device = raw::openDevice();
    const int slow = raw::create(device, "slow");
    const pid_t child = ::fork();
    if (child == 0) {
        raw::preserve(slow, raw::memfd("x"), 1);
        std::_Exit(0);
    }
    while (ctl("count") != "3\n") // open, create, and theirs
        ::usleep(1000);
    ::kill(child, SIGKILL);
    int status;
    SAME(::waitpid(child, &status, 0), child);
    HOLDS(WIFSIGNALED(status));
}

SCENARIO(controlFromInside) {
    SAME(ctl("count"), std::string("0\n"));
    const int device = raw::openDevice();
    const int session = raw::create(device, "s");
    SAME(raw::preserve(session, raw::memfd("x"), 5), 0);
    SAME(ctl("count"), std::string("3\n"));
    const std::string dump = ctl("dump");
    HOLDS(dump.find("\"name\": \"s\"") != std::string::npos);
    HOLDS(dump.find("\"token\": 5") != std::string::npos);
    HOLDS(dump.find("\"boot\": 1") != std::string::npos);
    SAME(ctl("fault create:errno=ENOSPC"), std::string());
    SAME(raw::create(device, "t"), -ENOSPC);
    SAME(ctl("faults"), std::string("create:errno=ENOSPC\n"));
    SAME(ctl("faults clear"), std::string());
    HOLDS(raw::create(device, "t") >= 0);
    HOLDS(ctl("fault nonsense").starts_with("luo-sim: fault 'nonsense'"));
    SAME(ctl("unplug vfio9"), std::string("luo-sim: there is no device 'vfio9'\n"));
    SAME(ctl("dance"), std::string("luo-sim: 'dance' is not a command; known are kexec, reset, fault, faults, unplug, "
                                   "dump, trace, count\n"));
}

/// Run with --trace=FILE
SCENARIO(traceTellsWhatHappens) {
    const int device = raw::openDevice();
    ::close(raw::create(device, "told"));
    ctl("trace off");
    raw::create(device, "untold");
    ctl("trace on");
    raw::create(device, "");
}
