// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Handlers of files as the kernel calls them (NAME-vNUMBER is what is compared), and where each comes from. Besides
// memfd none is in a released kernel yet; the others are called as in the series in review.

#include <algorithm>
#include <array>
#include <string_view>

namespace luod::image {

struct Handler {
    std::string_view name;
    std::string_view module; // "": it is never one
    std::string_view config;
};

inline constexpr std::array handlers{
    Handler{"memfd", "", "CONFIG_LIVEUPDATE_MEMFD"},
    Handler{"hugetlb", "", "CONFIG_HUGETLBFS"},
    Handler{"vfio-pci", "vfio_pci", "CONFIG_VFIO_PCI"},
    Handler{"iommufd", "iommufd", "CONFIG_IOMMUFD"},
    Handler{"kvm", "kvm", "CONFIG_KVM"},
};

inline const Handler* handlerCalled(std::string_view name) {
    auto row = std::ranges::find(handlers, name, &Handler::name);
    return row == handlers.end() ? nullptr : row;
}

} // namespace luod::image
