// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "kernel.hpp"
#include "properties.hpp"
#include "proto/names.hpp"

#include <algorithm>
#include <cstring>
#include <span>

using namespace luod::client;

namespace {

using Inputs = std::span<const luod_input>;

// One message carries this many notes: some hundred kilobytes, far from the bus's limit.
constexpr size_t notesPerMessage = 4096;

template <typename Body> int inPages(Inputs files, size_t page, Body&& body) {
    int r = 0;
    for (; r >= 0 && !files.empty(); files = files.subspan(std::min(page, files.size())))
        r = body(files.first(std::min(page, files.size())));
    return r;
}

int appendHandOver(sd_bus_message* message, const luod_input& file) {
    int r = sd_bus_message_open_container(message, 'r', "htsa{sv}");
    if (r >= 0)
        r = sd_bus_message_append(message, "hts", file.fd, file.token, file.name ? file.name : "");
    if (r >= 0)
        r = appendValues(message, file.metadata, file.n_metadata);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int appendNote(sd_bus_message* message, const luod_input& file) {
    Kind kind;
    // The caller may have closed the descriptor since; then what it says itself must do.
    if (int r = kindOf(file.fd, kind); r < 0 && !file.kind)
        return r;
    int r = sd_bus_message_open_container(message, 'r', "tssta{sv}");
    if (r >= 0)
        r = sd_bus_message_append(message, "tsst", file.token, file.name ? file.name : "",
                                  file.kind ? file.kind : kind.name.c_str(), kind.size);
    if (r >= 0)
        r = appendValues(message, file.metadata, file.n_metadata);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

template <typename Append>
int sendFiles(luod_client& client, const char* session, const char* method, const char* type, Inputs files,
              Append&& append) {
    auto fill = [&](sd_bus_message* message) {
        int r = sd_bus_message_open_container(message, 'a', type);
        for (size_t i = 0; r >= 0 && i < files.size(); ++i)
            r = append(message, files[i]);
        return r < 0 ? r : sd_bus_message_close_container(message);
    };
    return sessionCall(client, session, method).with(fill).send(noTimeout);
}

int note(luod_client& client, const char* session, Inputs files) {
    return inPages(files, notesPerMessage, [&](Inputs page) {
        return sendFiles(client, session, "NotePreserved", "(tssta{sv})", page, appendNote);
    });
}

int handOver(luod_client& client, const char* session, Inputs files) {
    return inPages(files, luod::proto::maxFdsPerMessage, [&](Inputs page) {
        return sendFiles(client, session, "Preserve", "(htsa{sv})", page, appendHandOver);
    });
}

int failNotNoted(luod_client& client, size_t n) {
    std::string message = std::to_string(n) + (n == 1 ? " file is" : " files are") +
                          " preserved in the kernel, but luod could not note it, so that they are not listed and have "
                          "no names: " +
                          client.errorMessage;
    return fail(client, -EUCLEAN, LUOD_ERROR_NOT_NOTED, std::move(message));
}

// How many of the files the kernel took; error is why it did not take the next.
size_t preserveAll(int session, Inputs files, int& error) {
    size_t done = 0;
    for (error = 0; done < files.size(); ++done)
        if ((error = luod_ioctl_preserve(session, files[done].fd, files[done].token)) < 0)
            break;
    return done;
}

// Linux 7.0 accepts files for a session that came from the previous kernel, and loses them; the others say EINVAL, which is
// no word for it.
int checkOutgoing(luod_client& client, const char* session) {
    Properties properties;
    if (int r = getOne(client, session, luod::proto::sessionInterface, "Direction", properties); r < 0)
        return r;
    if (std::strcmp(properties.text("Direction"), "outgoing") == 0)
        return 0;
    return failAsLuod(client, "WrongDirection", "the session is incoming: files go into outgoing ones only");
}

// Before the kernel is asked for anything.
int examine(luod_client& client, Inputs files, std::vector<Kind>& kinds) {
    for (size_t i = 0; i < files.size(); ++i) {
        if (kindOf(files[i].fd, kinds[i]) < 0)
            return failPreserve(client, -EBADF, files[i].token, "");
        if (comesBackUnwritable(files[i].fd))
            return failAsLuod(client, "KindNotSupported",
                              "the memfd for token " + std::to_string(files[i].token) +
                                  " was made with MFD_NOEXEC_SEAL, and kernels would give it back sealed against writing: "
                                  "make it with MFD_EXEC");
    }
    return 0;
}

int preserve(luod_client& client, const char* session, Inputs files) {
    std::vector<Kind> kinds(files.size());
    if (int r = examine(client, files, kinds); r < 0)
        return r;
    if (int r = checkOutgoing(client, session); r < 0)
        return r;
    Fd borrowed;
    if (int r = borrow(client, session, borrowed); r < 0)
        return r;
    if (!keepsRules(borrowed.get()))
        return handOver(client, session, files);
    int error = 0;
    size_t done = preserveAll(borrowed.get(), files, error);
    if (done > 0 && note(client, session, files.first(done)) < 0)
        return failNotNoted(client, done);
    return error < 0 ? failPreserve(client, error, files[done].token, kinds[done].name) : 0;
}

} // namespace

int luod_preserve(luod_client* client, const char* session, const luod_input* files, size_t n, unsigned flags) {
    return guarded(client, [&](luod_client& c) {
        if (!session || (n && !files) || (flags & ~LUOD_BY_LUOD))
            return fail(c, -EINVAL, "preserve");
        if (n == 0)
            return 0;
        return flags & LUOD_BY_LUOD ? handOver(c, session, {files, n}) : preserve(c, session, {files, n});
    });
}

int luod_note_preserved(luod_client* client, const char* session, const luod_input* files, size_t n) {
    return guarded(client, [&](luod_client& c) {
        return session && (files || !n) ? note(c, session, {files, n}) : fail(c, -EINVAL, "note preserved");
    });
}
