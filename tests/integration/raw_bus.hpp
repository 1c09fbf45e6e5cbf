// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace luod::tests {

// D-Bus marshalling, little-endian, for messages that no library would make.
class Marshal {
public:
    Marshal& align(std::size_t to);
    Marshal& byte(std::uint8_t n);
    Marshal& u32(std::uint32_t n);
    Marshal& u64(std::uint64_t n);
    Marshal& string(const std::string& text); // also object paths
    Marshal& signature(const std::string& text);
    const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

// The body of Preserve for one file, whose fd is the one with this index in the message.
std::string preserveBody(std::uint32_t index, std::uint64_t token);

// A connection to the bus that keeps to no rules.
class RawBus {
public:
    explicit RawBus(const std::string& address, uid_t user = 0); // which the process has to be just then
    struct Call {
        std::string path, interface, member, signature, body;
        std::uint32_t announced = 0; // UNIX_FDS in the header
        std::vector<int> fds;        // those that really come
        std::string destination = "org.luod1";
    };
    // The error's name, "" where the call succeeded, "hung up" where the bus closed the connection.
    std::string call(const Call& call);
    void sendOnly(const Call& call);
    std::string answer() { return answerTo(0); } // to any call that was sent only; they come in any order

private:
    std::string receive(std::size_t size); // shorter where the bus hung up
    std::string answerTo(std::uint32_t serial);

    core::UniqueFd socket_;
    std::uint32_t serial_ = 0;
};

} // namespace luod::tests
