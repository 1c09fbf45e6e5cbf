// SPDX-License-Identifier: LGPL-2.1-or-later
#include "standard.hpp"

#include "memfd.hpp"

namespace luosim::model {

Module memfdModule(const Profile& profile) {
    return {"memfd", {std::make_shared<MemfdHandler>(profile)}, {}};
}

Module hugetlbModule(const Profile& profile) {
    auto pool = std::make_shared<SharedFlb>("hugetlb-v1", "hugetlb");
    return {
        "hugetlb", {std::make_shared<HugetlbHandler>(pool)}, {{"hugetlb-v1", pool}, {profile.versions.memfd, pool}}};
}

std::vector<Module> vfioModules(PciBus& bus) {
    auto pci = std::make_shared<SharedFlb>("pci-v1", "pci");
    return {{"iommufd", {std::make_shared<IommufdHandler>(bus)}, {}},
            {"vfio-pci", {std::make_shared<VfioHandler>(bus, pci)}, {{"vfio-pci-v1", pci}}}};
}

} // namespace luosim::model
