#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the #include lines of daemon/, client/ and proto/ and names every arrow that the architecture does not have."""

import posixpath
import re

import tree

ARROWS = {
    "app": {"bus", "check", "platform", "kernel", "core", "proto"},
    "bus": {"platform", "core", "proto"},
    "check": {"platform", "kernel", "core", "proto"},
    "platform": {"core"},
    "kernel": {"core", "proto"},
    "core": set(),
    "client": {"proto"},
    "proto": set(),
}
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Besides the standard library core sees what a number of an fd or a user is made of, and two libraries that only
# compute: words put together, a checksum.
CORE_SYSTEM = {"unistd.h", "sys/types.h", "fmt/format.h", "zlib.h"}
# One room each has to do with these.
SYSTEM_OWNERS = {"sdbus-c++/": "bus"}


def room(path):
    """The room a file belongs to, or None where no arrow is drawn."""
    parts = path.split("/")
    if parts[0] == "daemon":
        return parts[1] if len(parts) > 2 else "app"
    return parts[0] if parts[0] in ARROWS else None


def resolve(source, name, known):
    """The file of the tree that a quoted include means, or None."""
    for base in (posixpath.dirname(source), "daemon", "client", "proto", ""):
        path = posixpath.normpath(posixpath.join(base, name))
        if path in known:
            return path
    return None


def target(source, quote, name, known):
    """The room an include leads to; None: none of ours."""
    if re.search(r"\.(adaptor|proxy)\.hpp$", name):
        return "proto"  # generated from the XML there
    found = resolve(source, name, known)
    if found:
        return room(found) or found.split("/")[0]
    first = name.split("/")[0]
    if first in ("daemon", "client", "tests") or (quote == '"' and first in ARROWS):
        return first
    return None


def complaint(source, quote, name, known):
    """Why an include must not be, or None."""
    here = room(source)
    there = target(source, quote, name, known)
    if there is not None:
        if there == here or there in ARROWS[here]:
            return None
        return f"{here} -> {there}"
    for prefix, owner in SYSTEM_OWNERS.items():
        if name.startswith(prefix) and source.startswith("daemon/") and here != owner:
            return f"{here} -> {prefix[:-1]}, which is {owner}'s"
    if here == "core" and ("." in name or "/" in name) and name not in CORE_SYSTEM:
        return f"core -> {name}, which may do more than compute"
    return None


def check(root):
    sources = [path.as_posix() for path in tree.files(root)]
    known = set(sources)
    findings = []
    for source in sources:
        if room(source) not in ARROWS or not source.endswith((".cpp", ".hpp", ".c", ".h")):
            if source.startswith("daemon/") and room(source) not in ARROWS:
                findings.append(f"{source}: there is no room {room(source)} in the architecture")
            continue
        for number, line in enumerate(tree.text(root / source), 1):
            match = INCLUDE.match(line)
            why = match and complaint(source, *match.groups(), known)
            if why:
                findings.append(f"{source}:{number}: {match[2]}: {why}")
    return findings


if __name__ == "__main__":
    tree.main(check)
