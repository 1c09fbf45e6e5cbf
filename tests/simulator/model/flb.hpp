// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// File-lifecycle-bound state (FLB): global state that several preserved files share and that lives as long as they do.

#include "handler.hpp"

#include <string>
#include <utility>

namespace luosim::model {

/// The kernel's struct liveupdate_flb and its ops.
class Flb {
public:
    Flb(std::string compatible, std::string owner) : compatible_(std::move(compatible)), owner_(std::move(owner)) {}
    Flb(const Flb&) = delete;
    Flb& operator=(const Flb&) = delete;
    virtual ~Flb() = default;

    const std::string& compatible() const { return compatible_; }
    const std::string& owner() const { return owner_; }

    virtual Result<Blob> preserve() = 0;     ///< with the first depending file of any session
    virtual void unpreserve(Blob& data) = 0; ///< after the last was un-preserved
    virtual Result<Blob>
    retrieve(const Blob& data) = 0;        ///< in the next kernel, once, when first asked for: the live object
    virtual void finish(Blob& object) = 0; ///< after the last depending file was finished

private:
    std::string compatible_;
    std::string owner_;
};

/// What the next kernel can know about an FLB. The kernel tells only ENODATA and ENOENT, and each of them can mean that
/// nothing was preserved or that it was, in a version this kernel does not know. The model tells them apart.
enum class FlbIncoming { nothingPreserved, unknownVersion, preserved, finished };

} // namespace luosim::model
