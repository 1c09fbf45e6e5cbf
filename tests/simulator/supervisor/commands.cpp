// SPDX-License-Identifier: LGPL-2.1-or-later
#include "commands.hpp"

#include "../model/state_json.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace luosim {
namespace {

std::string good(const std::string& text = {}) {
    return text.empty() ? "ok\n" : "ok " + text + "\n";
}
std::string bad(const std::string& text) {
    return "error " + text + "\n";
}
std::string bad(int error) {
    return bad(errnoName(error) + " (" + std::strerror(error) + ")");
}

std::string kexecNow(Machine& machine) {
    if (machine.image().how == model::KexecImage::none)
        machine.loadImage({model::KexecImage::kexecFileLoad, machine.commandLine()});
    const int error = machine.kexec();
    machine.trace().line("kexec from outside " + resultWords(error));
    if (error == model::callBlocks)
        return bad("the machine is on its way already");
    return error ? bad(error) : good();
}

std::string addFault(Machine& machine, const std::string& text) {
    auto fault = model::parseFault(text);
    if (!fault)
        return bad(fault.error());
    machine.faults().add(std::move(*fault));
    return good();
}

std::string faults(Machine& machine, const std::string& argument) {
    if (argument == "clear") {
        machine.faults().clear();
        return good();
    }
    std::string list;
    for (const auto& fault : machine.faults().faults())
        list += (list.empty() ? "" : "\n") + toString(fault);
    return argument.empty() ? good(list) : bad("faults takes nothing or 'clear'");
}

std::string unplug(Machine& machine, const std::string& device) {
    const auto struck = machine.unplug(device);
    return struck ? good(std::to_string(*struck)) : bad("there is no device '" + device + "'");
}

std::string dump(const Machine& machine, std::uint64_t calls) {
    auto state = model::toJson(machine.kernel().state());
    state["boot"] = machine.bootNumber();
    state["bootId"] = machine.bootId();
    state["commandLine"] = machine.commandLine();
    state["kexecLoaded"] = machine.image().how != model::KexecImage::none;
    state["calls"] = calls;
    state["descriptors"] = machine.handles().count();
    return good(state.dump(2));
}

std::string trace(Machine& machine, const std::string& argument) {
    if (argument != "on" && argument != "off")
        return bad("trace takes 'on' or 'off'");
    machine.trace().enable(argument == "on");
    return good();
}

} // namespace

std::string runCommand(Machine& machine, std::uint64_t calls, const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string argument;
    words >> verb;
    std::getline(words >> std::ws, argument);
    if (verb == "kexec")
        return kexecNow(machine);
    if (verb == "reset") {
        machine.endWith(Ending::restart);
        return good();
    }
    if (verb == "fault")
        return addFault(machine, argument);
    if (verb == "faults")
        return faults(machine, argument);
    if (verb == "unplug")
        return unplug(machine, argument);
    if (verb == "dump")
        return dump(machine, calls);
    if (verb == "trace")
        return trace(machine, argument);
    if (verb == "count")
        return good(std::to_string(calls));
    return bad("'" + verb + "' is not a command; known are kexec, reset, fault, faults, unplug, dump, trace, count");
}

} // namespace luosim
