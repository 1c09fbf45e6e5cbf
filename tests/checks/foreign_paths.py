#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names every line that carries a path or a package mirror of the machine it was written on."""

import pathlib
import re

import tree

# Put together here, so that this file does not match itself.
MACHINE_DIRECTORIES = ["wo" + "rk", "fa" + "rm"]


def mirror_hosts(sources=pathlib.Path("/etc/apt")):
    """The hosts that this machine's apt is told to fetch from."""
    hosts = set()
    for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
        if path.is_file():
            active = "\n".join(line for line in tree.text(path) if not line.lstrip().startswith("#"))
            hosts.update(re.findall(r"(?:https?|ftp)://(?:[^/@\s]*@)?([^/:\s]+)", active))
    return hosts


def pattern(hosts):
    paths = r"(?<![\w.~-])/(?:" + "|".join(MACHINE_DIRECTORIES) + r")/"
    names = [r"(?<![\w.-])" + re.escape(host) + r"(?![\w-])" for host in sorted(hosts)]
    return re.compile("|".join([paths, *names]))


def check(root, hosts=None):
    foreign = pattern(mirror_hosts() if hosts is None else hosts)
    return [f"{path}:{number}: {match[0]}"
            for path in tree.files(root)
            for number, line in enumerate(tree.text(root / path), 1)
            if (match := foreign.search(line))]


if __name__ == "__main__":
    tree.main(check)
