// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Faults on demand. One text form for both readers: the model takes what is an errno, the supervisor what is done to
// processes and machines.
//
//   POINT[:STAGE][:SELECTOR...]:EFFECT
//
//   point     call (any of the following up to reboot), open, create, retrieve-session, preserve, retrieve, finish,
//             get-name, close, load (kexec_file_load and kexec_load), reboot, kexec, module
//   stage     handler: inside the handler's callback, so that what was done before is rolled back (preserve), the error
//             sticks (retrieve), or FINISH and close are refused (finish); freeze: in the handler's freeze (reboot
//             only)
//   selector  session=NAME, token=N, nth=N (only the Nth matching call), from=N (that one and all later), name=MODULE
//   effect    errno=NAME|N, delay=5ms|2s|1m, kill (the caller, before the call has done anything), kill-after (when it
//             is done, before it returns), not-loaded (module), power-loss (kexec)
//
//   preserve:token=7:nth=2:errno=ENOMEM       open:errno=EIO        reboot:freeze:errno=EBUSY
//   finish:session=web:errno=EBUSY            preserve:delay=2s     call:nth=17:kill
//   retrieve:handler:token=3:errno=ENOMEM     kexec:power-loss      module:name=vfio-pci:not-loaded
//
// open:errno=EIO is the failed first open: it stays for the boot and everything handed over is lost. Other errnos of
// open pass. finish:errno=... refuses the FINISH ioctl; finish:handler:errno=... also the implicit finish at close.

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luosim::model {

enum class Point {
    call,
    open,
    createSession,
    retrieveSession,
    preserve,
    retrieve,
    finish,
    getName,
    close,
    load,
    reboot,
    kexec,
    module,
};

enum class Stage { call, handler, freeze };

enum class Effect { errnoNumber, delay, kill, killAfter, notLoaded, powerLoss };

struct Fault {
    Point point = Point::call;
    Stage stage = Stage::call;
    std::optional<std::string> session;
    std::optional<std::uint64_t> token;
    std::optional<std::string> module;
    std::optional<std::uint64_t> nth;
    std::optional<std::uint64_t> from;
    Effect effect = Effect::errnoNumber;
    int errnoNumber = 0;
    std::chrono::milliseconds delay{};

    bool operator==(const Fault&) const = default;
};

/// What happens now, to be held against the faults.
struct Event {
    Point point;
    Stage stage = Stage::call;
    std::string_view session = {};
    std::optional<std::uint64_t> token = {};
    std::string_view module = {};
};

/// The error is a sentence for the person who wrote the fault.
std::expected<Fault, std::string> parseFault(std::string_view text);
std::string toString(const Fault& fault);

/// The faults in force and how often each has been met. Lives longer than a boot. Model and supervisor consult it for
/// different effects, and each fault counts only what its own reader asks, so nothing is counted twice.
class FaultTable {
public:
    void add(Fault fault);
    void clear();
    std::vector<Fault> faults() const;

    /// The model's: the errno to answer with, 0 for none. Counts errno faults.
    int strikeErrno(const Event& event);
    /// The supervisor's: what to do to the caller before the call is answered. Counts delay and kill faults.
    struct Treatment {
        std::chrono::milliseconds delay{};
        bool kill = false;
        bool killAfter = false;
    };
    Treatment strikeTreatment(const Event& event);
    bool strikePowerLoss();                      ///< supervisor or model, at the jump
    bool moduleNotLoaded(std::string_view name); ///< at boot; not counted

private:
    struct Entry {
        Fault fault;
        std::uint64_t met = 0;
    };
    static bool matches(const Fault& fault, const Event& event);
    bool strikes(Entry& entry, const Event& event);
    std::vector<Entry> entries_;
};

} // namespace luosim::model
