// SPDX-License-Identifier: LGPL-2.1-or-later
#include "crossing.hpp"

#include "proto/liveupdate-abi.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <expected>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

namespace luod::tests {

using core::UniqueFd;
using nlohmann::json;
template <typename T = void> using Errno = std::expected<T, int>;

constexpr const char* ownSession = "systemd";
constexpr std::uint64_t mapToken = 0;
constexpr const char* sessionLink = "anon_inode:[luo_session] ";
constexpr long anonInodeMagic = 0x09041934;

template <typename... Args> static void say(fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "service-manager: {}\n", fmt::format(format, std::forward<Args>(args)...));
}

static Errno<UniqueFd> openDevice() {
    UniqueFd device(open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC));
    if (!device)
        return std::unexpected(errno);
    return device;
}

// CREATE_SESSION and RETRIEVE_SESSION have structs of one form.
template <typename Request> static Errno<UniqueFd> session(int device, unsigned long number, const std::string& name) {
    Request request{};
    request.size = sizeof request;
    name.copy(reinterpret_cast<char*>(request.name), sizeof request.name - 1);
    if (ioctl(device, number, &request) < 0)
        return std::unexpected(errno);
    return UniqueFd(request.fd);
}

static Errno<> preserve(int session, int fd, std::uint64_t token) {
    luo_preserve_fd request{.size = sizeof request, .fd = fd, .token = token};
    if (ioctl(session, LUO_PRESERVE_FD, &request) < 0)
        return std::unexpected(errno);
    return {};
}

static Errno<UniqueFd> retrieve(int session, std::uint64_t token) {
    luo_retrieve_fd request{.size = sizeof request, .fd = -1, .token = token};
    if (ioctl(session, LUO_RETRIEVE_FD, &request) < 0)
        return std::unexpected(errno);
    return UniqueFd(request.fd);
}

// As systemd tells one: an anonymous inode whose link names the session.
static std::optional<std::string> sessionName(int fd) {
    struct statfs filesystem {};
    if (fstatfs(fd, &filesystem) < 0 || filesystem.f_type != anonInodeMagic)
        return std::nullopt;
    char target[PATH_MAX];
    const ssize_t length = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target, sizeof target);
    const std::string_view link(target, length < 0 ? 0 : static_cast<std::size_t>(length));
    if (!link.starts_with(sessionLink))
        return std::nullopt;
    return std::string(link.substr(std::strlen(sessionLink)));
}

static UniqueFd memfdOf(const std::string& text) {
    UniqueFd memfd(memfd_create("luo-mapping", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (write(memfd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return {};
    return memfd;
}

static std::string textOf(int memfd) {
    struct stat status {};
    fstat(memfd, &status);
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t length = pread(memfd, text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
}

// In the store's order, newest first: put back one by one they lie there the other way round, as with systemd.
static json carryEntries(const FdStore& store, int own) {
    json entries = json::array();
    std::uint64_t token = mapToken + 1;
    for (const FdStore::Entry& entry : store.entries()) {
        if (const auto name = sessionName(entry.fd.get())) {
            if (*name == ownSession)
                say("a stored session calls itself {}: left behind", ownSession);
            else
                entries.push_back({{"type", "luo_session"}, {"name", entry.name}, {"session", *name}});
        } else if (const auto done = preserve(own, entry.fd.get(), token); !done) {
            say("stored fd {} cannot be preserved: {}", entry.name, std::strerror(done.error()));
        } else {
            entries.push_back({{"type", "fd"}, {"name", entry.name}, {"token", token++}});
        }
    }
    return entries;
}

UniqueFd carryOver(const FdStore& store, const std::string& unit) {
    if (store.entries().empty())
        return {};
    const auto device = openDevice();
    if (!device) {
        say("cannot open {}: {}; the fd store stays behind", LUO_DEVICE_PATH, std::strerror(device.error()));
        return {};
    }
    auto own = session<luo_create_session>(device->get(), LUO_CREATE_SESSION, ownSession);
    if (!own) {
        say("cannot create session {}: {}; the fd store stays behind", ownSession, std::strerror(own.error()));
        return {};
    }
    const json map{{unit, carryEntries(store, own->get())}};
    const UniqueFd memfd = memfdOf(map.dump());
    if (const auto done = preserve(own->get(), memfd.get(), mapToken); !done) {
        say("cannot preserve the map: {}; the fd store stays behind", std::strerror(done.error()));
        return {};
    }
    return std::move(*own);
}

static void bringBackEntry(FdStore& store, int device, int own, const json& entry) {
    const std::string name = entry.at("name");
    auto fd = entry.at("type") == "luo_session"
                  ? session<luo_retrieve_session>(device, LUO_RETRIEVE_SESSION, entry.at("session"))
                  : retrieve(own, entry.at("token"));
    if (!fd)
        return say("stored fd {} did not come back: {}", name, std::strerror(fd.error()));
    if (store.add(std::move(*fd), name, true) != FdStore::Answer::Stored)
        say("stored fd {} has no room in the store", name);
}

void bringBack(FdStore& store, const std::string& unit) {
    const auto device = openDevice();
    if (!device) {
        if (device.error() != ENOENT && device.error() != ENODEV)
            say("cannot open {}: {}", LUO_DEVICE_PATH, std::strerror(device.error()));
        return;
    }
    const auto own = session<luo_retrieve_session>(device->get(), LUO_RETRIEVE_SESSION, ownSession);
    if (!own) {
        if (own.error() != ENOENT)
            say("cannot retrieve session {}: {}", ownSession, std::strerror(own.error()));
        return;
    }
    const auto memfd = retrieve(own->get(), mapToken);
    if (!memfd)
        return say("cannot retrieve the map: {}", std::strerror(memfd.error()));
    try {
        for (const json& entry : json::parse(textOf(memfd->get())).value(unit, json::array()))
            bringBackEntry(store, device->get(), own->get(), entry);
    } catch (const json::exception& error) {
        return say("the map cannot be read: {}", error.what());
    }
    luo_finish request{.size = sizeof request, .reserved = 0};
    if (ioctl(own->get(), LUO_FINISH, &request) < 0)
        say("cannot finish session {}: {}", ownSession, std::strerror(errno));
}

void loadImage(const std::string& image, std::string commandLine) {
    if (image.empty())
        return;
    char loaded = '0';
    if (std::ifstream("/sys/kernel/kexec_loaded") >> loaded && loaded == '1')
        return;
    if (commandLine.empty())
        std::getline(std::ifstream("/proc/cmdline"), commandLine);
    const UniqueFd kernel(open(image.c_str(), O_RDONLY | O_CLOEXEC));
    if (!kernel || syscall(SYS_kexec_file_load, kernel.get(), -1, commandLine.size() + 1, commandLine.c_str(),
                           KEXEC_FILE_NO_INITRAMFS) < 0)
        say("cannot load {}: {}", image, std::strerror(errno));
}

int jump() {
    ::reboot(static_cast<int>(LINUX_REBOOT_CMD_KEXEC));
    return errno;
}

} // namespace luod::tests
