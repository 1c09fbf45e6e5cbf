// SPDX-License-Identifier: LGPL-2.1-or-later
#include "machine.hpp"

#include "../model/handlers/standard.hpp"
#include "kernelline.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace luosim {
namespace {

std::string makeUuid() {
    std::array<unsigned char, 16> b;
    if (getrandom(b.data(), b.size(), 0) != static_cast<ssize_t>(b.size()))
        b = {};
    char text[40];
    std::snprintf(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                  b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14],
                  b[15]);
    return text;
}

} // namespace

Machine::Machine(const Options& options, Trace& trace)
    : options_(options), trace_(trace), devices_(options.devices), commandLine_(options.commandLine) {
    for (const auto& fault : options.faults)
        faults_.add(fault);
    for (const auto& device : devices_)
        bus_.plug(device);
}

void Machine::boot() {
    ++bootNumber_;
    bootId_ = makeUuid();
    trace_.setBoot(bootNumber_);
    model::Profile profile = bootNumber_ == 1 ? options_.profile : options_.nextProfile;
    applyCommandLine(commandLine_, profile);
    const bool handed = handover_.attached;
    const auto sessions = handover_.sessions.size();
    kernel_ = std::make_unique<model::Kernel>(profile, std::move(handover_), &faults_);
    handover_ = {};
    trace_.line("Linux " + profile.release + " starts" +
                (handed ? ", " + std::to_string(sessions) + " sessions handed over: " + toString(kernel_->arrival())
                        : ", nothing handed over"));
    // What was not taken over is enumerated and reset like anything else.
    if (handed && kernel_->arrival() != model::Arrival::accepted)
        bus_.reboot(true);
    if (kernel_->arrival() == model::Arrival::panicked) {
        std::fprintf(stderr, "luo-sim: the next kernel panicked: it does not know the live update data of the last "
                             "one; booting cold\n");
        kernel_ = std::make_unique<model::Kernel>(profile, model::Handover{}, &faults_);
    }
    loadModules();
}

void Machine::loadModules() {
    std::vector<model::Module> modules;
    modules.push_back(model::memfdModule(kernel_->profile()));
    if (!devices_.empty()) {
        for (auto& module : model::vfioModules(bus_))
            modules.push_back(std::move(module));
    }
    for (auto& module : modules) {
        const std::string name = module.name;
        if (const auto loaded = kernel_->loadModule(std::move(module)); !loaded)
            trace_.line("module " + name + " is not loaded: " + errnoName(loaded.error()));
    }
}

int Machine::kexec() {
    if (const auto frozen = kernel_->freeze(image_.how); !frozen)
        return frozen.error();
    ending_ = Ending::jump;
    return 0;
}

void Machine::shutDown() {
    commandLine_ = options_.commandLine;
    if (ending_ == Ending::jump) {
        handover_ = kernel_->jump(image_.how);
        const bool expected = image_.how == model::KexecImage::kexecFileLoad && kernel_->profile().khoEnabled;
        if (expected && !handover_.attached)
            trace_.line("power is lost during the jump");
        else
            commandLine_ = options_.nextCommandLine.value_or(image_.commandLine);
    }
    handles_.forgetAll();
    uevents_.forgetAll();
    kernel_.reset();
    memfds_->fixedSizes.clear();
    bus_.reboot(!handover_.attached);
    image_ = {};
    ending_ = Ending::none;
}

model::FileRef Machine::fileOf(pid_t thread, int fd) {
    if (const Handle* handle = handles_.find(thread, fd)) {
        if (const auto* file = std::get_if<VfioHandle>(handle))
            return *file;
        if (const auto* file = std::get_if<IommufdHandle>(handle))
            return *file;
    }
    auto taken = takeFd(thread, fd);
    return taken ? describeFile(std::move(*taken), memfds_) : nullptr;
}

void Machine::noticeClosed() {
    for (const auto& handle : handles_.takeClosed())
        release(handle);
}

void Machine::release(const Handle& handle) {
    if (std::holds_alternative<DeviceHandle>(handle)) {
        kernel_->releaseDevice();
        trace_.line("the device is closed");
    } else if (const auto* session = std::get_if<SessionHandle>(&handle)) {
        const auto closed = kernel_->closeSession(session->session);
        trace_.line("the last reference to session " + inQuotes(session->name) + " is closed " +
                    resultWords(closed ? 0 : closed.error()));
    }
}

model::Result<std::size_t> Machine::unplug(const std::string& device) {
    if (!bus_.present(device))
        return model::fail(ENODEV);
    std::size_t struck = 0;
    for (const auto& file : handles_.vfioFiles()) {
        if (file->device() == device)
            struck += kernel_->invalidate(*file);
    }
    bus_.unplug(device);
    uevents_.tell(removal(device));
    return struck;
}

} // namespace luosim
