// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Between core's types and the bus's.

#include "core/error.hpp"
#include "core/metadata.hpp"
#include "core/session.hpp"
#include "core/unique_fd.hpp"

#include <map>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <vector>

namespace luod::bus {

using Dict = std::map<std::string, sdbus::Variant>;

// Error: InvalidArgument, where a value has a type that cannot travel.
core::Result<core::Metadata> fromBus(const Dict& dict);
Dict toBus(const core::Metadata& metadata);

// Takes the descriptor out and makes it close-on-exec, which sdbus-c++ has undone.
core::UniqueFd take(sdbus::UnixFd& fd);
sdbus::UnixFd give(core::UniqueFd fd);

// A file as ListFiles and Files show it.
using FileRow = sdbus::Struct<uint64_t, std::string, std::string, std::string, uint64_t, Dict, Dict>;
FileRow row(const core::File& file);

// The properties of org.luod1.Session, for signals that carry them. Without Files, which may be large.
Dict properties(const core::Session& session);

} // namespace luod::bus
