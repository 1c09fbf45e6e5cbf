// SPDX-License-Identifier: LGPL-2.1-or-later
#include "freezer.hpp"

#include "say.hpp"

#include <array>
#include <cstring>
#include <unistd.h>

namespace luod::qemu {

namespace {

constexpr std::uint64_t answerPatience = 10'000'000; // microseconds; QEMU answers at once, or hangs
constexpr std::uint64_t loadPatience = 120'000'000;
constexpr std::array<char, 4> magic{'Q', 'E', 'V', 'M'};

Deadline soon() { return Deadline::in(answerPatience); }

std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all)
        text += (text.empty() ? "" : "; ") + one;
    return text;
}

// From here on the state does not fit its memory any more, and nobody is to load it again.
Result<> useUp(int state) {
    const std::array<char, magic.size()> nothing{};
    if (pwrite(state, nothing.data(), nothing.size(), 0) != ssize_t(nothing.size()))
        return systemFailure("the saved state cannot be marked as used");
    return {};
}

Result<> runAgain(Vm& vm, const std::string& status) {
    if (status != "running")
        return {};
    if (auto gone = vm.guest.go(soon()); !gone)
        return gone;
    auto now = vm.guest.runState(soon());
    if (!now)
        return failure(now.error());
    return *now == "running" ? Result<>() : failure("the guest does not run, but is " + *now);
}

Result<> load(Vm& vm, int state) {
    if (lseek(state, 0, SEEK_SET) < 0)
        return systemFailure("the saved state");
    if (auto lent = vm.guest.lendForLoad(state, soon()); !lent)
        return lent;
    auto loaded = vm.guest.load(Deadline::in(loadPatience));
    if (loaded)
        return {};
    const bool ended = loaded.error().find("QEMU has ended") != std::string::npos;
    return failure("QEMU does not accept the saved state: " + (ended ? endingOf(vm.child.wait()) : loaded.error()));
}

} // namespace

bool isUsable(int state) {
    std::array<char, magic.size()> begin{};
    return pread(state, begin.data(), begin.size(), 0) == ssize_t(begin.size()) && begin == magic;
}

Result<> Freezer::arm(Vm& vm) {
    auto state = emptyFile(filename::state);
    if (!state)
        return failure(state.error());
    if (auto lent = vm.guest.lendForSave(state->get(), soon()); !lent)
        return lent;
    state_ = std::move(*state);
    return {};
}

Result<bool> Freezer::freeze(Vm& vm, Outgoing& outgoing, Luod& luod, const Deadline& deadline,
                             const qmp::Monitor::Interrupt& interrupt) {
    auto blockers = vm.guest.blockers(deadline);
    if (!blockers)
        return failure(blockers.error());
    if (!blockers->empty())
        return failure("QEMU cannot save this guest: " + joined(*blockers));
    auto status = vm.guest.runState(deadline);
    if (!status)
        return failure(status.error());
    status_ = std::move(*status);
    auto saved = save(vm, outgoing, luod, deadline, interrupt);
    if (saved && *saved)
        return true;
    auto gone = thaw(vm);
    if (!gone)
        return failure((saved ? "" : saved.error() + "; and ") + gone.error());
    return saved;
}

Result<bool> Freezer::save(Vm& vm, Outgoing& outgoing, Luod& luod, const Deadline& deadline,
                           const qmp::Monitor::Interrupt& interrupt) {
    if (auto stopped = vm.guest.stop(deadline); !stopped)
        return failure(stopped.error());
    stopped_ = now();
    Notes notes{{timesNote, {timeOf(moment::stopped, stopped_)}},
                {statusNote, {status_}},
                {"machine", {vm.parts.description.machineType}},
                {"qemu", {vm.parts.description.qemuVersion}}};
    auto saved = vm.guest.save(deadline, interrupt);
    if (!saved || !*saved)
        return saved;
    notes[timesNote].push_back(timeOf(moment::saved));
    auto added = outgoing.addState(luod, state_.get(), std::move(notes));
    return added ? Result<bool>(true) : failure(added.error());
}

// The session with the state may be there for a while yet, and a kexec must not bring back what the guest has left behind.
Result<> Freezer::goOn(Vm& vm) {
    const bool saved = isUsable(state_.get());
    if (saved && (status_ != "running" || !vm.guest.runState(soon())))
        return startAgain(vm);
    if (saved)
        if (auto used = useUp(state_.get()); !used)
            return used;
    auto gone = runAgain(vm, status_);
    return gone ? gone : failure("the guest does not go on: " + gone.error());
}

Result<> Freezer::thaw(Vm& vm) {
    auto gone = goOn(vm);
    state_ = Fd(); // QEMU has used it up
    stood_ = microseconds(CLOCK_MONOTONIC) - stopped_.monotonic;
    return gone;
}

// A QEMU that has saved its guest saves it again only after it has run; one that stood still before is not to run for that.
Result<> Freezer::startAgain(Vm& vm) {
    vm.child.kill();
    auto revived = revive(std::move(vm.parts), state_.get(), status_);
    if (!revived)
        return failure(revived.error());
    vm = std::move(revived->vm);
    return {};
}

Result<Revived> revive(Parts parts, int state, const std::string& status) {
    std::vector<std::string> times{timeOf(moment::starting)};
    const std::string machine = parts.description.machineType;
    auto vm = launch(std::move(parts), {"-incoming", "defer", "-machine", machine});
    if (!vm)
        return failure(vm.error());
    times.push_back(timeOf(moment::started));
    if (auto loaded = load(*vm, state); !loaded)
        return failure(loaded.error());
    times.push_back(timeOf(moment::loaded));
    if (auto used = useUp(state); !used)
        return failure(used.error());
    if (auto runs = runAgain(*vm, status); !runs)
        return failure(runs.error());
    times.push_back(timeOf(moment::running));
    return Revived{std::move(*vm), std::move(times)};
}

} // namespace luod::qemu
