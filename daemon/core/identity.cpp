// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/identity.hpp"

#include <string_view>

namespace luod::core {
namespace {

// AppArmor says in which mode a profile is, too: "/usr/bin/vmm (enforce)". The mode is not who it is.
std::string_view withoutMode(std::string_view label) {
    return label.ends_with(')') ? label.substr(0, label.rfind(" (")) : label;
}

bool sameLabel(std::string_view a, std::string_view b) { return a.empty() || b.empty() || withoutMode(a) == withoutMode(b); }

} // namespace

bool mayUse(const Identity& who, const Session& session) {
    if (who.uid == 0)
        return true;
    if (who.uid != session.owner || who.uid == uid_t(-1))
        return false;
    if (session.boundToUnit && (who.service.empty() || who.service != session.unit))
        return false;
    return sameLabel(who.label, session.label);
}

} // namespace luod::core
