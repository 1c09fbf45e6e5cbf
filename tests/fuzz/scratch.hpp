// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace luod::fuzz {

// A directory in memory for targets that read files: a million runs make a million files.
class Scratch {
public:
    Scratch() {
        std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/luod-fuzz-XXXXXX" : "/tmp/luod-fuzz-XXXXXX";
        if (!mkdtemp(name.data()))
            throw std::runtime_error("no directory for the fuzzer");
        path_ = name;
    }
    ~Scratch() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& path() const { return path_; }
    void directory(const char* name) const { std::filesystem::create_directories(path_ / name); }
    void write(const std::string& name, std::string_view content) const {
        const int fd = open((path_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        const bool written = fd >= 0 && ::write(fd, content.data(), content.size()) == ssize_t(content.size());
        if (fd >= 0)
            close(fd);
        if (!written)
            throw std::runtime_error("cannot write " + name);
    }
    void remove(const std::string& name) const { unlink((path_ / name).c_str()); }

private:
    std::filesystem::path path_;
};

} // namespace luod::fuzz
