// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/liveupdate-abi.h"
#include "state.hpp"
#include "wire.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mock {
namespace {

struct Lent {
    State& state;
    Session& session;
};

int onRequest(sd_event_source* source, int socket, uint32_t, void* data) {
    auto* lent = static_cast<Lent*>(data);
    Request request{};
    int fd = -1;
    if (receiveWith(socket, &request, sizeof request, fd) != int(sizeof request)) {
        sd_event_source_disable_unref(source);
        delete lent;
        return close(socket);
    }
    Answer answer{};
    if (request.number == LUO_PRESERVE_FD) {
        answer.error = kernelPreserve(lent->state, lent->session, request.token, fd);
        fd = -1;
    } else {
        fd = kernelRetrieve(lent->state, lent->session, request.token);
        answer.error = fd < 0 ? fd : 0;
    }
    sendWith(socket, &answer, sizeof answer, fd);
    return 0;
}

} // namespace

int kernelPreserve(State& state, Session& session, uint64_t token, int fd) {
    struct stat status {};
    int error = state.kernelError               ? -state.kernelError
                : session.files.contains(token) ? -EEXIST
                : fstat(fd, &status) < 0        ? -EBADF
                : !S_ISREG(status.st_mode)      ? -ENOENT // no handler
                                                : 0;
    if (error) {
        close(fd);
        return error;
    }
    File& file = session.files[token];
    file.fd = fd;
    file.size = uint64_t(status.st_size);
    return 0;
}

int kernelRetrieve(State& state, Session& session, uint64_t token) {
    if (state.kernelError)
        return -state.kernelError;
    if (!session.incoming)
        return -EINVAL;
    auto at = session.files.find(token);
    return at == session.files.end() ? -ENOENT : at->second.fd;
}

int lend(State& state, Session& session) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    sd_event_source* source = nullptr;
    sd_event_add_io(state.event, &source, ends[0], EPOLLIN, onRequest, new Lent{state, session});
    return ends[1];
}

} // namespace mock
