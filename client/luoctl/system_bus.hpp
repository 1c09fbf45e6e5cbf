// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The bus itself, for what libluod does not ask: the service manager, and whether there is a luod at all. To call a luod
// that an administrator has stopped would start it.

#include <memory>
#include <string>
#include <systemd/sd-bus.h>

namespace luoctl {

class SystemBus {
public:
    SystemBus(); // throws noBus()
    sd_bus* get() const { return bus_.get(); }
    bool hasOwner(const std::string& name) const;

private:
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
    };
    std::unique_ptr<sd_bus, Close> bus_;
};

// Throws what a call would be answered where luod is not running, instead of having it started.
void expectLuod(const SystemBus& bus);

} // namespace luoctl
