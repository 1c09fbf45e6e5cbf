// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "state.hpp"

#include <nlohmann/json_fwd.hpp>

namespace luosim::model {

/// Keys are the field names of state.hpp. Names that are not UTF-8 are shown with replacement characters.
nlohmann::json toJson(const State& state);

} // namespace luosim::model
