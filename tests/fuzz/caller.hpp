// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fuzz/arguments.hpp"
#include "fuzz/interfaces.hpp"

#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <systemd/sd-bus.h>

namespace luod::fuzz {

// One client of luod's, with calls in flight. The bus hangs up on some of what it says: then it comes back.
class Caller {
public:
    Caller(std::string address, uid_t user, Arguments& arguments, std::map<std::string, std::size_t>& answers);

    void call(const Method& method);
    void vanish(); // with everything that it still waits for
    void process();
    int fd() const { return sd_bus_get_fd(bus_.get()); }
    std::size_t inFlight() const { return inFlight_; }

private:
    static int answered(sd_bus_message* reply, void* self, sd_bus_error*);
    void learn(sd_bus_message* reply);

    std::string address_;
    uid_t user_;
    Arguments& arguments_;
    std::map<std::string, std::size_t>& answers_; // error, or "fine" -> how often
    std::unique_ptr<sd_bus, decltype(&sd_bus_close_unref)> bus_{nullptr, sd_bus_close_unref};
    std::size_t inFlight_ = 0;
};

} // namespace luod::fuzz
