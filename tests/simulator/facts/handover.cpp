// SPDX-License-Identifier: LGPL-2.1-or-later
// What is carried over, and how it arrives.

#include "facts.hpp"

namespace facts {
namespace {

constexpr char longName[] = "facts-with-a-name-of-63-letters-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
static_assert(sizeof longName == 64);

void keep(int session, std::uint64_t token, int file, const char* name) {
    fact(name, raw::preserve(session, file, token));
}

/// Stays as long as the machine does, with every descriptor open.
void leaveHolder() {
    std::fflush(stdout);
    if (::fork() != 0)
        return;
    ::setsid();
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::close(fd);
    for (;;)
        ::pause();
}

int sealedFile() {
    const int file = raw::memfd("sealed");
    ::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
    return file;
}

int positionedFile() {
    const int file = raw::memfd("0123456789");
    ::lseek(file, 4, SEEK_SET);
    return file;
}

int sparseFile() {
    const int file = raw::memfd("");
    if (::ftruncate(file, 100000) != 0 || ::pwrite(file, "end", 3, 99997) != 3)
        return -EIO;
    return file;
}

} // namespace

void prepareHandover() {
    const int device = raw::openDevice();
    const int session = raw::create(device, "facts-a");
    fact("handover.create", session);
    const int changed = raw::memfd("early content");
    keep(session, 1, changed, "handover.plain");
    keep(session, 2, raw::memfd(""), "handover.empty");
    keep(session, 3, sparseFile(), "handover.sparse");
    keep(session, 4, sealedFile(), "handover.sealed");
    keep(session, 5, positionedFile(), "handover.positioned");
    keep(session, 6, raw::memfd("never retrieved"), "handover.never-retrieved");
    keep(session, 0, raw::memfd("token 0"), "handover.token-0");
    keep(session, ~std::uint64_t{0}, raw::memfd("largest token"), "handover.largest-token");
    fact("handover.change-content", raw::result(::pwrite(changed, "later", 5, 0)));
    fact("handover.empty-session", raw::create(device, "facts-empty"));
    fact("handover.long-name", raw::create(device, longName));
    const int closed = raw::create(device, "facts-closed");
    raw::preserve(closed, raw::memfd("x"), 1);
    ::close(closed);
    const int implicit = raw::create(device, "facts-implicit");
    keep(implicit, 1, raw::memfd("implicit"), "handover.implicit");
    keep(raw::create(device, "facts-left"), 1, raw::memfd("left"), "handover.left");
    ::close(device);
    leaveHolder();
}

void arrivalFacts() {
    const int device = raw::openDevice();
    fact("arrival.open", device);
    fact("arrival.second-open", raw::openDevice());
    fact("arrival.unknown-session", raw::retrieve(device, "nobody"));
    fact("arrival.closed-session", raw::retrieve(device, "facts-closed"));
    const int same = raw::create(device, "facts-a");
    fact("arrival.create-the-name-of-an-incoming-one", same);
    ::close(same);
    const int longest = raw::retrieve(device, longName);
    fact("arrival.long-name", longest);
    ::close(longest);
    fact("arrival.long-name-after-close", raw::retrieve(device, longName));
    const int empty = raw::retrieve(device, "facts-empty");
    fact("arrival.empty-session", empty);
    fact("arrival.empty-session-again", raw::retrieve(device, "facts-empty"));
    fact("arrival.empty-session-file", raw::retrieveFile(empty, 1));
    fact("arrival.empty-session-finish", raw::finish(empty));
    truth("arrival.close-on-exec", ::fcntl(empty, F_GETFD) == FD_CLOEXEC);
    fact("arrival.link", linkOf(empty));
    ::close(empty);
    ::close(device);
}

} // namespace facts
