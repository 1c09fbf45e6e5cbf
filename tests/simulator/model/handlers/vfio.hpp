// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// VFIO-like devices and iommufds, after the series in review (no kernel has them). They show what a handler with
// dependencies does: order of preservation, a freeze that refuses, a finish that refuses, an FLB.

#include "../flb.hpp"
#include "../handler.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace luosim::model {

/// An iommufd. Its preservation has no conditions; vfio files depend on it.
class IommufdFile final : public File {
public:
    explicit IommufdFile(std::uint64_t id) : id_(id) {}
    FileKind kind() const override { return FileKind::iommufd; }
    std::uint64_t fileId() const override { return id_; }
    std::string label() const override { return "iommufd"; }

private:
    std::uint64_t id_;
};

/// An open /dev/vfio/devices/vfioN. State belongs to the open file, as in the kernel.
class VfioFile final : public File {
public:
    VfioFile(std::uint64_t id, std::string device) : id_(id), device_(std::move(device)) {}
    FileKind kind() const override { return FileKind::vfioCdev; }
    std::uint64_t fileId() const override { return id_; }
    std::string label() const override { return device_; }
    const std::string& device() const { return device_; }

    void bind(std::shared_ptr<IommufdFile> iommufd) { iommufd_ = std::move(iommufd); }
    const std::shared_ptr<IommufdFile>& boundTo() const { return iommufd_; }
    void setInterrupts(bool on) { interrupts_ = on; }
    bool interrupts() const { return interrupts_; }

private:
    std::uint64_t id_;
    std::string device_;
    std::shared_ptr<IommufdFile> iommufd_;
    bool interrupts_ = false;
};

/// The PCI devices of a machine. Hardware: the same object serves every boot.
class PciBus {
public:
    void plug(const std::string& device);
    /// Out of the machine. The caller tells the Kernel with invalidate() for every file on it.
    void unplug(const std::string& device);
    bool present(const std::string& device) const;

    /// open("/dev/vfio/devices/vfioN"): ENODEV when not there, EBUSY when open already or handed over and not finished.
    Result<std::shared_ptr<VfioFile>> open(const std::string& device);
    std::shared_ptr<IommufdFile> openIommufd();
    /// Taking the driver away: EBUSY while preserved or handed over.
    Status unbindDriver(const std::string& device);

    /// The machine jumped (what was preserved is handed over) or was reset (`cold`): no file is open any more.
    void reboot(bool cold);

private:
    friend class VfioHandler;
    struct Slot {
        std::weak_ptr<VfioFile> opened;
        bool preserved = false;
        bool incoming = false; ///< handed over, not yet finished
    };
    std::shared_ptr<VfioFile> reopen(const std::string& device);
    std::map<std::string, Slot> slots_;
    std::uint64_t nextId_ = 0x7f10000000000000;
};

class IommufdHandler final : public FileHandler {
public:
    explicit IommufdHandler(PciBus& bus) : FileHandler("iommufd-v1", "iommufd"), bus_(bus) {}
    bool canPreserve(const File& file) const override { return file.kind() == FileKind::iommufd; }
    Status preserve(FileOpArgs& args) override;
    void unpreserve(FileOpArgs& args) override;
    Result<FileRef> retrieve(FileOpArgs& args) override;
    void finish(FileOpArgs& args) override;

private:
    PciBus& bus_;
};

class VfioHandler final : public FileHandler {
public:
    /// `pciFlb`: which devices the PCI core must leave alone while the next kernel enumerates.
    VfioHandler(PciBus& bus, std::shared_ptr<Flb> pciFlb)
        : FileHandler("vfio-pci-v1", "vfio-pci"), bus_(bus), pciFlb_(std::move(pciFlb)) {}
    bool canPreserve(const File& file) const override { return file.kind() == FileKind::vfioCdev; }
    Status preserve(FileOpArgs& args) override; ///< EINVAL: not bound; ENOENT: its iommufd is not in this session
    void unpreserve(FileOpArgs& args) override;
    Status freeze(FileOpArgs& args) override;            ///< EBUSY: interrupts are on
    Result<FileRef> retrieve(FileOpArgs& args) override; ///< ENODEV: the device is gone
    bool canFinish(FileOpArgs& args) override;           ///< only when retrieved and bound to an iommufd again
    void finish(FileOpArgs& args) override;

private:
    PciBus& bus_;
    std::shared_ptr<Flb> pciFlb_;
};

} // namespace luosim::model
