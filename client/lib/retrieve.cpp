// SPDX-License-Identifier: LGPL-2.1-or-later
#include "retrieve.hpp"

#include "client.hpp"
#include "files.hpp"
#include "kernel.hpp"

#include <algorithm>
#include <cstring>
#include <span>

using namespace luod::client;

namespace {

using Tokens = std::span<const uint64_t>;
using Fds = std::vector<Fd>;

int note(luod_client& client, const char* session, Tokens tokens) {
    return sessionCall(client, session, "NoteRetrieved")
        .with(
            [&](sd_bus_message* m) { return sd_bus_message_append_array(m, 't', tokens.data(), tokens.size_bytes()); })
        .send();
}

int retrieveByLuod(luod_client& client, const char* session, Tokens tokens, Fds& fds) {
    for (uint64_t token : tokens) {
        Message reply;
        if (int r = sessionCall(client, session, "Retrieve").add("t", token).send(reply, noTimeout); r < 0)
            return r;
        Fd fd;
        if (int r = takeFd(reply.get(), fd); r < 0)
            return fail(client, r, "cannot take the file's descriptor");
        fds.push_back(std::move(fd));
    }
    return 0;
}

int retrieveHere(luod_client& client, const char* session, Tokens tokens, Fds& fds) {
    Fd borrowed;
    if (int r = borrow(client, session, borrowed); r < 0)
        return r;
    if (!keepsRules(borrowed.get()))
        return retrieveByLuod(client, session, tokens, fds);
    for (uint64_t token : tokens) {
        int fd = luod_ioctl_retrieve(borrowed.get(), token);
        // The kernel says EINVAL for anything done in the wrong direction; luod's word for it is the better one.
        if (fd == -EINVAL)
            if (int r = note(client, session, {&token, 1}); r == -EBADFD)
                return r;
        if (fd < 0)
            return failRetrieve(client, fd, token);
        fds.emplace_back(fd);
    }
    return note(client, session, tokens);
}

int retrieve(luod_client& client, const char* session, Tokens tokens, unsigned flags, Fds& fds) {
    fds.reserve(tokens.size());
    if (tokens.empty())
        return 0;
    return flags & LUOD_BY_LUOD ? retrieveByLuod(client, session, tokens, fds)
                                : retrieveHere(client, session, tokens, fds);
}

int findToken(luod_client& client, const char* session, const char* name, uint64_t& token) {
    luod_files files;
    if (int r = listFiles(client, session, files); r < 0)
        return r;
    for (const luod_file& file : files.rows)
        if (*name && std::strcmp(file.name, name) == 0) {
            token = file.token;
            return 0;
        }
    return failAsLuod(client, "NoSuchFile", std::string("the session holds no file named ") + name);
}

int namedByLuod(luod_client& client, const char* session, const char* name, uint64_t& token) {
    Message reply;
    if (int r = sessionCall(client, session, "RetrieveByName").add("s", name).send(reply, noTimeout); r < 0)
        return r;
    Fd fd;
    int r = sd_bus_message_read_basic(reply.get(), 't', &token);
    if (r >= 0)
        r = takeFd(reply.get(), fd);
    return r < 0 ? badReply(client, r) : fd.release();
}

int namedHere(luod_client& client, const char* session, const char* name, uint64_t& token) {
    if (int r = findToken(client, session, name, token); r < 0)
        return r;
    Fds fds;
    int r = retrieveHere(client, session, {&token, 1}, fds);
    return r < 0 ? r : fds.front().release();
}

int retrieveAllHere(luod_client& client, const char* session, luod_files& files) {
    if (int r = listFiles(client, session, files); r < 0 || files.rows.empty())
        return r;
    std::vector<uint64_t> tokens;
    for (const luod_file& file : files.rows)
        tokens.push_back(file.token);
    Fds fds;
    if (int r = retrieveHere(client, session, tokens, fds); r < 0)
        return r;
    for (size_t i = 0; i < fds.size(); ++i)
        files.rows[i].fd = fds[i].release();
    return 0;
}

} // namespace

int luod_retrieve(luod_client* client, const char* session, const uint64_t* tokens, size_t n, unsigned flags,
                  int* fds) {
    return guarded(client, [&](luod_client& c) {
        if (!session || (n && (!tokens || !fds)) || (flags & ~LUOD_BY_LUOD))
            return fail(c, -EINVAL, "retrieve");
        Fds got;
        if (int r = retrieve(c, session, {tokens, n}, flags, got); r < 0)
            return r;
        std::ranges::transform(got, fds, [](Fd& fd) { return fd.release(); });
        return 0;
    });
}

int luod_retrieve_by_name(luod_client* client, const char* session, const char* name, unsigned flags,
                          uint64_t* ret_token) {
    return guarded(client, [&](luod_client& c) {
        if (!session || !name || (flags & ~LUOD_BY_LUOD))
            return fail(c, -EINVAL, "retrieve by name");
        uint64_t token = 0;
        int r = flags & LUOD_BY_LUOD ? namedByLuod(c, session, name, token) : namedHere(c, session, name, token);
        if (r >= 0 && ret_token)
            *ret_token = token;
        return r;
    });
}

int luod_retrieve_all(luod_client* client, const char* session, unsigned flags, luod_files** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!session || !ret || (flags & ~LUOD_BY_LUOD))
            return fail(c, -EINVAL, "retrieve all");
        auto files = std::make_unique<luod_files>();
        int r = flags & LUOD_BY_LUOD ? retrieveAllByLuod(c, session, *files) : retrieveAllHere(c, session, *files);
        *ret = r < 0 ? nullptr : files.release();
        return r;
    });
}

int luod_note_retrieved(luod_client* client, const char* session, const uint64_t* tokens, size_t n) {
    return guarded(client, [&](luod_client& c) {
        return session && (tokens || !n) ? note(c, session, {tokens, n}) : fail(c, -EINVAL, "note retrieved");
    });
}
