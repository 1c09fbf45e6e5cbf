// SPDX-License-Identifier: LGPL-2.1-or-later
#include "journey.hpp"

#include "say.hpp"

#include <algorithm>

namespace luod::qemu {

namespace {

constexpr std::uint64_t patience = 10'000'000; // microseconds

Words namesOf(const Settings& settings) {
    Words names;
    for (const auto& [name, path] : settings.carry)
        names.push_back(name);
    return names;
}

std::unexpected<std::string> giveUp(Luod& luod, Cover& cover, const std::string& why) {
    if (auto dropped = cover.drop(luod); !dropped)
        say(LOG_WARNING, "the guest's session stays: " + dropped.error());
    return failure(why);
}

std::unexpected<std::string> refused(Luod& luod, Cover& cover, const std::string& why) {
    return giveUp(luod, cover, "this guest would not come through a live update: " + why);
}

// It does not run before everything is in the session that a kernel may refuse.
Result<Arrival> startFresh(const Settings& settings, Luod& luod, Cover& cover) {
    auto machine = machineOf(settings.command, namesOf(settings));
    if (!machine)
        return failure(machine.error());
    const bool staysStopped = std::ranges::find(machine->command, "-S") != machine->command.end();
    auto parts = freshParts(std::move(*machine), settings.carry);
    if (!parts)
        return failure(parts.error());
    if (auto begun = cover.begin(luod, *parts); !begun)
        return refused(luod, cover, begun.error());
    auto vm = launch(std::move(*parts), {"-S"});
    if (!vm)
        return giveUp(luod, cover, vm.error());
    if (auto attached = cover.attach(luod, *vm); !attached)
        return refused(luod, cover, attached.error());
    if (auto gone = staysStopped ? Result<>() : vm->guest.go(Deadline::in(patience)); !gone)
        return giveUp(luod, cover, gone.error());
    return Arrival{std::move(*vm), true, {}};
}

// The command as it is now, with the memory as it was.
Result<> useGiven(const Settings& settings, Description& description) {
    auto machine = machineOf(settings.command, namesOf(settings));
    if (!machine)
        return failure(machine.error());
    if (machine->memory != description.machine.memory)
        return failure("the command as given has other memory than the guest");
    if (namesOf(settings) != description.carried)
        return failure("the command as given carries other devices than the guest has");
    description.machine = std::move(*machine);
    return {};
}

std::string adviceFor(const Settings& settings, const Description& description) {
    std::string advice = "The session is kept. To try again, start luo-qemu again";
    if (!settings.asGiven)
        advice += "; with --as-given, if the QEMU command has to be another one (it was run by QEMU " +
                  description.qemuVersion + " as " + description.machineType + ")";
    advice += ". To look at its memory: luoctl retrieve " + settings.name + " " + filename::memory +
              (description.machine.memory.empty() ? "" : description.machine.memory.front().id) +
              " > FILE. To give it up: luoctl discard " + settings.name;
    return advice;
}

Result<Arrival> goOn(const Settings& settings, Incoming incoming, Luod& luod, Cover& cover) {
    const Description description = incoming.description();
    if (settings.asGiven)
        if (auto used = useGiven(settings, incoming.description()); !used)
            return failure(used.error() + ". " + adviceFor(settings, description));
    auto vm = incoming.revive();
    if (!vm)
        return failure("the guest was not brought back: " + vm.error() + ". " + adviceFor(settings, description));
    say(LOG_INFO, "the guest runs on in this kernel");
    if (auto finished = incoming.finish(luod); !finished) {
        say(LOG_ERR, "the session that brought the guest is not finished yet: " + finished.error());
        return Arrival{std::move(*vm), false, std::move(incoming)};
    }
    auto begun = cover.begin(luod, vm->parts);
    if (begun)
        begun = cover.attach(luod, *vm);
    if (!begun)
        say(LOG_ERR, "the guest would not come through the next live update: " + begun.error());
    return Arrival{std::move(*vm), begun.has_value(), {}};
}

} // namespace

Result<Arrival> arrive(const Settings& settings, Luod& luod, Cover& cover) {
    auto incoming = Incoming::find(luod, settings.name);
    if (!incoming)
        return failure("the guest's session cannot be taken over: " + incoming.error() +
                       ". It is kept; to look at it: luoctl show " + settings.name);
    return *incoming ? goOn(settings, std::move(**incoming), luod, cover) : startFresh(settings, luod, cover);
}

} // namespace luod::qemu
