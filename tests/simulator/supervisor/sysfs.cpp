// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sysfs.hpp"

#include <string_view>

namespace luosim {
namespace {

constexpr std::string_view namePrefix = "vfio";

/// Functions of slot 4 and on of the first bus.
std::string pciAddress(const std::string& device) {
    const unsigned number = static_cast<unsigned>(std::stoul(device.substr(namePrefix.size())));
    constexpr const char* digits = "0123456789abcdef";
    const unsigned slot = 4 + number / 8;
    return std::string("0000:00:") + digits[slot / 16 % 16] + digits[slot % 16] + "." + digits[number % 8];
}

} // namespace

std::string sysfsDirectory(const std::string& device) {
    return "/devices/pci0000:00/" + pciAddress(device) + "/vfio-dev/" + device;
}

std::optional<std::string> sysfsLink(Machine& machine, const std::string& path) {
    const auto slash = path.find('/');
    const std::string number = path.substr(0, slash), rest = slash == path.npos ? "" : path.substr(slash);
    const std::string minor = number.substr(number.find(':') + 1);
    if (minor == std::to_string(iommuMinor))
        return rest.empty() ? std::optional<std::string>("../../devices/virtual/misc/iommu") : std::nullopt;
    const std::string device = std::string(namePrefix) + minor;
    if (!machine.bus().present(device))
        return std::nullopt;
    if (rest.empty())
        return "../.." + sysfsDirectory(device);
    if (rest == "/device")
        return "../../../" + pciAddress(device);
    if (rest == "/device/driver")
        return "../../../bus/pci/drivers/vfio-pci";
    return std::nullopt;
}

std::optional<unsigned> minorOf(const Handle& handle) {
    if (const auto* file = std::get_if<VfioHandle>(&handle))
        return static_cast<unsigned>(std::stoul((*file)->device().substr(namePrefix.size())));
    if (std::holds_alternative<IommufdHandle>(handle))
        return iommuMinor;
    return std::nullopt;
}

} // namespace luosim
