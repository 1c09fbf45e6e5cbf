// SPDX-License-Identifier: LGPL-2.1-or-later
#include "refusals.hpp"

#include "properties.hpp"

#include <algorithm>
#include <array>

namespace luod::qemu {

namespace {

using Test = bool (*)(const std::string& value);

struct Row {
    const char* option;
    bool value; // it takes one
    Test refused; // nullptr: looked at, and never refused by itself
    const char* why;
};

bool always(const std::string&) { return true; }
bool growing(const std::string& value) { return Properties(value, "size").find("maxmem") != nullptr; }
bool inAFile(const std::string& value) {
    const std::string type = Properties(value, "qom-type").value("qom-type");
    return type.starts_with("memory-backend-") && type != "memory-backend-ram" && type != "memory-backend-memfd";
}
bool inJson(const std::string& value) { return value.starts_with('{') && value.find("memory-backend-") != std::string::npos; }
bool notHere(const std::string& value) {
    const Properties given(value, "qom-type");
    return given.value("qom-type").starts_with("memory-backend-") && given.find("share") && !given.isOn("share");
}
bool inASnapshot(const std::string& value) { return Properties(value, "file").isOn("snapshot"); }

constexpr const char* ownedMemory =
    "guest memory has to lie in files of luo-qemu's own, or the next kernel could not give it back: say how much there is "
    "with -m, or with -object memory-backend-ram (memory-backend-memfd,hugetlb=on for huge pages)";

constexpr std::array rows{
    Row{"m", true, growing, "memory that is plugged in later is not known to the QEMU of the next kernel: leave maxmem= out"},
    Row{"object", true, inAFile, ownedMemory},
    Row{"object", true, inJson, "write memory backends as memory-backend-ram,id=...,size=..., not as JSON"},
    Row{"object", true, notHere, "guest memory that QEMU does not share with luo-qemu cannot be carried: leave share=off out"},
    Row{"mem-path", true, always, ownedMemory},
    Row{"drive", true, inASnapshot, "what the guest writes to a snapshot lies in a file that is gone with this kernel"},
    Row{"snapshot", false, always, "what the guest writes to snapshots lies in files that are gone with this kernel"},
    Row{"incoming", true, always, "luo-qemu decides itself whether the guest starts or goes on"},
    Row{"loadvm", true, always, "luo-qemu decides itself whether the guest starts or goes on"},
    Row{"daemonize", false, always, "luo-qemu has to stay QEMU's parent"},
    Row{"machine", true, nullptr, ""},
    Row{"M", true, nullptr, ""},
    Row{"numa", true, nullptr, ""},
    Row{"device", true, nullptr, ""},
};

bool isPassedThrough(const std::string& value) {
    return value.starts_with('{') ? value.find("\"vfio-") != std::string::npos
                                  : Properties(value, "driver").value("driver").starts_with("vfio-");
}

bool isCarried(const std::string& value, const Words& carried) {
    return std::ranges::any_of(carried, [&](const auto& name) { return value.find("fd=@" + name + "@") != std::string::npos; });
}

} // namespace

std::string optionName(const std::string& word) {
    if (!word.starts_with('-'))
        return "";
    return word.substr(word.starts_with("--") ? 2 : 1);
}

bool takesValue(const std::string& option) {
    return std::ranges::any_of(rows, [&](const Row& row) { return row.value && option == row.option; });
}

Result<> refuseOption(const std::string& option, const std::string& value) {
    for (const Row& row : rows)
        if (option == row.option && row.refused && row.refused(value))
            return failure("-" + option + (value.empty() ? "" : " " + value) + ": " + row.why);
    return {};
}

Result<> refuseDevices(const Words& command, const Words& carried) {
    for (std::size_t i = 0; i + 1 < command.size(); ++i)
        if (optionName(command[i]) == "device" && isPassedThrough(command[i + 1]) && !isCarried(command[i + 1], carried))
            return failure("-device " + command[i + 1] +
                           ": a device that QEMU opens itself is lost with this kernel. Where the kernel can carry VFIO "
                           "devices, have luo-qemu open it: --carry iommu=/dev/iommu --carry nic=/dev/vfio/devices/vfio0, "
                           "and in the command -object iommufd,id=i,fd=@iommu@ -device vfio-pci,fd=@nic@,iommufd=i");
    return {};
}

} // namespace luod::qemu
