// SPDX-License-Identifier: LGPL-2.1-or-later
#include "files.hpp"

#include "client.hpp"

#include <fcntl.h>

using namespace luod::client;

namespace {

constexpr const char* fileType = "tsssta{sv}a{sv}";

int readFile(sd_bus_message* message, Values& owner, luod_file& file) {
    int r = sd_bus_message_enter_container(message, 'r', fileType);
    if (r <= 0)
        return r;
    r = sd_bus_message_read(message, "tssst", &file.token, &file.name, &file.kind, &file.state, &file.size);
    if (r >= 0)
        r = readValues(message, owner, file.details, file.n_details);
    if (r >= 0)
        r = readValues(message, owner, file.metadata, file.n_metadata);
    if (r >= 0)
        r = sd_bus_message_exit_container(message);
    return r < 0 ? r : 1;
}

int readPage(sd_bus_message* message, luod_files& into, int& more, uint64_t& next) {
    int r = sd_bus_message_enter_container(message, 'a', "(tsssta{sv}a{sv})");
    luod_file file{.fd = -1};
    while (r >= 0 && (r = readFile(message, into.values, file)) > 0)
        into.rows.push_back(file);
    if (r >= 0)
        r = sd_bus_message_exit_container(message);
    return r < 0 ? r : sd_bus_message_read(message, "bt", &more, &next);
}

} // namespace

namespace luod::client {

int listFiles(luod_client& client, const char* session, luod_files& into) {
    int more = 1;
    for (uint64_t from = 0; more;) {
        Message page;
        if (int r = sessionCall(client, session, "ListFiles").add("tu", from, 0u).send(page); r < 0)
            return r;
        uint64_t next = 0;
        if (int r = readPage(page.get(), into, more, next); r < 0 || (more && next <= from))
            return badReply(client, r);
        into.pages.push_back(std::move(page));
        from = next;
    }
    return 0;
}

int takeFd(sd_bus_message* message, Fd& into) {
    int theirs = -1; // the message's
    int r = sd_bus_message_read_basic(message, 'h', &theirs);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    // From 3 on: a program that was started without standard streams shall not write its messages into guest memory.
    into = Fd{fcntl(theirs, F_DUPFD_CLOEXEC, 3)};
    return into.get() < 0 ? -errno : 0;
}

} // namespace luod::client

luod_files::~luod_files() {
    for (const luod_file& file : rows)
        if (file.fd >= 0)
            close(file.fd);
}

int luod_list_files(luod_client* client, const char* session, luod_files** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!session || !ret)
            return fail(c, -EINVAL, "list files");
        auto files = std::make_unique<luod_files>();
        int r = listFiles(c, session, *files);
        *ret = r < 0 ? nullptr : files.release();
        return r;
    });
}

const luod_file* luod_files_next(luod_files* list) {
    return list && list->at < list->rows.size() ? &list->rows[list->at++] : nullptr;
}

int luod_files_take_fd(luod_files* list) {
    if (!list || list->at == 0 || list->rows[list->at - 1].fd < 0)
        return -EBADF;
    return std::exchange(list->rows[list->at - 1].fd, -1);
}

void luod_files_free(luod_files* list) {
    delete list;
}
