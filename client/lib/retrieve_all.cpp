// SPDX-License-Identifier: LGPL-2.1-or-later
// All of a session's files in as few messages as the bus allows.
#include "retrieve.hpp"

#include "client.hpp"
#include "files.hpp"

#include <sys/stat.h>

namespace luod::client {
namespace {

constexpr const char* rowType = "htsa{sv}";

uint64_t sizeOf(int fd) {
    struct stat status {};
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? uint64_t(status.st_size) : 0;
}

// Takes the row's descriptor and copies the rest into `kept`: as long as the page itself lives, so does a second copy
// of each of its descriptors.
int takeRow(sd_bus_message* page, sd_bus_message* kept, luod_files& into) {
    int r = sd_bus_message_enter_container(page, 'r', rowType);
    if (r <= 0)
        return r;
    Fd fd;
    r = takeFd(page, fd);
    if (r >= 0)
        r = sd_bus_message_copy(kept, page, 1);
    if (r < 0)
        return r;
    luod_file file{.kind = "", .state = "retrieved", .size = sizeOf(fd.get()), .fd = fd.get()};
    into.rows.push_back(file);
    fd.release();
    r = sd_bus_message_exit_container(page);
    return r < 0 ? r : 1;
}

int takePage(sd_bus_message* page, sd_bus_message* kept, luod_files& into, int& more, uint64_t& next) {
    int r = sd_bus_message_enter_container(page, 'a', "(htsa{sv})");
    while (r >= 0 && (r = takeRow(page, kept, into)) > 0)
        ;
    if (r >= 0)
        r = sd_bus_message_exit_container(page);
    return r < 0 ? r : sd_bus_message_read(page, "bt", &more, &next);
}

// What takeRow copied, for the rows from `first` on.
int readKept(Message kept, luod_files& into, size_t first) {
    int r = sd_bus_message_seal(kept.get(), 1, 0);
    for (size_t i = first; r >= 0 && i < into.rows.size(); ++i) {
        luod_file& file = into.rows[i];
        r = sd_bus_message_read(kept.get(), "ts", &file.token, &file.name);
        if (r >= 0)
            r = readValues(kept.get(), into.values, file.metadata, file.n_metadata);
    }
    into.pages.push_back(std::move(kept));
    return r;
}

int addPage(luod_client& client, sd_bus_message* page, luod_files& into, int& more, uint64_t& next) {
    sd_bus_message* made = nullptr;
    int r = sd_bus_message_new_signal(client.bus.get(), &made, "/", "org.luod1.Client", "Page"); // never sent
    Message kept{made};
    size_t first = into.rows.size();
    if (r >= 0)
        r = takePage(page, made, into, more, next);
    return r < 0 ? r : readKept(std::move(kept), into, first);
}

} // namespace

int retrieveAllByLuod(luod_client& client, const char* session, luod_files& into) {
    int more = 1;
    for (uint64_t from = 0; more;) {
        Message page;
        if (int r = sessionCall(client, session, "RetrieveAll").add("t", from).send(page, noTimeout); r < 0)
            return r;
        uint64_t next = 0;
        if (int r = addPage(client, page.get(), into, more, next); r < 0 || (more && next <= from))
            return badReply(client, r);
        from = next;
    }
    return 0;
}

} // namespace luod::client
