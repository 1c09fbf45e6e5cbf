// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The session that the next live update takes along. It is made, and guest memory is preserved in it, while the guest
// runs; only the devices' state is added when it stands still.

#include "luod.hpp"
#include "times.hpp"

namespace luod::qemu {

namespace filename { // in a session
inline constexpr const char* description = "guest";
inline constexpr const char* state = "state";
inline constexpr const char* memory = "memory."; // and the backend's id
inline constexpr const char* carried = "carried."; // and its name
} // namespace filename

class Outgoing {
public:
    // A session that is there already is what a luo-qemu that was killed has left: it is given up, but not where it holds a
    // guest that was saved.
    static Result<> clear(Luod& luod, const std::string& name);
    Result<> open(Luod& luod, const std::string& name);
    bool isOpen() const { return !session_.empty(); }
    const std::string& session() const { return session_; }

    // Files get their tokens in this order.
    void number(std::vector<File>& files);
    // From here on nothing but luod_ioctl_preserve() and one message is needed.
    Result<> addState(Luod& luod, int fd, Notes notes);
    bool hasState() const { return hasState_; }
    // Un-preserves everything.
    Result<> discard(Luod& luod);

private:
    std::string session_;
    Fd borrowed_;
    std::uint64_t lastToken_ = 0;
    bool hasState_ = false;
};

} // namespace luod::qemu
