// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>

namespace luosim::model {

/// References to modules: one for each file held (its handler's module) and one for each FLB in use.
class ModulePins {
public:
    void get(const std::string& module) { ++pins_[module]; }
    void put(const std::string& module) {
        auto it = pins_.find(module);
        if (it != pins_.end() && --it->second == 0)
            pins_.erase(it);
    }
    long count(const std::string& module) const {
        auto it = pins_.find(module);
        return it == pins_.end() ? 0 : it->second;
    }
    const std::map<std::string, long>& all() const { return pins_; }

private:
    std::map<std::string, long> pins_;
};

} // namespace luosim::model
