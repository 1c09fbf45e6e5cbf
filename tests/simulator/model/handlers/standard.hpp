// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The modules that come with the model.

#include "../luo.hpp"
#include "shared_flb.hpp"
#include "vfio.hpp"

#include <vector>

namespace luosim::model {

/// Built in: memfd alone, as in every kernel up to 7.3.
Module memfdModule(const Profile& profile);
/// "hugetlb": memfds of huge pages; one FLB ("hugetlb-v1") shared with memfd, which must be registered before.
Module hugetlbModule(const Profile& profile);
/// "iommufd" and "vfio-pci" (with the PCI FLB). To be loaded in this order.
std::vector<Module> vfioModules(PciBus& bus);

} // namespace luosim::model
