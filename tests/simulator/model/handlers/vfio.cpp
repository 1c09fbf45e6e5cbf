// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vfio.hpp"

#include <any>
#include <cerrno>

namespace luosim::model {

namespace {

struct IommufdSer {};

struct VfioSer {
    std::string device;
    std::uint64_t iommufdToken = 0;
};

VfioFile& vfio(FileOpArgs& args) {
    return static_cast<VfioFile&>(*args.file);
}

} // namespace

void PciBus::plug(const std::string& device) {
    slots_[device] = {};
}
void PciBus::unplug(const std::string& device) {
    slots_.erase(device);
}
bool PciBus::present(const std::string& device) const {
    return slots_.contains(device);
}

std::shared_ptr<VfioFile> PciBus::reopen(const std::string& device) {
    auto file = std::make_shared<VfioFile>(++nextId_, device);
    slots_.at(device).opened = file;
    return file;
}

Result<std::shared_ptr<VfioFile>> PciBus::open(const std::string& device) {
    const auto slot = slots_.find(device);
    if (slot == slots_.end())
        return fail(ENODEV);
    if (slot->second.incoming || !slot->second.opened.expired())
        return fail(EBUSY);
    return reopen(device);
}

std::shared_ptr<IommufdFile> PciBus::openIommufd() {
    return std::make_shared<IommufdFile>(++nextId_);
}

Status PciBus::unbindDriver(const std::string& device) {
    const auto slot = slots_.find(device);
    if (slot == slots_.end())
        return fail(ENODEV);
    if (slot->second.preserved || slot->second.incoming)
        return fail(EBUSY);
    return {};
}

void PciBus::reboot(bool cold) {
    for (auto& [name, slot] : slots_) {
        slot.opened.reset();
        slot.incoming = !cold && slot.preserved;
        slot.preserved = false;
    }
}

Status IommufdHandler::preserve(FileOpArgs& args) {
    args.data = IommufdSer{};
    return {};
}

void IommufdHandler::unpreserve(FileOpArgs& args) {
    args.data.reset();
}
Result<FileRef> IommufdHandler::retrieve(FileOpArgs&) {
    return bus_.openIommufd();
}
void IommufdHandler::finish(FileOpArgs& args) {
    args.data.reset();
}

Status VfioHandler::preserve(FileOpArgs& args) {
    VfioFile& file = vfio(args);
    const auto slot = bus_.slots_.find(file.device());
    if (slot == bus_.slots_.end())
        return fail(ENODEV);
    if (!file.boundTo())
        return fail(EINVAL);
    const auto token = args.session.tokenOf(*file.boundTo());
    if (!token)
        return fail(ENOENT);
    slot->second.preserved = true;
    args.data = VfioSer{file.device(), *token};
    return {};
}

void VfioHandler::unpreserve(FileOpArgs& args) {
    if (const auto slot = bus_.slots_.find(vfio(args).device()); slot != bus_.slots_.end())
        slot->second.preserved = false;
    args.data.reset();
}

Status VfioHandler::freeze(FileOpArgs& args) {
    if (vfio(args).interrupts())
        return fail(EBUSY);
    return {};
}

Result<FileRef> VfioHandler::retrieve(FileOpArgs& args) {
    const auto* ser = std::any_cast<VfioSer>(&args.data);
    if (!ser)
        return fail(EINVAL);
    if (!bus_.present(ser->device))
        return fail(ENODEV);
    if (auto devices = args.flbs.incoming(*pciFlb_); !devices)
        return fail(devices.error());
    return bus_.reopen(ser->device);
}

bool VfioHandler::canFinish(FileOpArgs& args) {
    if (args.retrieveStatus < 0)
        return true; // it could not be had back; nothing will ever be bound
    return args.file && vfio(args).boundTo();
}

void VfioHandler::finish(FileOpArgs& args) {
    if (const auto* ser = std::any_cast<VfioSer>(&args.data))
        if (const auto slot = bus_.slots_.find(ser->device); slot != bus_.slots_.end())
            slot->second.incoming = false;
    args.data.reset();
}

} // namespace luosim::model
