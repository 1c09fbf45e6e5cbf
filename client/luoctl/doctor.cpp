// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor.hpp"

#include "failure.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/core.h>

namespace luoctl {
namespace {

// The last ones, of files whose size is not known before either. 0, or an errno.
int readEnd(int fd, size_t most, std::string& text) {
    char block[65536];
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) > 0) {
        text.append(block, size_t(n));
        if (text.size() > 2 * most)
            text.erase(0, text.size() - most);
    }
    if (text.size() > most)
        text.erase(0, text.size() - most);
    return n < 0 ? errno : 0;
}

} // namespace

Item absent(std::string name, std::string why) {
    return {std::move(name), "", std::move(why)};
}

Item tried(std::string name, const std::function<std::string()>& f) {
    try {
        std::string text = f();
        return {std::move(name), std::move(text), ""};
    } catch (const Failure& failure) {
        return absent(std::move(name), failure.line);
    } catch (const std::exception& error) {
        return absent(std::move(name), error.what());
    }
}

Item fileItem(const std::string& name, const std::filesystem::path& path, size_t most) {
    // A fifo or a device in its place is not waited for.
    Fd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    std::string text;
    int err = fd.get() < 0 ? errno : readEnd(fd.get(), most, text);
    if (err)
        return absent(name, fmt::format("{}: {}", path.native(), strerrordesc_np(err)));
    return {name, std::move(text), ""};
}

} // namespace luoctl
