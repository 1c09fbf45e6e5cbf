// SPDX-License-Identifier: LGPL-2.1-or-later
#include "deaf_fuse.hpp"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
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
        fuse_init_out init{};
        init.major = FUSE_KERNEL_VERSION;
        init.minor = FUSE_KERNEL_MINOR_VERSION;
        init.max_write = 4096;
        if (!std::exchange(begun_, true))
            answer(&init, sizeof init);
        fuse_open_out open{};
        open.open_flags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH;
        answer(&open, sizeof open);
    });
    return core::UniqueFd(::open(at_.c_str(), O_RDWR | O_CLOEXEC));
}

bool DeafFuse::wasAsked() const {
    pollfd waiting{server_.get(), POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
}

void DeafFuse::answer(const void* out, std::size_t size) {
    alignas(fuse_in_header) char in[FUSE_MIN_READ_BUFFER];
    if (read(server_.get(), in, sizeof in) < ssize_t(sizeof(fuse_in_header)))
        return;
    fuse_out_header header{};
    header.unique = reinterpret_cast<const fuse_in_header*>(in)->unique;
    header.len = std::uint32_t(sizeof header + size);
    std::string reply(reinterpret_cast<const char*>(&header), sizeof header);
    reply.append(static_cast<const char*>(out), size);
    (void)!write(server_.get(), reply.data(), reply.size());
}

} // namespace luod::tests
