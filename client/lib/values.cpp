// SPDX-License-Identifier: LGPL-2.1-or-later
#include "values.hpp"

#include <array>
#include <cerrno>
#include <string_view>

namespace luod::client {
namespace {

struct Letter {
    int type;
    const char* signature;
};
constexpr std::array letters{
    Letter{LUOD_BOOL, "b"},   Letter{LUOD_BYTE, "y"},   Letter{LUOD_INT16, "n"},  Letter{LUOD_UINT16, "q"},
    Letter{LUOD_INT32, "i"},  Letter{LUOD_UINT32, "u"}, Letter{LUOD_INT64, "x"},  Letter{LUOD_UINT64, "t"},
    Letter{LUOD_DOUBLE, "d"}, Letter{LUOD_STRING, "s"}, Letter{LUOD_BYTES, "ay"}, Letter{LUOD_STRINGS, "as"},
};

const char* signatureOf(int type) {
    for (const Letter& letter : letters)
        if (letter.type == type)
            return letter.signature;
    return nullptr;
}

int typeOf(std::string_view signature) {
    for (const Letter& letter : letters)
        if (letter.signature == signature)
            return letter.type;
    return 0;
}

int appendStrings(sd_bus_message* message, const char* const* strings) {
    int r = sd_bus_message_open_container(message, 'a', "s");
    for (auto at = strings; r >= 0 && at && *at; ++at)
        r = sd_bus_message_append_basic(message, 's', *at);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

template <typename Number> int appendNumber(sd_bus_message* message, char letter, auto value) {
    auto number = static_cast<Number>(value);
    return sd_bus_message_append_basic(message, letter, &number);
}

int appendBare(sd_bus_message* message, const luod_value& value) {
    char letter = static_cast<char>(value.type);
    switch (value.type) {
    case LUOD_BOOL:
        return appendNumber<int>(message, letter, value.as.u != 0);
    case LUOD_BYTE:
        return appendNumber<uint8_t>(message, letter, value.as.u);
    case LUOD_INT16:
        return appendNumber<int16_t>(message, letter, value.as.i);
    case LUOD_UINT16:
        return appendNumber<uint16_t>(message, letter, value.as.u);
    case LUOD_INT32:
        return appendNumber<int32_t>(message, letter, value.as.i);
    case LUOD_UINT32:
        return appendNumber<uint32_t>(message, letter, value.as.u);
    case LUOD_INT64:
        return appendNumber<int64_t>(message, letter, value.as.i);
    case LUOD_UINT64:
        return appendNumber<uint64_t>(message, letter, value.as.u);
    case LUOD_DOUBLE:
        return appendNumber<double>(message, letter, value.as.d);
    case LUOD_STRING:
        return sd_bus_message_append_basic(message, letter, value.as.s ? value.as.s : "");
    case LUOD_BYTES:
        return sd_bus_message_append_array(message, 'y', value.as.bytes.data, value.as.bytes.size);
    case LUOD_STRINGS:
        return appendStrings(message, value.as.strings);
    default:
        return -EINVAL;
    }
}

int appendEntry(sd_bus_message* message, const luod_value& value) {
    const char* signature = signatureOf(value.type);
    if (!value.key || !signature)
        return -EINVAL;
    int r = sd_bus_message_open_container(message, 'e', "sv");
    if (r >= 0)
        r = sd_bus_message_append_basic(message, 's', value.key);
    if (r >= 0)
        r = sd_bus_message_open_container(message, 'v', signature);
    if (r >= 0)
        r = appendBare(message, value);
    if (r >= 0)
        r = sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

template <typename Number, typename Into> int readNumber(sd_bus_message* message, char letter, Into& into) {
    Number number{};
    int r = sd_bus_message_read_basic(message, letter, &number);
    into = number;
    return r;
}

int readStrings(sd_bus_message* message, Values& owner, luod_value& value) {
    auto& list = owner.stringLists.emplace_back();
    int r = sd_bus_message_enter_container(message, 'a', "s");
    const char* text = nullptr;
    while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &text)) > 0)
        list.push_back(text);
    list.push_back(nullptr);
    value.as.strings = list.data();
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int readBytes(sd_bus_message* message, luod_value& value) {
    const void* data = nullptr;
    int r = sd_bus_message_read_array(message, 'y', &data, &value.as.bytes.size);
    value.as.bytes.data = static_cast<const uint8_t*>(data);
    return r;
}

int readBare(sd_bus_message* message, Values& owner, luod_value& value) {
    char letter = static_cast<char>(value.type);
    switch (value.type) {
    case LUOD_BOOL:
        return readNumber<int>(message, letter, value.as.u);
    case LUOD_BYTE:
        return readNumber<uint8_t>(message, letter, value.as.u);
    case LUOD_INT16:
        return readNumber<int16_t>(message, letter, value.as.i);
    case LUOD_UINT16:
        return readNumber<uint16_t>(message, letter, value.as.u);
    case LUOD_INT32:
        return readNumber<int32_t>(message, letter, value.as.i);
    case LUOD_UINT32:
        return readNumber<uint32_t>(message, letter, value.as.u);
    case LUOD_INT64:
        return readNumber<int64_t>(message, letter, value.as.i);
    case LUOD_UINT64:
        return readNumber<uint64_t>(message, letter, value.as.u);
    case LUOD_DOUBLE:
        return readNumber<double>(message, letter, value.as.d);
    case LUOD_STRING:
        return sd_bus_message_read_basic(message, letter, &value.as.s);
    case LUOD_BYTES:
        return readBytes(message, value);
    default:
        return readStrings(message, owner, value);
    }
}

} // namespace

int appendValues(sd_bus_message* message, const luod_value* values, size_t n) {
    int r = sd_bus_message_open_container(message, 'a', "{sv}");
    for (size_t i = 0; r >= 0 && i < n; ++i)
        r = appendEntry(message, values[i]);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int readVariant(sd_bus_message* message, Values& owner, luod_value& value) {
    const char* signature = nullptr;
    int r = sd_bus_message_peek_type(message, nullptr, &signature);
    if (r < 0)
        return r;
    value.type = typeOf(signature);
    if (value.type == 0)
        return (r = sd_bus_message_skip(message, "v")) < 0 ? r : 0;
    r = sd_bus_message_enter_container(message, 'v', signature);
    if (r >= 0)
        r = readBare(message, owner, value);
    if (r >= 0)
        r = sd_bus_message_exit_container(message);
    return r < 0 ? r : 1;
}

int readValues(sd_bus_message* message, Values& owner, const luod_value*& values, size_t& n) {
    auto& dict = owner.dicts.emplace_back();
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        luod_value value{};
        r = sd_bus_message_read_basic(message, 's', &value.key);
        if (r >= 0)
            r = readVariant(message, owner, value);
        if (r > 0)
            dict.push_back(value);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    values = dict.data();
    n = dict.size();
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

} // namespace luod::client
