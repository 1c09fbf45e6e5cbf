// SPDX-License-Identifier: LGPL-2.1-or-later
#include "uevents.hpp"

#include "sysfs.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace luosim {

std::expected<Fd, int> Uevents::listen() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return std::unexpected(errno);
    Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const auto id = fileId(theirs.get());
    if (!id)
        return std::unexpected(EMFILE);
    listeners_.push_back({*id, std::move(ours)});
    return theirs;
}

bool Uevents::isListener(const FileId& id) const {
    return std::ranges::find(listeners_, id, &Listener::id) != listeners_.end();
}

void Uevents::tell(const std::string& message) {
    std::erase_if(listeners_, [&](const Listener& each) {
        return send(each.ours.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED;
    });
}

std::string removal(const std::string& device) {
    const std::string path = sysfsDirectory(device);
    std::string message;
    for (const std::string& line : {"remove@" + path, std::string("ACTION=remove"), "DEVPATH=" + path,
                                    std::string("SUBSYSTEM=vfio-dev"), "DEVNAME=vfio/devices/" + device})
        message += line + '\0';
    return message;
}

} // namespace luosim
