// SPDX-License-Identifier: LGPL-2.1-or-later

// Quotas as users and root see them, before and after a kexec.

#include "expect.hpp"
#include "memfd.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using Rows = std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>; // "UID quantity": used, limit

Rows quotas(Client& client, std::uint32_t owner = LUOD_ANY_OWNER) {
    luod_quotas* list = nullptr;
    expectDone(client.answer(luod_get_quotas(client.get(), owner, &list)));
    Rows rows;
    while (const luod_quota* quota = luod_quotas_next(list))
        rows[(quota->owner == LUOD_ANY_OWNER ? "all" : std::to_string(quota->owner)) + " " + quota->quantity] = {quota->used,
                                                                                                           quota->limit};
    luod_quotas_free(list);
    return rows;
}

UniqueFd hole(std::uint64_t size) {
    UniqueFd fd(memfd_create("hole", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(fd.get(), off_t(size)), 0);
    return fd;
}

constexpr std::uint64_t mega = 1 << 20;

TEST(Quota, HolesAreFullAndTheSameAfterAKexec) {
    World world({.config = "[Sessions]\nMaxBytesPerUser=10M\nMaxBytes=100M\n"});
    Client root(world), user(world, nobody);
    const std::string session = root.made("vm1", nobody);
    const UniqueFd first = hole(6 * mega), second = hole(5 * mega);
    expectDone(user.preserve(session, first.get(), 1, "ram"));
    const std::string words = "uid 65534 uses 6291456 bytes in preserved files, and 5242880 more would be over the limit of "
                              "10485760: take out some, or raise MaxBytesPerUser= in luod.conf";
    {
        const Unchanged guard(world, root);
        expectRefused(user.preserve(session, second.get(), 2), "LimitReached", words);
    }
    for (const bool crossed : {false, true}) {
        const Rows seen = quotas(user);
        EXPECT_EQ(seen.at("65534 bytes"), (std::pair{6 * mega, 10 * mega})) << crossed;
        EXPECT_EQ(seen.at("65534 files").first, 1u);
        EXPECT_EQ(seen.at("65534 metadata").first, 3u);
        EXPECT_EQ(quotas(root).at("all bytes"), (std::pair{6 * mega, 100 * mega}));
        if (!crossed)
            world.luod().kexec();
    }
    const std::string next = root.made("vm2", nobody);
    expectRefused(user.preserve(next, second.get(), 2), "LimitReached", words); // what came over counts until it is finished
    expectDone(user.finish(session));
    expectDone(user.preserve(next, second.get(), 2));
}

TEST(Quota, EachSeesOnlyItsOwnAndRootAll) {
    World world;
    Client root(world), user(world, nobody);
    root.made("r");
    const auto mine = quotas(user);
    EXPECT_EQ(mine.size(), 6u);
    EXPECT_EQ(mine.at("65534 sessions"), (std::pair<std::uint64_t, std::uint64_t>{0, 256}));
    const auto all = quotas(root);
    EXPECT_EQ(all.at("0 sessions"), (std::pair<std::uint64_t, std::uint64_t>{1, UINT64_MAX}));
    EXPECT_EQ(all.at("all sessions"), (std::pair<std::uint64_t, std::uint64_t>{1, 4096}));
    const std::uint64_t memory = std::uint64_t(sysconf(_SC_PHYS_PAGES)) * std::uint64_t(sysconf(_SC_PAGESIZE));
    EXPECT_NEAR(double(mine.at("65534 bytes").second), 0.75 * double(memory), 0.01 * double(memory));
    EXPECT_NEAR(double(all.at("all bytes").second), 0.90 * double(memory), 0.01 * double(memory));
    luod_quotas* list = nullptr;
    expectRefused(user.answer(luod_get_quotas(user.get(), 0, &list)), "AccessDenied", "only root may name another owner");
    EXPECT_EQ(quotas(root, nobody), mine);
}

TEST(Quota, LocksCount) {
    World world({.config = "[Sessions]\nAllowGroup=nogroup\n[Update]\nMaxInhibitorsPerUser=1\n"});
    Client user(world, nobody);
    const UniqueFd lock(luod_inhibit(user.get(), "vmm", "guests", "delay", nullptr));
    ASSERT_TRUE(lock);
    EXPECT_EQ(quotas(user).at("65534 inhibitors"), (std::pair<std::uint64_t, std::uint64_t>{1, 1}));
    expectRefused(user.answer(luod_inhibit(user.get(), "vmm", "guests", "delay", nullptr)), "LimitReached",
                  "uid 65534 uses 1 locks, and 1 more would be over the limit of 1: close some, or raise MaxInhibitorsPerUser=");
}

TEST(Quota, WithoutLendingEverythingGoesThroughLuod) {
    World world({.config = "[Sessions]\nLend=no\n"});
    Client root(world), user(world, nobody);
    const std::string session = root.made("vm1", nobody);
    expectRefused(user.answer(luod_borrow(user.get(), session.c_str())), "AccessDenied", "Lend= in luod.conf");
    const UniqueFd file = memfdWith("x"), roots(luod_borrow(root.get(), session.c_str()));
    EXPECT_TRUE(roots);
    expectDone(user.preserve(session, file.get(), 1));
}

} // namespace
} // namespace luod::tests
