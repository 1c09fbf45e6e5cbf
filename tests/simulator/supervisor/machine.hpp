// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/handlers/vfio.hpp"
#include "../model/luo.hpp"
#include "handles.hpp"
#include "hostfiles.hpp"
#include "options.hpp"
#include "trace.hpp"
#include "uevents.hpp"

#include <memory>
#include <optional>
#include <string>

namespace luosim {

/// The image that waits for its jump.
struct LoadedImage {
    model::KexecImage how = model::KexecImage::none;
    std::string commandLine;
};

/// How the present boot is to end.
enum class Ending { none, jump, restart, powerOff };

/// The simulated machine: what survives its boots, and the kernel of the present one.
class Machine {
public:
    Machine(const Options& options, Trace& trace);

    /// Starts the next kernel with what the last one handed over.
    void boot();
    /// Takes the last kernel's life: after it there are neither files nor sessions, only the handover.
    void shutDown();

    model::Kernel& kernel() { return *kernel_; }
    const model::Kernel& kernel() const { return *kernel_; }
    model::FaultTable& faults() { return faults_; }
    Handles& handles() { return handles_; }
    const Handles& handles() const { return handles_; }
    model::PciBus& bus() { return bus_; }
    Uevents& uevents() { return uevents_; }
    Trace& trace() { return trace_; }

    unsigned bootNumber() const { return bootNumber_; }
    const std::string& bootId() const { return bootId_; }
    const std::string& commandLine() const { return commandLine_; }
    const std::vector<std::string>& devices() const { return devices_; }

    const LoadedImage& image() const { return image_; }
    void loadImage(LoadedImage image) { image_ = std::move(image); }

    /// reboot(KEXEC): 0 or an errno. After 0 the boot ends as soon as the supervisor comes to it.
    int kexec();
    void endWith(Ending ending) { ending_ = ending; }
    Ending ending() const { return ending_; }

    /// The file behind a thread's descriptor, as the model wants it; null when there is none.
    model::FileRef fileOf(pid_t thread, int fd);
    bool sizeIsFixed(const FileId& id) const { return memfds_->fixedSizes.contains(id); }

    /// Tells the kernel about every descriptor that was closed for good.
    void noticeClosed();
    /// How many preserved files it struck; ENODEV as an error when there is no such device.
    model::Result<std::size_t> unplug(const std::string& device);

private:
    void loadModules();
    void release(const Handle& handle);

    const Options& options_;
    Trace& trace_;
    model::FaultTable faults_;
    model::PciBus bus_;
    Uevents uevents_;
    std::vector<std::string> devices_;
    std::shared_ptr<MemfdPool> memfds_ = std::make_shared<MemfdPool>();
    std::unique_ptr<model::Kernel> kernel_;
    Handles handles_;
    model::Handover handover_;
    LoadedImage image_;
    Ending ending_ = Ending::none;
    unsigned bootNumber_ = 0;
    std::string bootId_;
    std::string commandLine_;
};

} // namespace luosim
