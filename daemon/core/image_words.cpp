// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/image_words.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace luod::core {
namespace {

constexpr std::string_view updateKey = "luod.update=";

std::vector<std::string_view> wordsOf(std::string_view line) {
    std::vector<std::string_view> words;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= line.size(); ++at) {
        bool end = at == line.size() || (!quoted && std::strchr(" \t\n", line[at]));
        if (!end) {
            quoted ^= line[at] == '"';
            continue;
        }
        if (at > begin)
            words.push_back(line.substr(begin, at - begin));
        begin = at + 1;
    }
    return words;
}

// The kernel reads nothing behind "--": that is init's.
std::vector<std::string_view> kernelWords(std::string_view line) {
    auto words = wordsOf(line);
    words.erase(std::find(words.begin(), words.end(), "--"), words.end());
    return words;
}

std::string parameter(std::string_view line, std::string_view name) {
    std::string value;
    for (std::string_view word : kernelWords(line))
        if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
            value = word.substr(name.size() + 1);
    return value;
}

std::uint64_t mebibytes(std::uint64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

// Rounded up to something one would write by hand, with room to spare.
std::string tooLarge(const RefusedImage& image) {
    std::uint64_t wanted = mebibytes(image.kernelBytes + image.initrdBytes);
    std::uint64_t advised = (wanted * 3 / 2 + 63) / 64 * 64;
    std::string now = parameter(image.runningCommandLine, "kho_scratch");
    return fmt::format("it does not fit into this kernel's KHO scratch memory ({}): kernel and initrd want {} MiB in one piece. "
                       "Boot this kernel once with a larger one, kho_scratch={}M,{}M,{}M (kho_bootmem= from 7.4 on), or load a "
                       "smaller initrd",
                       now.empty() ? "of its default size" : "kho_scratch=" + now, wanted, advised, advised, advised);
}

} // namespace

Error loadRefused(int err, const RefusedImage& image) {
    auto refused = [err](std::string why, Errc code = Errc::KernelRefused) {
        return Error{code, "the kernel did not take the image: " + std::move(why), err};
    };
    switch (err) {
    case EADDRNOTAVAIL:
        return refused(tooLarge(image));
    case ENOEXEC:
        return refused("it is not a kernel that this machine can start, or one built without CONFIG_RELOCATABLE",
                       Errc::InvalidArgument);
    case ENOKEY:
    case EKEYREJECTED:
    case ENODATA:
    case EBADMSG:
        return refused("its signature is missing or not trusted, and this kernel takes signed images only. Take the signed "
                       "image of the distribution, or enrol its key");
    case EPERM:
        return refused(image.lockdown ? "this machine is locked down (Secure Boot) and the image is not signed with a key that it "
                                        "trusts; see /sys/kernel/security/lockdown"
                                      : "luod may not load kernels here: it lacks CAP_SYS_BOOT (see luod.service), "
                                        "kernel.kexec_load_disabled is set, or kernel.kexec_load_limit_reboot is used up");
    case EACCES:
        return refused("a security module forbids it; its log says more");
    case EBUSY:
        return refused("another program is loading or unloading an image right now; try again", Errc::Busy);
    case ENOMEM:
        return refused("no memory is left for it");
    case EINVAL:
        return refused("the command line is too long (on x86 2047 bytes), or the kernel file is not acceptable",
                       Errc::InvalidArgument);
    case ETXTBSY:
        return refused("somebody has the file open for writing; wait until it is written", Errc::InvalidArgument);
    case EFBIG:
    case EOVERFLOW:
        return refused("the file is too large", Errc::InvalidArgument);
    case EBADF:
        return refused("kernel and initrd have to be regular files open for reading", Errc::InvalidArgument);
    case ENOSYS:
        return refused("this kernel was built without CONFIG_KEXEC_FILE: it cannot hand anything over", Errc::Unavailable);
    default:
        return refused(std::strerror(err));
    }
}

Error unloadRefused(int err) {
    return {err == EBUSY ? Errc::Busy : Errc::KernelRefused,
            fmt::format("the image cannot be unloaded: {}", std::strerror(err)), err};
}

Error leaveRefused(int err) {
    auto refused = [err](std::string_view why) {
        return Error{Errc::KernelRefused, fmt::format("the kernel refused to be replaced: {}; everything runs on", why), err};
    };
    switch (err) {
    case EINVAL:
        return refused("no image is loaded any more. Load it again (luoctl load)");
    case EPERM:
        return refused("luod lacks CAP_SYS_BOOT; see luod.service");
    case EBUSY:
        return refused("a preserved file is in use in a way that cannot be frozen (for VFIO: interrupts are still on), or "
                       "another program has /dev/liveupdate open; 'journalctl -k' names it");
    default:
        return refused(fmt::format("{} (a preserved file could not be frozen; 'journalctl -k' names it)", std::strerror(err)));
    }
}

std::string targetCommandLine(std::string_view asked, std::string_view uuid, bool onlyUuid) {
    auto all = wordsOf(asked);
    auto kernels = kernelWords(asked);
    bool kho = onlyUuid, liveupdate = onlyUuid;
    std::string line;
    auto add = [&line](std::string_view word) {
        if (!line.empty())
            line += ' ';
        line += word;
    };
    for (std::string_view word : kernels) {
        kho |= word.starts_with("kho=");
        liveupdate |= word.starts_with("liveupdate=");
        if (!word.starts_with(updateKey))
            add(word);
    }
    if (!kho)
        add("kho=on");
    if (!liveupdate)
        add("liveupdate=on");
    add(fmt::format("{}{}", updateKey, uuid));
    for (std::size_t i = kernels.size(); i < all.size(); ++i) // "--" and what follows
        add(all[i]);
    return line;
}

std::string updateOnCommandLine(std::string_view commandLine) { return parameter(commandLine, "luod.update"); }

} // namespace luod::core
