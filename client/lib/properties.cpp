// SPDX-License-Identifier: LGPL-2.1-or-later
#include "properties.hpp"

#include "client.hpp"

#include <algorithm>

namespace luod::client {
namespace {

constexpr const char* interfaceName = "org.freedesktop.DBus.Properties";

const luod_value* find(const Properties& properties, std::string_view name) {
    auto at =
        std::ranges::find(properties.values, name, [](const luod_value& value) { return std::string_view(value.key); });
    return at == properties.values.end() ? nullptr : &*at;
}

} // namespace

const char* Properties::text(std::string_view name) const {
    const luod_value* value = find(*this, name);
    return value && value->type == LUOD_STRING ? value->as.s : "";
}

uint64_t Properties::number(std::string_view name) const {
    const luod_value* value = find(*this, name);
    return value && value->type != LUOD_STRING ? value->as.u : 0;
}

const char* const* Properties::texts(std::string_view name) const {
    const luod_value* value = find(*this, name);
    return value && value->type == LUOD_STRINGS ? value->as.strings : nullptr;
}

int getAll(luod_client& client, const char* path, const char* interface, Properties& into) {
    Message reply;
    if (int r = Call(client, path, interfaceName, "GetAll").add("s", interface).send(reply); r < 0)
        return r;
    const luod_value* values = nullptr;
    size_t n = 0;
    if (int r = readValues(reply.get(), into.owner, values, n); r < 0)
        return badReply(client, r);
    into.values.insert(into.values.end(), values, values + n);
    into.messages.push_back(std::move(reply));
    return 0;
}

int getOne(luod_client& client, const char* path, const char* interface, const char* name, Properties& into) {
    Message reply;
    if (int r = Call(client, path, interfaceName, "Get").add("ss", interface, name).send(reply); r < 0)
        return r;
    luod_value value{.key = name};
    int r = readVariant(reply.get(), into.owner, value);
    if (r <= 0)
        return badReply(client, r);
    into.values.push_back(value);
    into.messages.push_back(std::move(reply));
    return 0;
}

} // namespace luod::client
