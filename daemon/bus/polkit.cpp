// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/polkit.hpp"

#include "bus/compat.hpp"
#include "bus/convert.hpp"

#include <chrono>
#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace std::chrono_literals;

// The action, what it is in words, and the way without polkit.
struct Action {
    const char *name, *doing, *otherwise;
};

const Action& action(Right right) {
    static constexpr const char* group = "ask root to add you to the group luod (AllowGroup= in luod.conf)";
    static constexpr Action actions[] = {
        {"org.luod1.create-session", "creating a session", group},
        {"org.luod1.inhibit", "inhibiting live updates", group},
        {"org.luod1.live-update", "leading a live update", "do it as root"},
    };
    return actions[std::size_t(right)];
}

} // namespace

Polkit::Polkit(sdbus::IConnection& bus)
    : authority_(sdbus::createProxy(bus, compat::ServiceName{"org.freedesktop.PolicyKit1"},
                                    sdbus::ObjectPath{"/org/freedesktop/PolicyKit1/Authority"})) {
    compat::finishRegistration(*authority_);
}

void Polkit::check(const std::string& connection, Right right, bool interactive,
                   std::function<void(core::Result<>)> answer) {
    Dict name;
    name.emplace("name", sdbus::Variant(connection));
    sdbus::Struct<std::string, Dict> subject{"system-bus-name", std::move(name)};
    uint32_t flags = interactive ? 1 : 0;
    using Verdict = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;
    auto reply = [&of = action(right), answer = std::move(answer)](compat::CallError error, const Verdict& verdict) {
        if (error)
            answer(core::fail(core::Errc::AccessDenied,
                              fmt::format("{} is not allowed to everybody, and polkit does not answer: {}", of.doing, of.otherwise)));
        else if (!std::get<0>(verdict))
            answer(core::fail(core::Errc::AccessDenied, fmt::format("{} was not authorised: {}, or ask for a polkit rule for {}",
                                                                    of.doing, of.otherwise, of.name)));
        else
            answer({});
    };
    authority_->callMethodAsync("CheckAuthorization")
        .onInterface("org.freedesktop.PolicyKit1.Authority")
        .withTimeout(interactive ? 120s : 10s)
        .withArguments(subject, std::string(action(right).name), std::map<std::string, std::string>{}, flags, std::string{})
        .uponReplyInvoke(std::move(reply));
}

} // namespace luod::bus
