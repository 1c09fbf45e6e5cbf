// SPDX-License-Identifier: LGPL-2.1-or-later
#include "deaf_fuse.hpp"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace luod::tests {

DeafFuse::DeafFuse() : at_(dir_.write("file", "")), server_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    // As a file, since directories are never flushed anyway.
    const std::string options = "rootmode=100000,user_id=0,group_id=0,fd=" + std::to_string(server_.get());
    mounted_ = server_ && unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("deaf", at_.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
}

DeafFuse::~DeafFuse() {
    server_.reset(); // the kernel answers in its place now: not connected
    if (mounted_)
        umount2(at_.c_str(), MNT_DETACH);
}

core::UniqueFd DeafFuse::open() {
    const std::jthread server([this] {
        while (answer())
            continue;
    });
    return core::UniqueFd(::open(at_.c_str(), O_RDWR | O_CLOEXEC));
}

bool DeafFuse::wasAsked() const {
    pollfd waiting{server_.get(), POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
}

template <typename Out> static std::string bytesOf(const Out& out) {
    return {reinterpret_cast<const char*>(&out), sizeof out};
}

static std::string replyTo(const fuse_in_header& request) {
    switch (request.opcode) {
    case FUSE_INIT:
        return bytesOf(fuse_init_out{.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096});
    case FUSE_GETATTR:
        return bytesOf(fuse_attr_out{.attr_valid = 3600, .attr = {.ino = FUSE_ROOT_ID, .mode = S_IFREG | 0666, .nlink = 1}});
    default:
        return bytesOf(fuse_open_out{.open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH});
    }
}

// One request; false when that was the last one to be answered.
bool DeafFuse::answer() {
    alignas(fuse_in_header) char in[FUSE_MIN_READ_BUFFER];
    if (read(server_.get(), in, sizeof in) < ssize_t(sizeof(fuse_in_header)))
        return false;
    const auto& request = *reinterpret_cast<const fuse_in_header*>(in);
    const std::string reply = replyTo(request);
    const fuse_out_header header{.len = std::uint32_t(sizeof header + reply.size()), .error = 0, .unique = request.unique};
    const std::string whole = bytesOf(header) + reply;
    return write(server_.get(), whole.data(), whole.size()) > 0 && request.opcode != FUSE_OPEN;
}

} // namespace luod::tests
