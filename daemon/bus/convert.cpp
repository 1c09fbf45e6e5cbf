// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/convert.hpp"

#include <fcntl.h>
#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace core;

template <typename T> Value as(const sdbus::Variant& variant) { return Value(variant.get<T>()); }

// D-Bus type -> how to take it out. The types of core::Value, and no others.
const std::map<std::string, Value (*)(const sdbus::Variant&)> readers{
    {"b", as<bool>},          {"y", as<uint8_t>},     {"n", as<int16_t>},
    {"q", as<uint16_t>},      {"i", as<int32_t>},     {"u", as<uint32_t>},
    {"x", as<int64_t>},       {"t", as<uint64_t>},    {"d", as<double>},
    {"s", as<std::string>},   {"ay", as<std::vector<uint8_t>>}, {"as", as<std::vector<std::string>>},
};

} // namespace

Result<Metadata> fromBus(const Dict& dict) {
    Metadata metadata;
    for (const auto& [key, variant] : dict) {
        std::string type = variant.peekValueType();
        auto reader = readers.find(type);
        if (reader == readers.end())
            return fail(Errc::InvalidArgument, fmt::format("metadata '{}' has the type '{}'; b y n q i u x t d s ay as can travel",
                                                           key, type));
        metadata.emplace(key, reader->second(variant));
    }
    return metadata;
}

Dict toBus(const Metadata& metadata) {
    Dict dict;
    for (const auto& [key, value] : metadata)
        std::visit([&, &key = key](const auto& v) { dict.emplace(key, sdbus::Variant(v)); }, value);
    return dict;
}

UniqueFd take(sdbus::UnixFd& fd) {
    UniqueFd taken(fd.release());
    if (taken)
        ::fcntl(taken.get(), F_SETFD, FD_CLOEXEC);
    return taken;
}

sdbus::UnixFd give(UniqueFd fd) { return sdbus::UnixFd(fd.release(), sdbus::adopt_fd); }

FileRow row(const File& file) {
    Dict details;
    if (file.seals)
        details.emplace("seals", sdbus::Variant(file.seals));
    if (!file.pciAddress.empty())
        details.emplace("pci-address", sdbus::Variant(file.pciAddress));
    if (!file.driver.empty())
        details.emplace("driver", sdbus::Variant(file.driver));
    if (file.byOwner)
        details.emplace("by-owner", sdbus::Variant(true));
    return FileRow{file.token,          file.name, std::string(word(file.kind)), std::string(word(file.state)), file.size,
                   std::move(details), toBus(file.metadata)};
}

Dict properties(const Session& session) {
    Dict dict;
    dict.emplace("Name", sdbus::Variant(session.name));
    dict.emplace("Owner", sdbus::Variant(uint32_t(session.owner)));
    dict.emplace("Unit", sdbus::Variant(session.unit));
    dict.emplace("BoundToUnit", sdbus::Variant(session.boundToUnit));
    dict.emplace("SecurityLabel", sdbus::Variant(session.label));
    dict.emplace("KernelName", sdbus::Variant(session.kernelName));
    dict.emplace("Direction", sdbus::Variant(std::string(word(session.direction))));
    dict.emplace("State", sdbus::Variant(std::string(stateWord(session))));
    dict.emplace("Created", sdbus::Variant(uint64_t(session.created)));
    dict.emplace("Lent", sdbus::Variant(session.lent));
    return dict;
}

} // namespace luod::bus
