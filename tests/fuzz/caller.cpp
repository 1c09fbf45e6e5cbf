// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/caller.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace luod::fuzz {

constexpr std::uint64_t patience = 300'000'000; // microseconds: whoever did not answer by then never will

Caller::Caller(std::string address, uid_t user, Arguments& arguments, std::map<std::string, std::size_t>& answers)
    : address_(std::move(address)), user_(user), arguments_(arguments), answers_(answers) {
    vanish();
}

void Caller::vanish() {
    sd_bus* made = nullptr;
    sd_bus_new(&made);
    bus_.reset(made);
    inFlight_ = 0;
    sd_bus_set_address(made, address_.c_str());
    sd_bus_set_bus_client(made, 1);
    const bool become = seteuid(user_) == 0, started = sd_bus_start(made) >= 0;
    if (seteuid(0) != 0 || !become || !started)
        throw std::runtime_error("no connection to the bus");
}

void Caller::call(const Method& method) {
    sd_bus_message* made = nullptr;
    if (sd_bus_message_new_method_call(bus_.get(), &made, "org.luod1", arguments_.path(method.interface).c_str(),
                                       method.interface.c_str(), method.name.c_str()) < 0)
        return vanish();
    const std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)> message(made, sd_bus_message_unref);
    arguments_.append(made, method.signature);
    if (sd_bus_call_async(bus_.get(), nullptr, made, &Caller::answered, this, patience) < 0)
        return vanish();
    ++inFlight_;
}

void Caller::process() {
    int result;
    do
        result = sd_bus_process(bus_.get(), nullptr);
    while (result > 0);
    if (result < 0 || sd_bus_is_open(bus_.get()) <= 0)
        vanish();
}

int Caller::answered(sd_bus_message* reply, void* self, sd_bus_error*) {
    auto& caller = *static_cast<Caller*>(self);
    --caller.inFlight_;
    const sd_bus_error* error = sd_bus_message_get_error(reply);
    ++caller.answers_[error ? error->name : "fine"];
    if (!error)
        caller.learn(reply);
    return 0;
}

void Caller::learn(sd_bus_message* reply) {
    const char* path = nullptr;
    int fd = -1;
    if (sd_bus_message_has_signature(reply, "o") && sd_bus_message_read(reply, "o", &path) > 0)
        arguments_.learn(std::string(path));
    else if (sd_bus_message_has_signature(reply, "h") && sd_bus_message_read(reply, "h", &fd) > 0 &&
             (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY) // no lock: it would be held for as long as we keep it
        arguments_.learn(core::UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 3)));
}

} // namespace luod::fuzz
