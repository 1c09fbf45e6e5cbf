// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/identity.hpp"

#include <gtest/gtest.h>

namespace luod::test {
namespace {

using namespace luod::core;

Session session(bool bound = false, const std::string& label = "") {
    return {.owner = 1000, .unit = "vmm.service", .boundToUnit = bound, .label = label};
}

TEST(Identity, TheOwnersUidAndRootMayUseASession) {
    EXPECT_TRUE(mayUse({.uid = 1000}, session()));
    EXPECT_TRUE(mayUse({.uid = 1000, .service = "other.service"}, session()));
    EXPECT_TRUE(mayUse({.uid = 0}, session(true, "x")));
    EXPECT_FALSE(mayUse({.uid = 1001, .service = "vmm.service"}, session()));
    EXPECT_FALSE(mayUse({}, session()));
    EXPECT_FALSE(mayUse({.uid = uid_t(-1)}, Session{.owner = uid_t(-1)})) << "nobody known is nobody's owner";
}

TEST(Identity, OneBoundToAUnitIsForThatUnitOnly) {
    EXPECT_TRUE(mayUse({.uid = 1000, .service = "vmm.service"}, session(true)));
    for (const char* elsewhere : {"", "other.service", "vmm.service2"})
        EXPECT_FALSE(mayUse({.uid = 1000, .service = elsewhere}, session(true))) << elsewhere;
    EXPECT_FALSE(mayUse({.uid = 1001, .service = "vmm.service"}, session(true)));
    EXPECT_FALSE(mayUse({.uid = 1000, .service = ""}, Session{.owner = 1000, .unit = "", .boundToUnit = true}));
}

TEST(Identity, LabelsAreComparedWhereBothHaveOne) {
    EXPECT_TRUE(mayUse({.uid = 1000, .label = "a:b"}, session(false, "a:b")));
    EXPECT_FALSE(mayUse({.uid = 1000, .label = "a:c"}, session(false, "a:b")));
    EXPECT_TRUE(mayUse({.uid = 1000}, session(false, "a:b"))) << "a kernel without labels";
    EXPECT_TRUE(mayUse({.uid = 1000, .label = "a:c"}, session()));
    EXPECT_FALSE(mayUse({.uid = 1000, .service = "vmm.service", .label = "a:c"}, session(true, "a:b"))) << "both have to fit";
    EXPECT_FALSE(mayUse({.uid = 1000, .service = "other.service", .label = "a:b"}, session(true, "a:b")));
}

TEST(Identity, TheModeOfAnAppArmorProfileIsNoPartOfIt) {
    EXPECT_TRUE(mayUse({.uid = 1000, .label = "/usr/bin/vmm (enforce)"}, session(false, "/usr/bin/vmm (complain)")));
    EXPECT_TRUE(mayUse({.uid = 1000, .label = "/usr/bin/vmm"}, session(false, "/usr/bin/vmm (complain)")));
    EXPECT_FALSE(mayUse({.uid = 1000, .label = "/usr/bin/vm (enforce)"}, session(false, "/usr/bin/vmm (enforce)")));
    EXPECT_FALSE(mayUse({.uid = 1000, .label = "unconfined"}, session(false, "/usr/bin/vmm (enforce)")));
}

} // namespace
} // namespace luod::test
