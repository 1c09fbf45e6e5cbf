// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"

#include <cstdlib>

using namespace luod::client;

namespace {

int adopt(luod_client** ret, sd_bus* bus, bool close = true) noexcept {
    Bus owned{bus, UnrefBus{close}};
    auto* client = new (std::nothrow) luod_client{};
    if (!client)
        return -ENOMEM;
    client->bus = std::move(owned);
    *ret = client;
    return 0;
}

int openAt(sd_bus** ret, const char* address) noexcept {
    sd_bus* made = nullptr;
    if (int r = sd_bus_new(&made); r < 0)
        return r;
    Bus bus{made};
    int r = sd_bus_set_description(made, "libluod");
    if (r >= 0)
        r = sd_bus_set_address(made, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(made, 1);
    if (r >= 0)
        r = sd_bus_start(made);
    if (r >= 0)
        *ret = bus.release();
    return r;
}

} // namespace

int luod_open(luod_client** ret, const char* address) {
    if (!ret)
        return -EINVAL;
    // Not for set-user-ID programs: whoever starts one must not choose whom it talks to.
    if (!address)
        address = secure_getenv("LUOD_BUS_ADDRESS");
    sd_bus* bus = nullptr;
    int r = address && *address ? openAt(&bus, address) : sd_bus_open_system_with_description(&bus, "libluod");
    return r < 0 ? r : adopt(ret, bus);
}

int luod_open_remote(luod_client** ret, const char* host) {
    sd_bus* bus = nullptr;
    if (!ret || !host)
        return -EINVAL;
    int r = sd_bus_open_system_remote(&bus, host);
    return r < 0 ? r : adopt(ret, bus);
}

int luod_open_bus(luod_client** ret, sd_bus* bus) {
    if (!ret || !bus)
        return -EINVAL;
    return adopt(ret, sd_bus_ref(bus), false);
}

luod_client* luod_close(luod_client* client) {
    delete client;
    return nullptr;
}
