/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LUOD_H
#define LUOD_H

/*
 * libluod: hand open files to luod before a live update, and get them back after it. libluod(3) is the tour.
 *
 * Rules that hold for every function:
 *  - Returns 0 or more on success and a negative errno on failure. luod_error_name() and luod_error_message() then say
 *    more; they speak of the last failed call on that client.
 *  - A client is used by one thread at a time, and not after fork(). There is no global state.
 *  - Descriptors given to the library stay the caller's: it never closes them. Descriptors that it returns are the
 *    caller's too, and close-on-exec, unless a function says otherwise.
 *  - Strings that are returned inside a struct live as long as that struct.
 *  - "session" is the object path that luod_create(), luod_find() or luod_list() gave.
 *  - Sizes are bytes, times are microseconds.
 *  - Structs that the caller fills in are to be zeroed first. Structs that the library returns may grow at the end.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sd_bus;

typedef struct luod_client luod_client;

/* ---- Connection --------------------------------------------------------------------------------------------------- */

/*
 * Connect to the bus at address; NULL: to the one in $LUOD_BUS_ADDRESS if that is set, otherwise to the system bus.
 * luod itself need not run: it is started by the first call that needs it. Errors: those of connecting.
 */
int luod_open(luod_client** ret, const char* address);
/* Connect to host's system bus over ssh ("[USER@]HOST[:PORT]"). Calls that pass descriptors fail there (-EOPNOTSUPP). */
int luod_open_remote(luod_client** ret, const char* host);
/* Use a bus connection that there is already; the client takes a reference of its own. */
int luod_open_bus(luod_client** ret, struct sd_bus* bus);
/* Disconnect and free. NULL is fine. Always returns NULL. Sessions stay in luod's custody. */
luod_client* luod_close(luod_client* client);

/* D-Bus name of the last failed call's error: "org.luod1.Error.*", another, or "" where it did not come from the bus. */
const char* luod_error_name(const luod_client* client);
/* The same in words, for a person; never NULL. Valid until the next call on the client. */
const char* luod_error_message(const luod_client* client);

/* Error names that the library itself makes, besides luod's own. */
#define LUOD_ERROR_NOT_NOTED "org.luod1.Client.Error.NotNoted" /* -EUCLEAN: preserved, but luod does not know of it */

/* ---- Values: metadata and details of files ----------------------------------------------------------------------- */

enum luod_type { /* the D-Bus type letter, except for the two arrays */
    LUOD_BOOL = 'b',
    LUOD_BYTE = 'y',
    LUOD_INT16 = 'n',
    LUOD_UINT16 = 'q',
    LUOD_INT32 = 'i',
    LUOD_UINT32 = 'u',
    LUOD_INT64 = 'x',
    LUOD_UINT64 = 't',
    LUOD_DOUBLE = 'd',
    LUOD_STRING = 's',
    LUOD_BYTES = 'A',  /* ay */
    LUOD_STRINGS = 'S' /* as */
};

typedef struct luod_value {
    const char* key;
    int type; /* enum luod_type: says which member of the union holds the value */
    union {
        int64_t i;  /* INT16, INT32, INT64 */
        uint64_t u; /* BOOL, BYTE, UINT16, UINT32, UINT64 */
        double d;
        const char* s;
        struct {
            const uint8_t* data;
            size_t size;
        } bytes;
        const char* const* strings; /* NULL-terminated */
    } as;
} luod_value;

/* ---- The machine ------------------------------------------------------------------------------------------------- */

typedef struct luod_awaited {
    const char* who;
    uint32_t owner;    /* uid */
    uint64_t asked;    /* CLOCK_MONOTONIC of luod's machine */
    uint64_t ready_by; /* likewise */
} luod_awaited;

typedef struct luod_status {
    const char* version;            /* luod's */
    const char* kernel_release;     /* uname -r */
    int available;                  /* sessions can be created and retrieved now */
    const char* unavailable_reason; /* why not, with the next step; "" when available */
    uint64_t live_updates;          /* that luod's sessions have come through */
    /* "none", "done", "partial", "unreadable", "refused", "no-device", "cold-boot": org.luod1(5) */
    const char* last_handover;
    uint32_t sessions; /* of all owners */
    uint64_t files;
    const char* last_handover_reason; /* what was seen and what to do next; "" for "none" and "done" */
    const char* phase;                /* "idle", "checking", "preparing", "prepared", "leaving" */
    const char* update;               /* uuid of the live update under way, or "" */
    const char* update_mode;          /* "systemd", "direct", or "" */
    const char* loaded_kernel;        /* path as told by whoever loaded it; "" where none is loaded or none was told */
    const char* loaded_release;       /* as read from the image, or "" */
    const char* loaded_cmdline;       /* "" where no kernel is loaded */
    const luod_awaited* awaited;      /* while preparing: clients that are not ready yet */
    size_t n_awaited;
} luod_status;

/* How the machine stands with live update. Free the answer with luod_status_free(). */
int luod_get_status(luod_client* client, luod_status** ret);
void luod_status_free(luod_status* status);

/* ---- Sessions ---------------------------------------------------------------------------------------------------- */

#define LUOD_ANY_OWNER UINT32_MAX /* root: everybody's sessions; others: their own */

/*
 * A new outgoing session. owner: LUOD_ANY_OWNER for the caller, another uid for root only. *ret_session: the object path,
 * to be freed with free(). When this returns, the session outlives both the caller and a crash of luod.
 * Errors: -EINVAL, -EACCES, -EEXIST (name taken), -ENOSPC (limit), -ENODEV (live update not available), -EBUSY, ...
 */
int luod_create(luod_client* client, const char* name, uint32_t owner, char** ret_session);

#define LUOD_BIND_TO_UNIT 16u /* flag: for this system service's processes only, and root's; in the next kernel, too */

typedef struct luod_create_options {
    uint32_t owner; /* LUOD_ANY_OWNER: the caller */
    unsigned flags; /* LUOD_BIND_TO_UNIT, LUOD_INTERACTIVE */
} luod_create_options;

/* The same. -EINVAL: LUOD_BIND_TO_UNIT outside a system service, or for somebody else. */
int luod_create_with(luod_client* client, const char* name, const luod_create_options* options, char** ret_session);
/* The session of that name. direction: "incoming", "outgoing", or NULL (an incoming one is preferred). As above. -ENOENT */
int luod_find(luod_client* client, const char* name, const char* direction, uint32_t owner, char** ret_session);

typedef struct luod_session {
    const char* path;
    const char* name;
    uint32_t owner;        /* uid */
    const char* unit;      /* systemd unit that created it, or "" */
    const char* direction; /* "outgoing", "incoming" */
    const char* state;     /* "active", "invalid" (a file in it is), "rebuilding", "lost" */
    uint32_t files;
    uint64_t bytes;          /* sum of the files' sizes */
    const char* kernel_name; /* from here on: luod_get_session() only; otherwise NULL or 0 */
    uint64_t created;        /* microseconds of the wall clock since 1970 */
    int lent;                /* luod_borrow() was called on it once */
    int bound_to_unit;       /* for processes of its unit only */
    const char* security_label; /* of its creator, or "" */
} luod_session;

typedef struct luod_sessions luod_sessions;

/* The caller's sessions, in order of creation. direction may be NULL. Free the list with luod_sessions_free(). */
int luod_list(luod_client* client, const char* direction, uint32_t owner, luod_sessions** ret);
/* One session, with all that is known of it: a list of one. -ENOENT: no such session, or somebody else's. */
int luod_get_session(luod_client* client, const char* session, luod_sessions** ret);
/* The next one of the list, or NULL at the end. */
const luod_session* luod_sessions_next(luod_sessions* list);
void luod_sessions_free(luod_sessions* list);

/* Done with an incoming session; files not retrieved are thrown away. -EBUSY: a file is not ready yet, all stays. */
int luod_finish(luod_client* client, const char* session);
/* Give a session up: outgoing files are un-preserved, incoming ones that were not retrieved are thrown away. */
int luod_discard(luod_client* client, const char* session);

/* ---- Quotas ------------------------------------------------------------------------------------------------------ */

typedef struct luod_quota {
    uint32_t owner;       /* uid; LUOD_ANY_OWNER: of luod in all */
    const char* quantity; /* "sessions", "files", "bytes", "metadata", "calls", "inhibitors" */
    uint64_t used;
    uint64_t limit; /* UINT64_MAX: none */
} luod_quota;

typedef struct luod_quotas luod_quotas;

/*
 * What is used and how much may be, user by user. owner: root only; LUOD_ANY_OWNER: the caller's own, for root
 * everybody's, and luod's totals. Free the list with luod_quotas_free().
 */
int luod_get_quotas(luod_client* client, uint32_t owner, luod_quotas** ret);
/* The next one of the list, or NULL at the end. */
const luod_quota* luod_quotas_next(luod_quotas* list);
void luod_quotas_free(luod_quotas* list);

/* ---- Files of a session ------------------------------------------------------------------------------------------ */

typedef struct luod_file {
    uint64_t token;
    const char* name;  /* or "" */
    const char* kind;  /* "memfd", "hugetlb-memfd", "vfio-cdev", "iommufd", ...; "" from luod_retrieve_all() by luod */
    const char* state; /* "preserved", "waiting", "retrieved", "invalid" (its device was unplugged) */
    uint64_t size;     /* bytes */
    const luod_value* details; /* none from luod_retrieve_all() by luod */
    size_t n_details;
    const luod_value* metadata;
    size_t n_metadata;
    int fd; /* from luod_retrieve_all(), and then the list's: see luod_files_take_fd(). Otherwise -1 */
} luod_file;

typedef struct luod_files luod_files;

/* All files of a session, in order of their tokens. Free the list with luod_files_free(). */
int luod_list_files(luod_client* client, const char* session, luod_files** ret);
/* The next one of the list, or NULL at the end. */
const luod_file* luod_files_next(luod_files* list);
/* Take over the descriptor of the file that luod_files_next() returned last. -EBADF: it has none (any more). */
int luod_files_take_fd(luod_files* list);
/* Frees the list and closes the descriptors in it that were not taken. */
void luod_files_free(luod_files* list);

#define LUOD_BY_LUOD 1u /* flag: have luod make the ioctl, and bear the memory that the kernel must allocate */

typedef struct luod_input {
    int fd;           /* stays the caller's, who may close it after the call */
    uint64_t token;   /* unique in the session */
    const char* name; /* unique in the session, or NULL */
    const luod_value* metadata;
    size_t n_metadata;
    const char* kind; /* NULL: look at the descriptor. Not used with LUOD_BY_LUOD */
} luod_input;

/*
 * Preserve n files in an outgoing session. Without flags this process makes the kernel calls on the borrowed session: the
 * memory is on its own account, and what binds to the calling process works. The session cannot give single files back
 * after that (luod_take_out()). With LUOD_BY_LUOD the descriptors are sent to luod, 16 in a message; on Linux before 7.2,
 * which does not refuse all that it loses, without it as well.
 * If one file is refused, those before it are preserved (and noted), those after it were not tried, and the message names
 * the token. -EEXIST: token or name taken. -EALREADY: file is in a session already. -EOPNOTSUPP: no handler for its kind.
 * -ENOSPC: limit. -EBADFD: an incoming session. -ESTALE: a lost one.
 * -EUCLEAN, LUOD_ERROR_NOT_NOTED: the files are preserved and will travel, but luod could not note it, so they would not be
 * listed: call luod_note_preserved(), or discard the session.
 */
int luod_preserve(luod_client* client, const char* session, const luod_input* files, size_t n, unsigned flags);

/*
 * Retrieve n files of an incoming session by token. fds[i] is the descriptor for tokens[i]. On failure none is returned;
 * it may be tried again. Every retrieval of a token refers to the same open file, with one position.
 * Without flags this process makes the kernel calls, with LUOD_BY_LUOD luod does.
 * -ENOENT: no such token. -EBADFD: an outgoing session. -EREMOTEIO: the kernel failed to bring it back, and will again.
 */
int luod_retrieve(luod_client* client, const char* session, const uint64_t* tokens, size_t n, unsigned flags, int* fds);
/* The file of that name. Returns the descriptor; *ret_token may be NULL. */
int luod_retrieve_by_name(luod_client* client, const char* session, const char* name, unsigned flags,
                          uint64_t* ret_token);
/* All files, with their names and metadata. The descriptors belong to the list: see luod_files_take_fd(). */
int luod_retrieve_all(luod_client* client, const char* session, unsigned flags, luod_files** ret);

/* Replace name and metadata of a file; works in either direction. name: "" or NULL for none. */
int luod_annotate(luod_client* client, const char* session, uint64_t token, const char* name,
                  const luod_value* metadata, size_t n_metadata);
/* Un-preserve one file and leave the others. -ENOTRECOVERABLE: luod cannot (session was borrowed, or luod restarted). */
int luod_take_out(luod_client* client, const char* session, uint64_t token);

/* ---- Close to the kernel ----------------------------------------------------------------------------------------- */

/*
 * Borrow the kernel's session descriptor. luod keeps a reference: close it, or exit, at any time. The two ioctls below may be
 * made on it; finishing is luod_finish()'s. Tell luod afterwards, with the two luod_note_*() calls.
 */
int luod_borrow(luod_client* client, const char* session);
/* The kernel's PRESERVE_FD, RETRIEVE_FD (returns the descriptor). No client needed; errno as the kernel gives it. */
int luod_ioctl_preserve(int session_fd, int fd, uint64_t token);
int luod_ioctl_retrieve(int session_fd, uint64_t token);
/* These files were preserved on the borrowed descriptor. Thousands may be noted in one call. inputs' fds are only looked at. */
int luod_note_preserved(luod_client* client, const char* session, const luod_input* files, size_t n);
/* These files were retrieved on the borrowed descriptor. */
int luod_note_retrieved(luod_client* client, const char* session, const uint64_t* tokens, size_t n);

/* ---- The live update --------------------------------------------------------------------------------------------- */

#define LUOD_INTERACTIVE 2u    /* flag: polkit may ask a person */
#define LUOD_KEEP_CMDLINE 4u   /* flag of luod_load_kernel(): put nothing but luod.update= on the command line */
#define LUOD_SHUTDOWN_ASKED 8u /* flag of luod_live_update(): the service manager is on its way into kexec already */

typedef struct luod_inhibit_options {
    uint64_t deadline; /* "delay": how long this client may take; 0: as luod.conf says */
    unsigned flags;    /* LUOD_INTERACTIVE */
} luod_inhibit_options;

/*
 * Have a say in live updates. mode: "delay": be told first (LUOD_EVENT_PREPARE) and be waited for, up to a deadline;
 * "block": no update begins. who and why are for people. options may be NULL.
 * Returns a descriptor: closing its last copy is the word "ready" (or "you may"), and so is the end of the process.
 * It survives restarts of luod. -EINPROGRESS: everybody has been asked already.
 */
int luod_inhibit(luod_client* client, const char* who, const char* why, const char* mode,
                 const luod_inhibit_options* options);

typedef struct luod_inhibitor {
    const char* who;
    const char* why;
    const char* mode;  /* "delay", "block" */
    uint32_t owner;    /* uid */
    uint32_t pid;      /* as it was when the lock was taken */
    const char* unit;  /* systemd unit, or "" */
    uint64_t deadline; /* 0: the default */
    uint64_t since;    /* wall clock, microseconds since 1970 */
    const char* state; /* "held", or while preparing "awaited" */
} luod_inhibitor;

typedef struct luod_inhibitors luod_inhibitors;

/* Everybody's locks, in order of their making. Free the list with luod_inhibitors_free(). */
int luod_list_inhibitors(luod_client* client, luod_inhibitors** ret);
/* The next one of the list, or NULL at the end. */
const luod_inhibitor* luod_inhibitors_next(luod_inhibitors* list);
void luod_inhibitors_free(luod_inhibitors* list);

typedef struct luod_load_options {
    const char* kernel_path; /* where they came from, for people and for the check; NULL: not told */
    const char* initrd_path;
    unsigned flags; /* LUOD_KEEP_CMDLINE, LUOD_INTERACTIVE */
} luod_load_options;

/*
 * Load the kernel for the next update. kernel, initrd: regular files open for reading; initrd may be -1. options may be
 * NULL. *ret_cmdline, to be freed with free(), or NULL for who does not want it: the command line as loaded.
 * -EREMOTEIO: the kernel refuses it, for the reason in the message. -EINPROGRESS: an update is under way.
 */
int luod_load_kernel(luod_client* client, int kernel, int initrd, const char* cmdline,
                     const luod_load_options* options, char** ret_cmdline);
/* Undo it. */
int luod_unload_kernel(luod_client* client, unsigned flags);

typedef struct luod_finding {
    const char* name;    /* luoctl(1) lists them */
    const char* verdict; /* "ok", "warning", "error", "unknown" */
    const char* seen;
    const char* advice; /* what to do about it; "" for "ok" */
} luod_finding;

typedef struct luod_findings luod_findings;

/* Would a live update work now? mode: "systemd", "direct", or NULL for the former. Free with luod_findings_free(). */
int luod_check(luod_client* client, const char* mode, unsigned flags, luod_findings** ret);
/* The next one of the list, or NULL at the end. */
const luod_finding* luod_findings_next(luod_findings* list);
void luod_findings_free(luod_findings* list);

typedef struct luod_update_options {
    const char* mode;         /* "systemd", "direct"; NULL: the former */
    uint64_t deadline;        /* for all clients together; 0: as luod.conf says */
    const char* late;         /* when one misses it: "abort", "go-on"; NULL: as luod.conf says */
    const char* const* force; /* NULL-terminated names of findings that are not to stop it; may be NULL */
    const char* reason;       /* for the report; may be NULL */
    unsigned flags;           /* LUOD_INTERACTIVE, LUOD_SHUTDOWN_ASKED */
} luod_update_options;

/*
 * Check, ask everybody to get ready, go over. Returns when everybody is being asked: events and luod_get_status() tell how
 * it goes on. options may be NULL. *ret_update: its uuid, to be freed with free(); may be NULL.
 * -ECANCELED: a finding of the check stops it. -EPERM: somebody blocks it. -EINPROGRESS: another one is under way.
 */
int luod_live_update(luod_client* client, const luod_update_options* options, char** ret_update);
/* Up to the moment the kernel is replaced: call it off, and tell everybody why. Nothing under way: no error. */
int luod_abort(luod_client* client, const char* reason, unsigned flags);

typedef struct luod_moment {
    /* "requested", "checked", "asked", "ready", "late", "sealed", "left", "aborted", and after the arrival "kernel",
       "manager", "luod", "claimed", "finished" */
    const char* what;
    const char* subject; /* client or session; "" where it is the machine's */
    uint64_t monotonic;  /* of the kernel of that moment: begins again after "left"; 0 where it is not known */
    uint64_t wall;       /* microseconds since 1970 */
    const char* detail;
} luod_moment;

typedef struct luod_report {
    const char* update;  /* uuid */
    const char* outcome; /* "under-way", "aborted", or one of luod_status.last_handover's words */
    const char* words;   /* about the outcome */
    const char* mode;
    const char* from; /* kernel releases */
    const char* to;
    const char* reason;               /* as given to luod_live_update(), or "" */
    const char* const* forced;        /* NULL-terminated */
    const luod_moment* moments;
    size_t n_moments;
} luod_report;

/* One update in full; update: its uuid, or NULL for the last. -ENOENT. Free the answer with luod_report_free(). */
int luod_get_report(luod_client* client, const char* update, luod_report** ret);
void luod_report_free(luod_report* report);

typedef struct luod_report_entry {
    const char* update;
    uint64_t begun; /* wall clock, microseconds since 1970 */
    const char* outcome;
} luod_report_entry;

typedef struct luod_reports luod_reports;

/* The updates that are remembered, the last first. Free the list with luod_reports_free(). */
int luod_list_reports(luod_client* client, luod_reports** ret);
/* The next one of the list, or NULL at the end. */
const luod_report_entry* luod_reports_next(luod_reports* list);
void luod_reports_free(luod_reports* list);

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

typedef struct luod_metric {
    const char* name;          /* org.luod1(5) lists them; pass over those you do not know */
    const char* const* labels; /* name, value, name, value, ... NULL */
    uint64_t value;
} luod_metric;

typedef struct luod_metrics luod_metrics;

/* luod's numbers for whoever watches it; of sessions and files one's own, for root everybody's. Free with luod_metrics_free(). */
int luod_get_metrics(luod_client* client, luod_metrics** ret);
/* The next one of the list, or NULL at the end. */
const luod_metric* luod_metrics_next(luod_metrics* list);
void luod_metrics_free(luod_metrics* list);

/* ---- Events, for any event loop ---------------------------------------------------------------------------------- */

enum luod_event_type {
    LUOD_EVENT_SESSION_ADDED = 1,
    LUOD_EVENT_SESSION_REMOVED,
    LUOD_EVENT_SESSION_CHANGED, /* its state did */
    LUOD_EVENT_FILE_PRESERVED,
    LUOD_EVENT_FILE_TAKEN_OUT,
    LUOD_EVENT_FILE_RETRIEVED,
    LUOD_EVENT_AVAILABLE, /* live update became available, or ceased to be */
    LUOD_EVENT_LUOD_GONE, /* luod left the bus; events may be missed until it is back */
    LUOD_EVENT_LUOD_BACK, /* and is subscribed to again: list anew */
    LUOD_EVENT_PREPARE,   /* a live update is coming: get ready, then close the descriptor of luod_inhibit() */
    LUOD_EVENT_OVER,      /* it is over: aborted, or arrived */
    LUOD_EVENT_PROGRESS,  /* a moment of it */
    LUOD_EVENT_PHASE,     /* its phase is another one */
    LUOD_EVENT_FILE_INVALID /* the device behind a file was unplugged: take it out, or discard the session */
};

typedef struct luod_event {
    int type;            /* enum luod_event_type; ignore those you do not know */
    const char* session; /* SESSION_*, FILE_*: object path; otherwise "" */
    const char* name;    /* SESSION_ADDED: the session's; FILE_PRESERVED, FILE_INVALID: the file's; otherwise "" */
    const char* state;   /* SESSION_CHANGED: the new state; AVAILABLE: the reason why not; PHASE: it; otherwise "" */
    uint64_t token;      /* FILE_* */
    int available;       /* AVAILABLE */
    const char* update;  /* PREPARE, OVER: uuid */
    const char* mode;    /* PREPARE */
    const char* to;      /* PREPARE: the next kernel's release, where it is known */
    uint64_t deadline;   /* PREPARE: how long clients may take */
    const char* outcome; /* OVER: "aborted", or one of luod_status.last_handover's words */
    const char* reason;  /* OVER: in words */
    const char* what;    /* PROGRESS: as in luod_moment, and so subject and detail */
    const char* subject;
    const char* detail;
    uint32_t awaited; /* PROGRESS: how many clients are not ready yet */
} luod_event;

/* Have events sent to this client from now on. Once is enough, also over restarts of luod. */
int luod_subscribe(luod_client* client);
/* The same, with LUOD_EVENT_PROGRESS: some for each client of an update. For who watches it, not for who takes part. */
int luod_subscribe_progress(luod_client* client);
/* What to poll: descriptor (the client's), poll(2) events, and the CLOCK_MONOTONIC time to wake at (UINT64_MAX: never). */
int luod_get_fd(luod_client* client);
int luod_get_events(luod_client* client);
int luod_get_timeout(luod_client* client, uint64_t* ret_usec);
/* Do one piece of work: 1 if there was one (call again), 0 if there is nothing to do (poll again). -ENOTCONN: bus is gone. */
int luod_process(luod_client* client);
/* 1 and the next event, or 0. The event lives until the next call of this function or luod_close(). */
int luod_next_event(luod_client* client, const luod_event** ret);
/* Without an event loop: wait until there is an event, at most usec microseconds (UINT64_MAX: for ever). 1, or 0: none. */
int luod_wait_event(luod_client* client, uint64_t usec, const luod_event** ret);

#ifdef __cplusplus
}
#endif
#endif
