#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""with_journal.py JOURNALD COMMAND...: runs the command beside a journal of its own, in which units have said something.

To be run in a mount namespace of its own, as root.
"""

import os
import socket
import subprocess
import sys


def mount(path):
    subprocess.run(["mount", "-t", "tmpfs", "journal", path], check=True)


def start(journald):
    """The journal's daemon, ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind("/run/ready")
        ready.settimeout(30)
        daemon = subprocess.Popen([journald], env={"NOTIFY_SOCKET": "/run/ready"}, stderr=subprocess.DEVNULL)
        while b"READY=1" not in ready.recv(4096):
            pass
    return daemon


def say(unit, message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.connect("/run/systemd/journal/socket")
        journal.send(f"MESSAGE={message}\nPRIORITY=4\nUNIT={unit}\nSYSLOG_IDENTIFIER=test\nMESSAGE_ID={'ab' * 16}\n".encode())


mount("/run")
mount("/var/log")
os.makedirs("/run/systemd/journal")
os.makedirs("/run/log/journal")
journald = start(sys.argv[1])
try:
    for number in range(400):
        say("luod.service", f"said {number}")
    say("luod-gate.service", "said at last")
    say("other.service", "nobody's business")
    subprocess.run(["journalctl", "--sync"], check=True)
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
finally:
    journald.terminate()
    journald.wait()
