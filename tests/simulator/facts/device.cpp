// SPDX-License-Identifier: LGPL-2.1-or-later
#include "facts.hpp"

#include <poll.h>
#include <sys/vfs.h>

namespace facts {
namespace {

void nodeFacts() {
    struct stat status = {};
    fact("node.stat", raw::result(::stat("/dev/liveupdate", &status)));
    truth("node.is-character-device", S_ISCHR(status.st_mode));
    number("node.major", status.st_rdev >> 8 & 0xfff);
    char mode[8];
    std::snprintf(mode, sizeof mode, "%03o", status.st_mode & 0777);
    fact("node.mode", mode);
    fact("node.access-read-write", raw::result(::access("/dev/liveupdate", R_OK | W_OK)));
    fact("node.access-execute", raw::result(::access("/dev/liveupdate", X_OK)));
    fact("open.create-exclusively", raw::openDevice(O_RDWR | O_CREAT | O_EXCL));
    fact("open.as-directory", raw::openDevice(O_RDONLY | O_DIRECTORY));
    const int path = raw::openDevice(O_PATH);
    fact("open.path-only", path);
    fact("open.path-only-ioctl", raw::create(path, "path"));
    ::close(path);
}

void openFacts() {
    const int device = raw::openDevice();
    fact("open.first", device);
    fact("open.second", raw::openDevice());
    fact("open.read-only-while-open", raw::openDevice(O_RDONLY));
    fact("open.in-child-while-open", inChild([](int) { return static_cast<long>(raw::openDevice()); }, 0));
    const int copy = ::dup(device);
    ::close(device);
    fact("open.while-a-dup-is-open", raw::openDevice());
    ::close(copy);
    const int readOnly = raw::openDevice(O_RDONLY);
    fact("open.read-only", readOnly);
    const int session = raw::create(readOnly, "from-read-only");
    fact("create.on-read-only-device", session);
    ::close(session);
    ::close(readOnly);
}

void fileFacts(int device) {
    char byte = 0;
    struct stat status = {};
    fact("device.read", raw::result(::read(device, &byte, 1)));
    fact("device.write", raw::result(::write(device, &byte, 1)));
    fact("device.seek", raw::result(::lseek(device, 0, SEEK_SET)));
    void* map = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, device, 0);
    fact("device.map", map == MAP_FAILED ? -errno : 0);
    ::fstat(device, &status);
    truth("device.is-character-device", S_ISCHR(status.st_mode));
    fact("device.link", linkOf(device));
    number("device.access-mode", static_cast<unsigned long>(::fcntl(device, F_GETFL) & O_ACCMODE));
    pollfd poll = {device, POLLIN, 0};
    truth("device.polls-readable", ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLIN));
    fact("device.truncate", raw::result(::ftruncate(device, 0)));
}

void numberFacts(int device) {
    Sized arguments = {72, {}};
    fact("device.number-02", raw::control(device, _IO(0xBA, 0x02), &arguments));
    fact("device.number-3f", raw::control(device, _IO(0xBA, 0x3f), &arguments));
    fact("device.number-40", raw::control(device, _IO(0xBA, 0x40), &arguments));
    fact("device.number-ff", raw::control(device, _IO(0xBA, 0xff), &arguments));
    fact("device.number-02-null", raw::control(device, _IO(0xBA, 0x02), nullptr));
    fact("device.direction-bits", raw::control(device, _IOWR(0xBA, 0x00, raw::NamedSession), &arguments));
    fact("device.direction-bits-null", raw::control(device, _IOWR(0xBA, 0x00, raw::NamedSession), nullptr));
    fact("device.other-type", raw::control(device, _IO(0xBB, 0x00), &arguments));
    fact("device.close-on-exec-ioctl", raw::control(device, FIOCLEX, nullptr));
}

void createSizeFacts(int device) {
    fact("create.null", raw::control(device, raw::createSession, nullptr));
    fact("create.size-0", callSized(device, raw::createSession, 0, false));
    fact("create.size-4", callSized(device, raw::createSession, 4, false));
    fact("create.size-71", callSized(device, raw::createSession, 71, false));
    fact("create.size-72-empty-name", callSized(device, raw::createSession, 72, false));
    fact("create.size-80-nonzero-tail", callSized(device, raw::createSession, 80, true));
    raw::NamedSession arguments = {sizeof arguments, -1, "read-only-memory"};
    fact("create.read-only-memory", callReadOnly(device, raw::createSession, &arguments, sizeof arguments));
    const int session = raw::create(device, "read-only-memory");
    fact("create.after-read-only-memory", session);
    ::close(session);
    struct {
        raw::NamedSession known;
        std::uint64_t tail;
    } longer = {{80, -1, "longer"}, 0};
    fact("create.size-80-zero-tail", raw::control(device, raw::createSession, &longer));
    number("create.size-80-size-after", longer.known.size);
    ::close(longer.known.fd);
}

void createNameFacts(int device) {
    fact("create.empty-name", raw::create(device, ""));
    fact("create.unterminated-name", raw::create(device, std::string(64, 'u')));
    const int longest = raw::create(device, std::string(63, 'l'));
    fact("create.63-letters", longest);
    fact("session.link-63-letters", linkOf(longest));
    ::close(longest);
    const int odd = raw::create(device, "a/b\n\xff");
    fact("create.odd-letters", odd);
    ::close(odd);
    raw::NamedSession arguments = {sizeof arguments, 12345, "behind"};
    arguments.name[10] = 'x';
    fact("create.garbage-behind-the-name", raw::control(device, raw::createSession, &arguments));
    fact("create.same-name-without-garbage", raw::create(device, "behind"));
    truth("create.garbage-is-left-alone", arguments.name[10] == 'x');
    ::close(arguments.fd);
    const int again = raw::create(device, "behind");
    fact("create.again-after-close", again);
    ::close(again);
}

void retrieveBeforeFacts(int device) {
    const int session = raw::create(device, "outgoing");
    fact("retrieve-session.unknown", raw::retrieve(device, "nobody"));
    fact("retrieve-session.outgoing-name", raw::retrieve(device, "outgoing"));
    fact("retrieve-session.empty-name", raw::retrieve(device, ""));
    fact("retrieve-session.unterminated-name", raw::retrieve(device, std::string(64, 'u')));
    fact("retrieve-session.size-71", callSized(device, raw::retrieveSession, 71, false));
    fact("retrieve-session.size-80-nonzero-tail", callSized(device, raw::retrieveSession, 80, true));
    fact("retrieve-session.null", raw::control(device, raw::retrieveSession, nullptr));
    ::close(session);
}

} // namespace

void deviceFacts() {
    nodeFacts();
    openFacts();
    const int device = raw::openDevice();
    fileFacts(device);
    numberFacts(device);
    createSizeFacts(device);
    createNameFacts(device);
    retrieveBeforeFacts(device);
    ::close(device);
}

} // namespace facts
