// SPDX-License-Identifier: LGPL-2.1-or-later
#include "facts.hpp"

#include <sys/vfs.h>

#include <algorithm>
#include <vector>

namespace facts {
namespace {

void nameFacts(int session) {
    raw::GetName arguments = {sizeof arguments, 0, {}};
    std::memset(arguments.name, 'z', sizeof arguments.name);
    fact("get-name.call", raw::control(session, raw::getName, &arguments));
    fact("get-name.value", std::string(arguments.name, ::strnlen(arguments.name, sizeof arguments.name)));
    truth("get-name.leaves-the-rest-alone", arguments.name[63] == 'z');
    arguments.reserved = 1;
    fact("get-name.reserved-set", raw::control(session, raw::getName, &arguments));
    fact("get-name.size-71", callSized(session, raw::getName, 71, false));
    fact("get-name.size-80-nonzero-tail", callSized(session, raw::getName, 80, true));
    fact("get-name.null", raw::control(session, raw::getName, nullptr));
    raw::GetName readOnly = {sizeof readOnly, 0, {}};
    fact("get-name.read-only-memory", callReadOnly(session, raw::getName, &readOnly, sizeof readOnly));
}

void descriptorFacts(int session) {
    fact("session.link", linkOf(session));
    truth("session.close-on-exec", ::fcntl(session, F_GETFD) == FD_CLOEXEC);
    struct statfs filesystem = {};
    fact("session.fstatfs", raw::result(::fstatfs(session, &filesystem)));
    truth("session.is-anonymous-inode", filesystem.f_type == 0x09041934);
    number("session.access-mode", static_cast<unsigned long>(::fcntl(session, F_GETFL) & O_ACCMODE));
    char byte = 0;
    fact("session.read", raw::result(::read(session, &byte, 1)));
    fact("session.write", raw::result(::write(session, &byte, 1)));
    fact("session.truncate", raw::result(::ftruncate(session, 0)));
    const std::string path = "/proc/self/fd/" + std::to_string(session);
    fact("session.open-again", raw::result(::open(path.c_str(), O_RDWR)));
    void* map = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, session, 0);
    fact("session.map", map == MAP_FAILED ? -errno : 0);
}

void numberFacts(int session) {
    Sized arguments = {72, {}};
    fact("session.number-00", raw::control(session, _IO(0xBA, 0x00), &arguments));
    fact("session.number-3f", raw::control(session, _IO(0xBA, 0x3f), &arguments));
    fact("session.number-44", raw::control(session, _IO(0xBA, 0x44), &arguments));
    fact("session.number-44-null", raw::control(session, _IO(0xBA, 0x44), nullptr));
    fact("session.direction-bits", raw::control(session, _IOWR(0xBA, 0x40, raw::SessionFd), &arguments));
    fact("session.direction-bits-null", raw::control(session, _IOWR(0xBA, 0x40, raw::SessionFd), nullptr));
    fact("session.terminal-ioctl", raw::control(session, TCGETS, &arguments));
}

void outgoingFacts(int device, int session) {
    fact("outgoing.retrieve-file", raw::retrieveFile(session, 1));
    fact("outgoing.finish", raw::finish(session));
    fact("outgoing.finish-null", raw::control(session, raw::finishSession, nullptr));
    fact("outgoing.duplicate", raw::create(device, "facts"));
    const int copy = ::dup(session);
    const int other = raw::create(device, "other");
    ::close(other);
    fact("outgoing.in-child", inChild([](int fd) { return static_cast<long>(raw::preserve(fd, -1, 1)); }, copy));
    ::close(copy);
}

void manyFacts(int device) {
    std::vector<int> sessions;
    long worst = 0;
    for (int i = 0; i < 200; ++i) {
        sessions.push_back(raw::create(device, "many-" + std::to_string(i)));
        worst = std::min<long>(worst, sessions.back());
    }
    fact("many.200-sessions", worst);
    for (const int session : sessions)
        ::close(session);
}

} // namespace

void sessionFacts() {
    const int device = raw::openDevice();
    const int session = raw::create(device, "facts");
    nameFacts(session);
    descriptorFacts(session);
    numberFacts(session);
    outgoingFacts(device, session);
    manyFacts(device);
    ::close(device);
    fact("session.survives-the-device", raw::preserve(session, raw::memfd("x"), 1));
    ::close(session);
    const int again = raw::openDevice();
    const int reborn = raw::create(again, "facts");
    fact("session.close-frees-the-name", reborn);
    fact("session.close-frees-the-token", raw::preserve(reborn, raw::memfd("x"), 1));
    ::close(reborn);
    ::close(again);
}

} // namespace facts
