// SPDX-License-Identifier: LGPL-2.1-or-later
#include "description.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace luod::qemu {

using nlohmann::json;

namespace {

constexpr int format = 1;

json jsonOf(const Backend& backend) {
    return {{"id", backend.id}, {"size", backend.size}, {"huge-page", backend.hugePage}, {"properties", backend.properties}};
}

Backend backendIn(const json& all) {
    return {all.at("id"), all.at("size"), all.at("huge-page"), all.at("properties")};
}

Description read(const json& all) {
    Description description{{all.at("command"), {}},
                            all.at("machine-type"),
                            all.at("qemu-version"),
                            all.at("directory"),
                            all.at("carried")};
    for (const json& backend : all.at("memory"))
        description.machine.memory.push_back(backendIn(backend));
    return description;
}

Result<Fd> fileWith(const std::string& text) {
    auto fd = emptyFile("guest");
    if (fd && write(fd->get(), text.data(), text.size()) != ssize_t(text.size()))
        return systemFailure("the guest's description");
    return fd;
}

} // namespace

Result<Fd> fileOf(const Description& description) {
    json all{{"format", format},
             {"command", description.machine.command},
             {"memory", json::array()},
             {"machine-type", description.machineType},
             {"qemu-version", description.qemuVersion},
             {"directory", description.directory},
             {"carried", description.carried}};
    for (const Backend& backend : description.machine.memory)
        all["memory"].push_back(jsonOf(backend));
    try {
        return fileWith(all.dump() + "\n");
    } catch (const json::exception&) {
        return failure("a live update can carry QEMU commands in UTF-8 only");
    }
}

Result<Description> descriptionIn(int fd) {
    struct stat status {};
    if (fstat(fd, &status) < 0)
        return systemFailure("the guest's description");
    std::string text(std::size_t(status.st_size), '\0');
    if (pread(fd, text.data(), text.size(), 0) != ssize_t(text.size()))
        return systemFailure("the guest's description");
    try {
        const json all = json::parse(text);
        if (all.at("format") != format)
            return failure("the guest's description has another format: a different version of luo-qemu wrote it");
        return read(all);
    } catch (const json::exception& error) {
        return failure(std::string("the guest's description cannot be read: ") + error.what());
    }
}

} // namespace luod::qemu
