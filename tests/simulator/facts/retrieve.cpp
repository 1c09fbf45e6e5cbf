// SPDX-License-Identifier: LGPL-2.1-or-later
#include "facts.hpp"

namespace facts {
namespace {

void incomingFacts(int session) {
    raw::GetName name = {sizeof name, 0, {}};
    fact("incoming.get-name", raw::control(session, raw::getName, &name));
    fact("incoming.name", std::string(name.name));
    fact("incoming.preserve", raw::preserve(session, raw::memfd("x"), 77));
    fact("incoming.preserve-bad-fd", raw::preserve(session, -1, 77));
    fact("retrieve.unknown-token", raw::retrieveFile(session, 77));
    fact("retrieve.null", raw::control(session, raw::retrieveFd, nullptr));
    fact("retrieve.size-15", callSized(session, raw::retrieveFd, 15, false));
    fact("retrieve.size-24-nonzero-tail", callSized(session, raw::retrieveFd, 24, true));
    raw::SessionFd arguments = {sizeof arguments, -1, 0};
    fact("retrieve.read-only-memory", callReadOnly(session, raw::retrieveFd, &arguments, sizeof arguments));
}

void sharedFacts(int session, int file) {
    const int again = raw::retrieveFile(session, 1);
    fact("retrieve.again", again);
    truth("retrieve.again-is-another-number", again != file);
    ::lseek(file, 7, SEEK_SET);
    number("retrieve.again-shares-the-position", static_cast<unsigned long>(::lseek(again, 0, SEEK_CUR)));
    ::close(again);
    fact("retrieve.in-child", inChild([](int fd) { return static_cast<long>(raw::retrieveFile(fd, 1)); }, session));
}

void plainFileFacts(int device, int session) {
    const int file = raw::retrieveFile(session, 1);
    fact("retrieve.plain", file);
    fact("retrieve.plain-content", raw::contentOf(file));
    truth("retrieve.plain-close-on-exec", ::fcntl(file, F_GETFD) == FD_CLOEXEC);
    number("retrieve.plain-access-mode", static_cast<unsigned long>(::fcntl(file, F_GETFL) & O_ACCMODE));
    fact("retrieve.plain-link", linkOf(file));
    number("retrieve.plain-seals", static_cast<unsigned long>(::fcntl(file, F_GET_SEALS)));
    number("retrieve.plain-position", static_cast<unsigned long>(::lseek(file, 0, SEEK_CUR)));
    sharedFacts(session, file);
    fact("retrieve.plain-write", raw::result(::pwrite(file, "x", 1, 0)));
    fact("retrieve.plain-resize", raw::result(::ftruncate(file, 20)));
    const int next = raw::create(device, "next");
    fact("retrieve.plain-preserve-before-finish", raw::preserve(next, file, 1));
    ::close(next);
    ::close(file);
}

void otherFileFacts(int session) {
    struct stat status = {};
    const int empty = raw::retrieveFile(session, 2);
    fact("retrieve.empty", empty);
    ::fstat(empty, &status);
    number("retrieve.empty-size", static_cast<unsigned long>(status.st_size));
    fact("retrieve.empty-resize", raw::result(::ftruncate(empty, 4096)));
    const int sparse = raw::retrieveFile(session, 3);
    ::fstat(sparse, &status);
    number("retrieve.sparse-size", static_cast<unsigned long>(status.st_size));
    number("retrieve.sparse-blocks", static_cast<unsigned long>(status.st_blocks));
    const std::string content = raw::contentOf(sparse);
    truth("retrieve.sparse-content", content.ends_with("end") && content.find_first_not_of('\0') == 99997);
    const int sealed = raw::retrieveFile(session, 4);
    number("retrieve.sealed-seals", static_cast<unsigned long>(::fcntl(sealed, F_GET_SEALS)));
    fact("retrieve.sealed-write", raw::result(::pwrite(sealed, "x", 1, 0)));
    fact("retrieve.sealed-add-seal", raw::result(::fcntl(sealed, F_ADD_SEALS, F_SEAL_SEAL)));
    const int positioned = raw::retrieveFile(session, 5);
    number("retrieve.position", static_cast<unsigned long>(::lseek(positioned, 0, SEEK_CUR)));
    fact("retrieve.token-0", raw::contentOf(raw::retrieveFile(session, 0)));
    fact("retrieve.largest-token", raw::contentOf(raw::retrieveFile(session, ~std::uint64_t{0})));
}

} // namespace

void retrieveFacts() {
    const int device = raw::openDevice();
    const int session = raw::retrieve(device, "facts-a");
    fact("retrieve-session.incoming", session);
    fact("retrieve-session.incoming-again", raw::retrieve(device, "facts-a"));
    incomingFacts(session);
    plainFileFacts(device, session);
    otherFileFacts(session);
    fact("finish.null", raw::control(session, raw::finishSession, nullptr));
    raw::Finish arguments = {sizeof arguments, 1};
    fact("finish.reserved-set", raw::control(session, raw::finishSession, &arguments));
    fact("finish.size-4", callSized(session, raw::finishSession, 4, false));
    fact("finish.size-16-nonzero-tail", callSized(session, raw::finishSession, 16, true));
    const int kept = raw::retrieveFile(session, 1);
    fact("finish.call", raw::finish(session));
    fact("finish.again", raw::finish(session));
    fact("finish.retrieve-after", raw::retrieveFile(session, 1));
    fact("finish.never-retrieved-is-gone", raw::retrieveFile(session, 6));
    fact("finish.file-stays", raw::contentOf(kept).substr(0, 13));
    fact("finish.session-again-while-open", raw::retrieve(device, "facts-a"));
    const int next = raw::create(device, "next");
    fact("finish.preserve-again", raw::preserve(next, kept, 1));
    ::close(next);
    fact("finish.preserve-in-finished", raw::preserve(session, raw::memfd("x"), 99));
    ::close(session);
    fact("finish.session-again-after-close", raw::retrieve(device, "facts-a"));
    ::close(device);
}

void finishFacts() {
    const int device = raw::openDevice();
    const int implicit = raw::retrieve(device, "facts-implicit");
    fact("implicit.retrieve", implicit);
    const int file = raw::retrieveFile(implicit, 1);
    const int copy = ::dup(implicit);
    ::close(implicit);
    fact("implicit.a-dup-holds-it", raw::retrieve(device, "facts-implicit"));
    ::close(copy);
    fact("implicit.gone-after-close", raw::retrieve(device, "facts-implicit"));
    fact("implicit.file-stays", raw::contentOf(file));
    raw::NamedSession arguments = {sizeof arguments, -1, "facts-left"};
    fact("left.retrieve-into-read-only-memory",
         callReadOnly(device, raw::retrieveSession, &arguments, sizeof arguments));
    fact("left.and-it-is-gone", raw::retrieve(device, "facts-left"));
    ::close(device);
    fact("end.open", raw::openDevice());
}

} // namespace facts
