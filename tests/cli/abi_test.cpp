// SPDX-License-Identifier: LGPL-2.1-or-later
// Our words for the kernel's ABI against its own, where the system has those. All of it is decided by the compiler.
#include "proto/liveupdate-abi.h"

#include <gtest/gtest.h>

#if __has_include(<linux/liveupdate.h>)
#include <linux/liveupdate.h>

static_assert(LUO_CREATE_SESSION == LIVEUPDATE_IOCTL_CREATE_SESSION);
static_assert(LUO_RETRIEVE_SESSION == LIVEUPDATE_IOCTL_RETRIEVE_SESSION);
static_assert(LUO_PRESERVE_FD == LIVEUPDATE_SESSION_PRESERVE_FD);
static_assert(LUO_RETRIEVE_FD == LIVEUPDATE_SESSION_RETRIEVE_FD);
static_assert(LUO_FINISH == LIVEUPDATE_SESSION_FINISH);
#ifdef LIVEUPDATE_SESSION_GET_NAME // 7.2
static_assert(LUO_GET_NAME == LIVEUPDATE_SESSION_GET_NAME);
#endif
static_assert(sizeof(luo_create_session) == sizeof(liveupdate_ioctl_create_session));
static_assert(sizeof(luo_preserve_fd) == sizeof(liveupdate_session_preserve_fd));
static_assert(sizeof(luo_retrieve_fd) == sizeof(liveupdate_session_retrieve_fd));
static_assert(offsetof(luo_preserve_fd, token) == offsetof(liveupdate_session_preserve_fd, token));
#endif

TEST(Abi, HasTheKernelsNumbers) {
    EXPECT_EQ(LUO_CREATE_SESSION, 0xBA00u);
    EXPECT_EQ(LUO_RETRIEVE_SESSION, 0xBA01u);
    EXPECT_EQ(LUO_PRESERVE_FD, 0xBA40u);
    EXPECT_EQ(LUO_RETRIEVE_FD, 0xBA41u);
    EXPECT_EQ(LUO_FINISH, 0xBA42u);
    EXPECT_EQ(LUO_GET_NAME, 0xBA43u);
}
