// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for luod on the bus given as its argument, to see how the client takes what luod may answer. A second
// argument is the outcome of an update that it remembers from before it was started.
// org.luod1.Mock, on the same object, tells it what to play: Kexec(), Fail(s method, s error, s message), FailKernel(i
// errno), Available(b), CreateFor(s name, u owner); those of the live update are in play.cpp.

#include "methods.hpp"
#include "proto/names.hpp"

#include <cstdio>
#include <cstring>

namespace {

using namespace mock;

int onMessage(sd_bus_message* message, void* data, sd_bus_error*) {
    auto& state = *static_cast<State*>(data);
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0)
        return 0;
    std::string path = sd_bus_message_get_path(message), method = sd_bus_message_get_member(message);
    auto session = state.sessions.find(path);
    ++state.calls[method];
    if (path != luod::proto::managerPath && session == state.sessions.end())
        return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object '%s'.", path.c_str());
    if (auto failure = state.failures.find(method); failure != state.failures.end())
        return sd_bus_reply_method_errorf(message, failure->second.error.c_str(), "%s",
                                          failure->second.message.c_str());
    Answered answered = session == state.sessions.end() ? answerManager(state, method, message)
                                                        : answerSession(state, *session->second, method, message);
    if (!answered.error)
        return 1;
    std::string name = std::string("org.luod1.Error.") + answered.error;
    return sd_bus_reply_method_errorf(message, name.c_str(), "%s", answered.message.c_str());
}

int connect(State& state, const char* address) {
    int r = sd_event_default(&state.event);
    if (r >= 0)
        r = sd_bus_new(&state.bus);
    if (r >= 0)
        r = sd_bus_set_address(state.bus, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(state.bus, 1);
    if (r >= 0)
        r = sd_bus_start(state.bus);
    if (r >= 0)
        r = sd_bus_attach_event(state.bus, state.event, 0);
    if (r >= 0)
        r = sd_bus_add_fallback(state.bus, nullptr, luod::proto::managerPath, onMessage, &state);
    return r < 0 ? r : sd_bus_request_name(state.bus, luod::proto::busName, 0);
}

} // namespace

int main(int argc, char** argv) {
    State state;
    if (argc < 2 || argc > 3)
        return 2;
    if (argc == 3)
        state.update.outcome = argv[2];
    int r = connect(state, argv[1]);
    if (r >= 0) {
        std::puts("ready");
        std::fflush(stdout);
        r = sd_event_loop(state.event);
    }
    if (r < 0)
        std::fprintf(stderr, "mock: %s\n", std::strerror(-r));
    return r < 0;
}
