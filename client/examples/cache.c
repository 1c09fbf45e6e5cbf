/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cache: keeps its content over live updates of the kernel, and over crashes and restarts of its own.
 *
 *     cc -o cache cache.c $(pkg-config --cflags --libs libluod libsystemd)
 *     systemd-run -p Type=notify -p Restart=always -p FileDescriptorStoreMax=1 $PWD/cache demo /run/demo.sock
 *     echo set colour red | nc -UN /run/demo.sock; echo get colour | nc -UN /run/demo.sock
 *
 * All content lies in one memfd, which two others hold as well: the service manager's fd store, for the next process, and
 * a session of luod's, for the next kernel. It is put there once. What is written later goes along: a live update takes a
 * memfd's content as it is when the kernel is replaced, and only its size is fixed before.
 *
 * So all there is to do in a live update is to stand still: requests wait in the socket meanwhile.
 */
#define _GNU_SOURCE
#include <luod.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_EXEC /* headers before Linux 6.3 */
#define MFD_EXEC 0x0010U
#endif

#define SLOTS 4096

struct entry {
    atomic_uchar valid; /* last to be set, so that a crash leaves nothing half-written behind */
    char key[63], value[192];
};

static const char* name; /* the session's */
static luod_client* luod;
static int memory = -1;
static struct entry* table;
static int lock;    /* while negative: why there is none; -EINPROGRESS: a live update is under way, and we stand still */
static int covered; /* there is a session for the next kernel, and the memory is in it */

static void die(const char* what, int error) {
    const char* words = luod_error_message(luod);
    fprintf(stderr, "cache: %s: %s\n", what, error < 0 && *words ? words : strerror(abs(error)));
    exit(1); /* whoever starts us again: what the others hold is still there */
}

/* ---- Where the content comes from, and who holds it */

/* MFD_EXEC: a live update would bring a memfd with MFD_NOEXEC_SEAL, which may be the default, back as read-only. */
static int new_memory(void) {
    int fd = memfd_create("cache", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("cache", MFD_CLOEXEC);
    return fd >= 0 && ftruncate(fd, SLOTS * sizeof *table) == 0 ? fd : -errno;
}

/* From the process before this one, from the kernel before this one, or from nowhere. */
static void arrive(void) {
    char* incoming = NULL;
    int r = luod_find(luod, name, "incoming", LUOD_ANY_OWNER, &incoming);
    if (r < 0 && r != -ENOENT)
        die("is there anything from the kernel before?", r); /* not to be guessed: it would be lost */
    if (sd_listen_fds(1) > 0)
        memory = SD_LISTEN_FDS_START;
    else if ((memory = incoming ? luod_retrieve_by_name(luod, incoming, "content", 0, NULL) : new_memory()) < 0)
        die("the memory", memory);
    table = mmap(NULL, SLOTS * sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (table == MAP_FAILED)
        die("mapping the memory", errno);
    sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=content", &memory, 1);
    /* Only now, when somebody else holds it: killed earlier, the next process retrieves it once more. */
    if (incoming && (r = luod_finish(luod, incoming)) < 0)
        die("finishing", r);
    free(incoming);
}

static int is_filled(const char* session) {
    luod_sessions* list;
    if (luod_get_session(luod, session, &list) < 0)
        return 0;
    int filled = luod_sessions_next(list)->files > 0;
    luod_sessions_free(list);
    return filled;
}

/* A cache that was killed leaves its session behind. If the memory is in it, it is this memory: it came by the fd store. */
static int cover(void) {
    char* session;
    luod_input file = {.fd = memory, .token = 1, .name = "content"};
    int r = luod_create(luod, name, LUOD_ANY_OWNER, &session);
    if (r == -EEXIST && (r = luod_find(luod, name, "outgoing", LUOD_ANY_OWNER, &session)) == 0 && !is_filled(session)) {
        luod_discard(luod, session);
        free(session);
        r = luod_create(luod, name, LUOD_ANY_OWNER, &session);
    }
    if (r < 0)
        return r;
    if (!is_filled(session))
        r = luod_preserve(luod, session, &file, 1, 0); /* without LUOD_BY_LUOD: the memory stays on our account */
    free(session);
    return r;
}

/* ---- Live updates */

static void stand_still(void) {
    if (lock >= 0)
        close(lock); /* this is the word "ready" */
    lock = -EINPROGRESS;
}

static void go_on(void) {
    if (lock >= 0)
        return;
    lock = luod_inhibit(luod, name, "the content must not change while it is taken over", "delay", NULL);
    if (lock < 0 && lock != -EINPROGRESS)
        fprintf(stderr, "cache: a live update will not wait for us: %s\n", luod_error_message(luod));
    if (!covered && !(covered = cover() >= 0))
        fprintf(stderr, "cache: the content will not come through a live update: %s\n", luod_error_message(luod));
}

/* luod was started again, and may have said something that nobody heard. */
static void catch_up(void) {
    luod_status* status;
    if (luod_get_status(luod, &status) < 0)
        return;
    if (strcmp(status->phase, "idle") == 0)
        go_on();
    else if (strcmp(status->phase, "preparing") == 0)
        stand_still();
    luod_status_free(status);
}

static void hear(void) {
    const luod_event* event;
    int r;
    while ((r = luod_process(luod)) > 0)
        continue;
    if (r < 0)
        die("the bus", r);
    while (luod_next_event(luod, &event) > 0)
        if (event->type == LUOD_EVENT_PREPARE)
            stand_still();
        else if (event->type == LUOD_EVENT_OVER) /* aborted; after a live update that worked we are another process */
            go_on();
        else if (event->type == LUOD_EVENT_LUOD_BACK)
            catch_up();
}

/* ---- The cache */

/* An entry has one place. What is there already has to go: this is a cache. */
static struct entry* place(const char* key) {
    size_t hash = 5381;
    while (*key)
        hash = hash * 33 + (unsigned char)*key++;
    return &table[hash % SLOTS];
}

static void set(const char* key, const char* value) {
    struct entry* entry = place(key);
    entry->valid = 0;
    strcpy(entry->key, key);
    strcpy(entry->value, value);
    entry->valid = 1;
}

static const char* get(const char* key) {
    const struct entry* entry = place(key);
    return entry->valid && strcmp(entry->key, key) == 0 ? entry->value : "";
}

static const char* answer(const char* request) {
    char key[sizeof table->key], value[sizeof table->value];
    if (sscanf(request, "set %62s %191[^\n]", key, value) == 2) {
        set(key, value);
        return "ok";
    }
    return sscanf(request, "get %62s", key) == 1 ? get(key) : "get KEY, or set KEY VALUE";
}

/* One request a connection; who says nothing is not waited for, least of all by a live update. */
static void serve(int listener) {
    char request[512] = "";
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (peer < 0)
        return;
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 1}, sizeof(struct timeval));
    if (read(peer, request, sizeof request - 1) > 0)
        dprintf(peer, "%s\n", answer(request));
    close(peer);
}

static int listen_at(const char* path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr*)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
        die(path, errno);
    return fd;
}

static int timeout(void) { /* as poll() takes it */
    uint64_t at;
    struct timespec now;
    if (luod_get_timeout(luod, &at) < 0 || at == UINT64_MAX)
        return -1;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    return at <= usec ? 0 : (int)((at - usec) / 1000 + 1);
}

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: cache NAME SOCKET\n");
        return 2;
    }
    name = argv[1];
    int r = luod_open(&luod, NULL);
    if (r < 0 || (r = luod_subscribe(luod)) < 0) /* before the lock: not to be asked without hearing it */
        die("luod", r);
    arrive();
    lock = -ENOLCK;
    go_on();
    int listener = listen_at(argv[2]);
    sd_notify(0, "READY=1");
    for (;;) {
        hear();
        struct pollfd fds[] = {{luod_get_fd(luod), (short)luod_get_events(luod), 0}, {listener, POLLIN, 0}};
        poll(fds, lock == -EINPROGRESS ? 1 : 2, timeout());
        if (fds[1].revents)
            serve(listener);
    }
}
