// SPDX-License-Identifier: LGPL-2.1-or-later
// The ioctl numbers and sizes, and the dump.

#include "../ioctl.hpp"
#include "../state_json.hpp"
#include "fakes.hpp"

#include <nlohmann/json.hpp>

namespace luosim::model {
namespace {

const Rules strict = findProfile("7.3")->rules;
const Rules lax = findProfile("7.0")->rules;

TEST(Ioctl, NumbersAndSizes) {
    EXPECT_EQ(72u, findDeviceIoctl(0xBA00)->size);
    EXPECT_EQ(IoctlKind::retrieveSession, findDeviceIoctl(0xBA01)->kind);
    const std::uint32_t sizes[] = {16, 16, 8, 72};
    for (std::uint32_t i = 0; i < 4; ++i)
        EXPECT_EQ(sizes[i], findSessionIoctl(strict, 0xBA40 + i)->size);
}

TEST(Ioctl, UnknownOnes) {
    EXPECT_EQ(EINVAL, code(findDeviceIoctl(0xBA02)));
    EXPECT_EQ(EINVAL, code(findDeviceIoctl(0xBA40)));
    EXPECT_EQ(EINVAL, code(findSessionIoctl(strict, 0xBA44)));
    EXPECT_EQ(EINVAL, code(findSessionIoctl(strict, 0xBA3f)));
    EXPECT_EQ(EINVAL, code(findSessionIoctl(lax, 0xBA43))) << "GET_NAME";
    EXPECT_EQ(ENOTTY, code(findSessionIoctl(strict, 0xC000BA40))) << "direction bits";
    EXPECT_EQ(ENOTTY, code(findDeviceIoctl(0x5400)));
}

TEST(Ioctl, TypeComesBeforeSize) {
    const IoctlOp preserve = *findSessionIoctl(strict, 0xBA40);
    EXPECT_EQ(0, code(admitIoctl(strict, preserve, false, 16)));
    EXPECT_EQ(0, code(admitIoctl(strict, preserve, false, 17)));
    EXPECT_EQ(EINVAL, code(admitIoctl(strict, preserve, false, 15)));
    EXPECT_EQ(EINVAL, code(admitIoctl(strict, preserve, true, 16)));
    EXPECT_EQ(0, code(admitIoctl(lax, preserve, true, 16)));
    for (const std::uint32_t command : {0xBA41, 0xBA42}) {
        const IoctlOp op = *findSessionIoctl(strict, command);
        EXPECT_EQ(EINVAL, code(admitIoctl(strict, op, false, op.size)));
        EXPECT_EQ(0, code(admitIoctl(strict, op, true, op.size)));
    }
    for (const bool retrieved : {false, true})
        EXPECT_EQ(0, code(admitIoctl(strict, *findSessionIoctl(strict, 0xBA43), retrieved, 72)));
}

TEST(Json, ShowsTheWholeState) {
    Machine m;
    ASSERT_TRUE(m.kernel.preserveFd(m.create("in"), 1, makeMemfd()));
    ASSERT_TRUE(m.reboot());
    m.retrieve("in");
    const SessionId out = m.create("out");
    ASSERT_TRUE(m.kernel.preserveFd(out, 7, makeMemfd()));
    const auto j = toJson(m.kernel.state());
    EXPECT_EQ("7.3", j["profile"]);
    EXPECT_EQ("accepted", j["arrival"]);
    EXPECT_EQ(1, j["liveupdateNumber"]);
    EXPECT_EQ(true, j["deviceOpen"]);
    EXPECT_EQ(false, j["frozen"]);
    EXPECT_EQ("in", j["incoming"][0]["name"]);
    EXPECT_EQ(true, j["incoming"][0]["retrieved"]);
    EXPECT_EQ(7, j["outgoing"][0]["files"][0]["token"]);
    EXPECT_EQ("memfd-v2", j["outgoing"][0]["files"][0]["compatible"]);
    EXPECT_EQ("fake", j["outgoing"][0]["files"][0]["label"]);
    EXPECT_EQ(1, j["flbs"][0]["outgoingCount"]);
    EXPECT_EQ("memfd", j["modules"][0]["name"]);
    EXPECT_EQ(2, j["modules"][0]["pins"]);
    EXPECT_EQ("memfd-v2", j["handlers"][0]);
    EXPECT_EQ(1u, j["log"].size());
}

TEST(Json, SurvivesNamesThatAreNotUtf8) {
    Machine m("7.0");
    m.create("caf\xe9");
    const std::string text = toJson(m.kernel.state()).dump();
    EXPECT_NE(std::string::npos, text.find("caf\xef\xbf\xbd"));
}

} // namespace
} // namespace luosim::model
