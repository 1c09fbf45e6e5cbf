// SPDX-License-Identifier: LGPL-2.1-or-later

// What callers put into D-Bus structures: dictionaries of values of any type, as options and as metadata, and files
// handed over, through a message there and back.

#include "bus/options.hpp"
#include "core/records.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace luod::fuzz {
namespace {

using bus::Dict;
using sdbus::Variant;
using Handed = sdbus::Struct<sdbus::UnixFd, std::uint64_t, std::string, Dict>;

// UTF-8 without NULs, as every string on a bus is: the bytes are taken for Latin-1.
std::string string(Input& input) {
    std::string text;
    for (const char each : input.text()) {
        const auto byte = std::uint8_t(each);
        if (byte >= 0x80)
            text += {char(0xc0 | byte >> 6), char(0x80 | (byte & 0x3f))};
        else if (byte)
            text += each;
    }
    return text;
}

std::vector<std::string> strings(Input& input) {
    std::vector<std::string> all;
    for (int n = input.byte() % 8; n > 0; --n)
        all.push_back(string(input));
    return all;
}

Variant value(Input& input, int depth);

Dict dict(Input& input, int depth) {
    Dict made;
    for (int n = input.byte() % 8; n > 0; --n) {
        std::string key = string(input);
        made.insert_or_assign(std::move(key), value(input, depth));
    }
    return made;
}

Variant number(Input& input, int type) {
    const std::uint64_t n = input.number();
    switch (type) {
    case 0: return Variant(bool(n & 1));
    case 1: return Variant(std::uint8_t(n));
    case 2: return Variant(std::int16_t(n));
    case 3: return Variant(std::uint16_t(n));
    case 4: return Variant(std::int32_t(n));
    case 5: return Variant(std::uint32_t(n));
    case 6: return Variant(std::int64_t(n));
    case 7: return Variant(n);
    default: return Variant(double(n) / 3);
    }
}

Variant value(Input& input, int depth) {
    const int type = input.byte() % 18;
    if (type < 9)
        return number(input, type);
    if (type < 11)
        return Variant(string(input));
    if (type == 11)
        return Variant(strings(input));
    if (type == 12) {
        const std::string_view bytes = input.text();
        return Variant(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    }
    if (type == 13 || depth > 3)
        return Variant(sdbus::ObjectPath("/a"));
    if (type == 14)
        return Variant(sdbus::Signature("a{sv}"));
    if (type == 15)
        return Variant(sdbus::UnixFd(STDERR_FILENO));
    if (type == 16)
        return Variant(sdbus::Struct<std::string, Variant>(string(input), value(input, depth + 1)));
    return Variant(dict(input, depth + 1));
}

// Every option that there is, of every type that one can have.
void readOptions(const Dict& dict) {
    const auto options = bus::Options::read(
        dict, {{"owner", "u"}, {"interactive", "b"}, {"mode", "s"}, {"deadline-usec", "t"}, {"force", "as"}});
    if (!options)
        return;
    options->get<std::uint32_t>("owner");
    options->isSet("interactive");
    options->text("mode");
    options->get<std::uint64_t>("deadline-usec");
    options->get<std::vector<std::string>>("force");
    require(std::ranges::none_of(dict, [](const auto& each) { return each.first.empty(); }), "no option without a name");
}

// Metadata is the same behind the bus and behind the ledger.
void readMetadata(const Dict& dict) {
    const auto metadata = bus::fromBus(dict);
    if (!metadata)
        return;
    require(metadata->size() == dict.size(), "no metadata is left out");
    const auto again = bus::fromBus(bus::toBus(*metadata));
    require(again && *again == *metadata, "metadata goes over the bus and back");
    std::string bytes;
    core::encode(core::FileAnnotated{1, 2, "name", *metadata}, bytes);
    const auto record = core::decode(bytes);
    require(record && std::get<core::FileAnnotated>(*record).metadata == *metadata, "metadata goes into the ledger and back");
}

void handOver(Input& input, Dict metadata) {
    std::vector<Handed> files;
    for (int n = input.byte() % 4; n > 0; --n)
        files.emplace_back(sdbus::UnixFd(STDERR_FILENO), input.number(), string(input), metadata);
    const Variant message(files); // it has a message of its own
    auto arrived = message.get<std::vector<Handed>>();
    require(arrived.size() == files.size(), "as many files arrive as were sent");
    for (Handed& each : arrived) {
        const core::UniqueFd fd = bus::take(std::get<0>(each));
        require(fd && fcntl(fd.get(), F_GETFD) == FD_CLOEXEC, "a file that was handed over is luod's alone");
        readMetadata(std::get<3>(each));
    }
}

} // namespace
} // namespace luod::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace luod::fuzz;
    static const sdbus::Variant first(1); // opens what they all share
    const int before = dup(STDERR_FILENO);
    close(before);
    Input input(data, size);
    {
        const Dict made = dict(input, 0);
        readOptions(made);
        readMetadata(made);
        handOver(input, made);
    }
    const int after = dup(STDERR_FILENO);
    close(after);
    require(after == before, "no file descriptor is left open");
    return 0;
}
