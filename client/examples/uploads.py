#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""uploads: takes uploads over TCP, and keeps the state of its sockets over live updates of the kernel, and over crashes.

    apt install python3-dbus python3-gi python3-systemd
    systemd-run -p Type=notify -p Restart=always -p FileDescriptorStoreMax=100 $PWD/uploads.py demo /srv/uploads

A client sends "NAME LENGTH\\n" and then its bytes, and is told, line by line, how many of them are here. A client whose
connection broke says the same again, learns where to go on, and goes on there.

Sockets cannot go into a session. What is behind them can: the address at which this listens, and what of each upload has
been read, each in a memfd. The service manager's fd store holds the memfds for the next process, and the listening socket
itself. Into a session of luod's they go when a live update asks for it, since a memfd cannot grow any more while it is
preserved; if the update is aborted, the session is given up, and they grow again.

luod makes the kernel's calls here, and bears the memory. Large files their owner preserves itself: see cache.c, and Open.
"""

import json
import os
import re
import socket
import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib
from systemd import daemon

MFD_EXEC = 0x10  # a live update would bring a memfd with MFD_NOEXEC_SEAL, which may be the default, back as read-only
FDS_IN_A_MESSAGE = 16
STATE = "sockets"  # the file that says how it was; preserved last, so that all is there where it is
LISTENER = "listener"
ERROR = "org.luod1.Error."
NOTHING = dbus.Dictionary(signature="sv")


def memfd(name, content=b""):
    try:
        fd = os.memfd_create(name, os.MFD_CLOEXEC | MFD_EXEC)
    except OSError:  # Linux before 6.3
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
    os.pwrite(fd, content, 0)
    return fd


def size(fd):
    return os.fstat(fd).st_size


def store(name, fd):
    daemon.notify(f"FDSTORE=1\nFDNAME={name}", fds=[fd])


class Luod:
    """Two sessions of one name: the one that came from the previous kernel, and the one for the next."""

    def __init__(self, name):
        self.name = name
        self.bus = dbus.SystemBus(mainloop=dbus.mainloop.glib.DBusGMainLoop())
        self.manager = dbus.Interface(
            self.bus.get_object("org.luod1", "/org/luod1", follow_name_owner_changes=True), "org.luod1.Manager")

    def unless(self, error, method, *arguments):
        """What the method answers; None where luod says this error."""
        try:
            return method(*arguments)
        except dbus.DBusException as exception:
            if exception.get_dbus_name() != ERROR + error:
                raise
            return None

    def session(self, path):
        return path and dbus.Interface(self.bus.get_object("org.luod1", path), "org.luod1.Session")

    def find(self, direction):
        return self.session(self.unless("NoSuchSession", self.manager.FindSession, self.name, {"direction": direction}))

    def retrieve(self, session):
        files, more, start = {}, True, 0
        while more:
            page, more, start = session.RetrieveAll(dbus.UInt64(start))
            files.update((str(name), fd.take()) for fd, _, name, _ in page)
        return files

    def preserve(self, files):
        self.give_up()
        session = self.session(self.manager.CreateSession(self.name, NOTHING))
        offers = [(dbus.types.UnixFd(fd), dbus.UInt64(token), name, NOTHING) for token, (name, fd) in enumerate(files)]
        for first in range(0, len(offers), FDS_IN_A_MESSAGE):
            session.Preserve(offers[first:first + FDS_IN_A_MESSAGE])

    def has_preserved(self, name):
        session = self.find("outgoing")
        return session and any(row[1] == name for row in session.ListFiles(dbus.UInt64(0), dbus.UInt32(0))[0])

    def give_up(self):
        session = self.find("outgoing")
        if session:
            session.Discard()

    def lock(self, why):
        """To be closed when this is ready. None: a live update is under way, and everybody has been asked already."""
        lock = self.unless("UpdateUnderWay", self.manager.Inhibit, self.name, why, "delay", NOTHING)
        return lock and lock.take()

    def phase(self):
        return self.manager.Get("org.luod1.Manager", "Phase", dbus_interface=dbus.PROPERTIES_IFACE)

    def listen(self, prepare, over):
        """Has them called when a live update asks and when it is over, also if that was said while luod was restarted."""
        missed = {"preparing": prepare, "idle": over}
        self.manager.connect_to_signal("PrepareForLiveUpdate", lambda start, _: prepare() if start else over())
        self.bus.watch_name_owner("org.luod1", lambda owner: owner and missed.get(self.phase(), bool)())


class Connection:
    def __init__(self, peer):
        self.peer, self.head, self.upload, self.length = peer, b"", None, 0


class Service:
    def __init__(self, name, directory):
        self.directory = directory
        self.luod = Luod(name)
        self.lock = None
        self.arrive()
        self.handlers = {self.listener: self.accept}  # sockets, and who is called when there is something to read
        self.watched = {}                             # those that are watched just now: none while this stands still

    # ---- Where the state comes from

    def arrive(self):
        """From the process before this one, from the kernel before this one, or from nowhere."""
        found = {name: fd for fd, name in daemon.listen_fds_with_names().items()}
        incoming = self.luod.find("incoming")
        if incoming:
            found = self.luod.retrieve(incoming) | found
        state = found.pop(STATE, None)
        address = json.loads(os.pread(state, size(state), 0)) if state else ["127.0.0.1", 0]
        listener = found.pop(LISTENER, None)
        self.listener = socket.socket(fileno=listener) if listener else socket.create_server(tuple(address))
        self.uploads = found
        for name, fd in [(LISTENER, self.listener.fileno()), *self.uploads.items()]:
            store(name, fd)
        if incoming:  # only now, when somebody else holds the files: killed earlier, the next process retrieves them again
            incoming.Finish()

    # ---- Live updates

    def prepare(self):
        if self.lock is None:
            return
        while self.watched:
            GLib.source_remove(self.watched.popitem()[1])
        self.preserve()  # should it fail, the lock stays, and luod finds us late and aborts
        os.close(self.lock)
        self.lock = None

    def go_on(self):
        if self.lock is None:
            self.lock = self.luod.lock("what was read has to be preserved")
        if self.lock is not None:
            self.luod.give_up()  # what was for an update that came to nothing
            self.watch()
        elif self.luod.phase() == "preparing" and not self.luod.has_preserved(STATE):  # killed in the middle of it
            self.preserve()

    def preserve(self):
        state = memfd(STATE, json.dumps(self.listener.getsockname()).encode())
        self.luod.preserve([*self.uploads.items(), (STATE, state)])
        os.close(state)

    # ---- Sockets

    def watch(self):
        for sock, handler in self.handlers.items():
            if sock not in self.watched:
                self.watched[sock] = GLib.io_add_watch(sock, GLib.IO_IN | GLib.IO_HUP | GLib.IO_ERR, handler)

    def accept(self, *_):
        connection = Connection(self.listener.accept()[0])
        self.handlers[connection.peer] = lambda *_: self.read(connection)
        self.watch()
        return GLib.SOURCE_CONTINUE

    def read(self, connection):
        try:
            data = connection.peer.recv(65536)
            if data and not self.take(connection, data):
                return GLib.SOURCE_CONTINUE
        except (OSError, ValueError) as error:
            print(f"uploads: {error}", file=sys.stderr)
        del self.handlers[connection.peer], self.watched[connection.peer]
        connection.peer.close()
        return GLib.SOURCE_REMOVE

    def take(self, connection, data):
        """Whether that was the last of it."""
        if connection.upload is None:
            connection.head, newline, data = (connection.head + data).partition(b"\n")
            if not newline:
                return False
            connection.upload, connection.length = self.begin(connection.head.decode())
        fd = self.uploads[connection.upload]
        os.pwrite(fd, data[:connection.length - size(fd)], size(fd))
        here = size(fd)
        if here == connection.length:
            self.finish(connection.upload)
        connection.peer.sendall(b"%d\n" % here)
        return here == connection.length

    def begin(self, head):
        words = re.fullmatch(r"([a-z0-9]{1,60}) (\d{1,9})", head)
        if not words or words[1] in (STATE, LISTENER):
            raise ValueError(f"no upload: {head!r}")
        if words[1] not in self.uploads:
            self.uploads[words[1]] = memfd(words[1])
            store(words[1], self.uploads[words[1]])
        return words[1], int(words[2])

    def finish(self, name):
        fd = self.uploads.pop(name)
        path = os.path.join(self.directory, name)
        with open(path + ".new", "wb") as file:
            file.write(os.pread(fd, size(fd), 0))
        os.rename(path + ".new", path)
        daemon.notify(f"FDSTOREREMOVE=1\nFDNAME={name}")
        os.close(fd)


def main():
    service = Service(*sys.argv[1:])
    service.luod.listen(service.prepare, service.go_on)  # before there is a lock: not to be asked without hearing it
    service.go_on()
    daemon.notify("READY=1\nSTATUS=Listening at {} port {}".format(*service.listener.getsockname()))
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
