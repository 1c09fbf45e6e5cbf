/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LUOD_LIVEUPDATE_ABI_H
#define LUOD_LIVEUPDATE_ABI_H

/*
 * The binary interface of the kernel's Live Update Orchestrator, as plain C.
 *
 * <linux/liveupdate.h> says the same, but the libc headers of Debian 12 and 13 do not have it, and those of 6.19 to 7.1
 * lack GET_NAME. The names here are our own, so both headers can be included together; a test compares the two where
 * the system has its own.
 *
 * How the kernel reads a request: the first member of every struct is the struct's own size. A shorter struct than the
 * kernel's is filled up with zeros; a longer one is accepted only if all that the kernel does not know is zero (E2BIG
 * otherwise). So: zero the whole struct, set size, fill in the rest. The request numbers carry neither size nor direction.
 *
 * Session names are NUL-terminated within their 64 bytes. Descriptors that come back are close-on-exec.
 */

#include <linux/ioctl.h>
#include <linux/types.h>

#ifdef __cplusplus
#define LUO_ASSERT_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), "the kernel's size of " #type)
#else
#define LUO_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "the kernel's size of " #type)
#endif

#define LUO_DEVICE_PATH "/dev/liveupdate"
#define LUO_SESSION_NAME_SIZE 64 /* with the NUL */
#define LUO_IOCTL_TYPE 0xBA

/*
 * On the device. It is exclusive (a second open: EBUSY), and its first open of a boot reads everything that was handed
 * over: if a file in there has no handler, that open and all later ones of this boot fail with EIO.
 */

/* Make an outgoing session; fd is the answer. Its last reference closed: all its files are un-preserved. */
struct luo_create_session {
    __u32 size;
    __s32 fd;
    __u8 name[LUO_SESSION_NAME_SIZE];
};
LUO_ASSERT_SIZE(struct luo_create_session, 72);
#define LUO_CREATE_SESSION _IO(LUO_IOCTL_TYPE, 0x00)

/* Take an incoming session, once; fd is the answer. Its last reference closed: as FINISH, unretrieved files are lost. */
struct luo_retrieve_session {
    __u32 size;
    __s32 fd;
    __u8 name[LUO_SESSION_NAME_SIZE];
};
LUO_ASSERT_SIZE(struct luo_retrieve_session, 72);
#define LUO_RETRIEVE_SESSION _IO(LUO_IOCTL_TYPE, 0x01)

/* On a session's descriptor. A request it does not know is EINVAL, not ENOTTY. */

/* Outgoing sessions: preserve fd under token. The kernel holds the file from here on; the caller may close fd. */
struct luo_preserve_fd {
    __u32 size;
    __s32 fd;
    __u64 token __attribute__((aligned(8)));
};
LUO_ASSERT_SIZE(struct luo_preserve_fd, 16);
#define LUO_PRESERVE_FD _IO(LUO_IOCTL_TYPE, 0x40)

/* Incoming sessions: the file under token; fd is the answer. Every call gives the same open file description. */
struct luo_retrieve_fd {
    __u32 size;
    __s32 fd;
    __u64 token __attribute__((aligned(8)));
};
LUO_ASSERT_SIZE(struct luo_retrieve_fd, 16);
#define LUO_RETRIEVE_FD _IO(LUO_IOCTL_TYPE, 0x41)

/* Incoming sessions: done with it. EBUSY while a file's handler is not content. reserved is 0. */
struct luo_finish {
    __u32 size;
    __u32 reserved;
};
LUO_ASSERT_SIZE(struct luo_finish, 8);
#define LUO_FINISH _IO(LUO_IOCTL_TYPE, 0x42)

/* The session's name; since Linux 7.2, EINVAL before. reserved is 0. */
struct luo_get_name {
    __u32 size;
    __u32 reserved;
    __u8 name[LUO_SESSION_NAME_SIZE];
};
LUO_ASSERT_SIZE(struct luo_get_name, 72);
#define LUO_GET_NAME _IO(LUO_IOCTL_TYPE, 0x43)

#endif
