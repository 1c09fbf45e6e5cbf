// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "managed_service.hpp"
#include "private_bus.hpp"

#include <string>
#include <sys/resource.h>
#include <vector>

namespace luod::tests {

// A machine with live update: luo-sim, in it the service manager with luod, outside a bus. The test stands outside,
// too: it comes through the simulated kexec.
class World {
public:
    struct Options {
        std::vector<std::string> faults;    // see luo-sim's fault grammar
        std::vector<std::string> simulator; // more arguments
        std::vector<std::string> manager;
        std::string config;                   // luod.conf
        std::vector<std::string> environment; // more for luod: NAME=VALUE
        PrivateBus::Options bus;
        std::vector<std::string> wrapper; // what luod is started by, e.g. strace
        std::string proc;                     // "processes": its /proc shows nothing else; "none": it is empty
        bool waitReady = true;
    };
    World() : World(Options()) {}
    explicit World(Options options);

    PrivateBus& bus() { return bus_; }
    ManagedService& luod() { return service_; }
    const std::string& address() const { return bus_.address(); }

    std::string simulator(const std::string& line); // luo-sim ctl: its answer; throws what it refuses
    void fault(const std::string& text) { simulator("fault " + text); }
    void noFaults() { simulator("faults clear"); }

    std::size_t luodFds() { return luodFdLinks().size(); }
    std::vector<std::string> luodFdLinks();           // what /proc says they are
    std::vector<std::string> luodFdsForItsChildren(); // not close-on-exec; without standard input, output and error
    void limitLuodFds(rlim_t most);                   // RLIMIT_NOFILE of the luod that runs
    void limitLuodMemory(bool limited); // to the address space that it has

    // A program in the simulated machine, where luod's session fds are what they say. input: its standard input.
    Outcome inside(const std::vector<std::string>& command, const std::string& input = "");
    Outcome inside(const std::vector<std::string>& command, int input);
    // The same, not waited for. It ends with the boot; letting go of this does not end it.
    struct Begun {
        core::UniqueFd connection, out, err;
        int wait(const Deadline& deadline = Deadline()); // its exit status, or 128 + signal; -1: the boot is over
        std::string said() const;                        // standard error, up to now
    };
    Begun begin(const std::vector<std::string>& command, const std::string& input = "");
    Begun begin(const std::vector<std::string>& command, int input);
    Outcome luoctl(std::vector<std::string> words, const std::string& input = "");

private:
    ManagedService::Options service(const Options& options);
    void limitLuod(int resource, rlim_t most);

    TempDir dir_;
    PrivateBus bus_;
    ManagedService service_;
};

} // namespace luod::tests
