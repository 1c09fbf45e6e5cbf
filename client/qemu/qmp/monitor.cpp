// SPDX-License-Identifier: LGPL-2.1-or-later
#include "monitor.hpp"

namespace luod::qemu::qmp {

namespace {

std::string versionIn(const Json& greeting) {
    const Json& all = greeting.at("QMP").at("version");
    const Json& qemu = all.at("qemu");
    std::string version = qemu.at("major").dump() + "." + qemu.at("minor").dump() + "." + qemu.at("micro").dump();
    if (const std::string package = all.value("package", ""); !package.empty())
        version += " (" + package + ")";
    return version;
}

std::string wordsOf(const Json& error) { return error.is_object() ? error.value("desc", error.dump()) : error.dump(); }

} // namespace

Result<> Monitor::greet(const Deadline& deadline) {
    auto greeting = next(deadline);
    if (!greeting)
        return failure(greeting.error());
    try {
        version_ = versionIn(*greeting);
    } catch (const Json::exception&) {
        return failure("QEMU does not greet as QEMU does");
    }
    auto entered = execute("qmp_capabilities", deadline);
    return entered ? Result<>() : failure(entered.error());
}

Result<Json> Monitor::next(const Deadline& deadline) {
    for (;;) {
        auto message = connection_.take();
        if (!message)
            return failure(message.error());
        if (*message)
            return std::move(**message);
        if (auto waited = connection_.wait(deadline); !waited)
            return failure(waited.error());
    }
}

Result<Json> Monitor::execute(const char* command, const Deadline& deadline, Json arguments, int fd) {
    Json message{{"execute", command}, {"id", ++last_}};
    if (!arguments.empty())
        message["arguments"] = std::move(arguments);
    if (auto sent = connection_.send(message, fd); !sent)
        return failure(sent.error());
    for (;;) {
        auto answer = next(deadline);
        if (!answer)
            return failure(std::string(command) + ": " + answer.error());
        if (answer->contains("event"))
            events_.push_back(std::move(*answer));
        else if (answer->value("id", std::uint64_t(0)) != last_)
            continue; // to a command that was given up
        else if (answer->contains("error"))
            return failure(std::string(command) + ": " + wordsOf((*answer)["error"]));
        else
            return (*answer)["return"];
    }
}

Result<std::optional<Json>> Monitor::event(const Deadline& deadline, const Wanted& wanted, const Interrupt& interrupt) {
    for (;;) {
        if (auto drained = drain(); !drained)
            return failure(drained.error());
        for (; !events_.empty(); events_.pop_front()) {
            const Json& first = events_.front();
            Json data = first.value("data", Json::object());
            if (wanted(first.value("event", ""), data)) {
                events_.pop_front();
                return data;
            }
        }
        if (interrupt.happened())
            return std::nullopt;
        if (auto waited = connection_.wait(deadline, interrupt.fd); !waited)
            return failure(waited.error());
    }
}

Result<> Monitor::drain() {
    for (;;) {
        auto message = connection_.take();
        if (!message)
            return failure(message.error());
        if (!*message)
            return {};
        if ((*message)->contains("event"))
            events_.push_back(std::move(**message));
    }
}

} // namespace luod::qemu::qmp
