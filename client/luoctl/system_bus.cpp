// SPDX-License-Identifier: LGPL-2.1-or-later
#include "system_bus.hpp"

#include "failure.hpp"
#include "proto/errors.hpp"
#include "proto/names.hpp"

#include <cstdlib>

namespace luoctl {
namespace {

constexpr uint64_t patience = 5'000'000; // microseconds for each answer

// As libluod finds it.
int openBus(sd_bus** bus) {
    const char* address = secure_getenv("LUOD_BUS_ADDRESS");
    if (!address || !*address)
        return sd_bus_open_system(bus);
    int r = sd_bus_new(bus);
    if (r >= 0)
        r = sd_bus_set_address(*bus, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(*bus, 1);
    return r < 0 ? r : sd_bus_start(*bus);
}

} // namespace

SystemBus::SystemBus() {
    sd_bus* bus = nullptr;
    int r = openBus(&bus);
    bus_.reset(bus);
    if (r < 0)
        throw noBus("the bus", r);
    sd_bus_set_method_call_timeout(bus, patience);
}

bool SystemBus::hasOwner(const std::string& name) const {
    sd_bus_creds* creds = nullptr;
    int r = sd_bus_get_name_creds(bus_.get(), name.c_str(), 0, &creds);
    sd_bus_creds_unref(creds);
    return r >= 0;
}

void expectLuod(const SystemBus& bus) {
    if (!bus.hasOwner(luod::proto::busName))
        throw Failure{luod::proto::exitUnreachable, "luod is not running; 'systemctl status luod' says why"};
}

} // namespace luoctl
