// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/polkit.hpp"

#include "bus/compat.hpp"
#include "bus/convert.hpp"

#include <chrono>

namespace luod::bus {
namespace {

using namespace std::chrono_literals;

constexpr const char* missing = "only root and members of luod's group may create sessions here, and polkit does not answer";
constexpr const char* refused = "creating a session was not authorised: ask root to add you to the group luod (AllowGroup= in "
                                "luod.conf), or for a polkit rule for org.luod1.create-session";

} // namespace

Polkit::Polkit(sdbus::IConnection& bus)
    : authority_(sdbus::createProxy(bus, compat::ServiceName{"org.freedesktop.PolicyKit1"},
                                    sdbus::ObjectPath{"/org/freedesktop/PolicyKit1/Authority"})) {
    compat::finishRegistration(*authority_);
}

void Polkit::check(const std::string& connection, const std::string& action, bool interactive,
                   std::function<void(core::Result<>)> answer) {
    Dict name;
    name.emplace("name", sdbus::Variant(connection));
    sdbus::Struct<std::string, Dict> subject{"system-bus-name", std::move(name)};
    uint32_t flags = interactive ? 1 : 0;
    using Verdict = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;
    auto reply = [answer = std::move(answer)](compat::CallError error, const Verdict& verdict) {
        if (error)
            answer(core::fail(core::Errc::AccessDenied, missing));
        else if (!std::get<0>(verdict))
            answer(core::fail(core::Errc::AccessDenied, refused));
        else
            answer({});
    };
    authority_->callMethodAsync("CheckAuthorization")
        .onInterface("org.freedesktop.PolicyKit1.Authority")
        .withTimeout(interactive ? 120s : 10s)
        .withArguments(subject, action, std::map<std::string, std::string>{}, flags, std::string{})
        .uponReplyInvoke(std::move(reply));
}

} // namespace luod::bus
