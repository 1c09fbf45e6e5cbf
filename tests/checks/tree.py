# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks look at, and how they speak."""

import pathlib
import subprocess
import sys


def files(root):
    """The tree's files, relative to root: what is committed or about to be, or simply all without git."""
    root = pathlib.Path(root)
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = [pathlib.PurePath(name) for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
    return sorted(name for name in set(names) if (root / name).is_file() and not (root / name).is_symlink())


def text(path):
    """A file's lines, or none where it is not text."""
    data = path.read_bytes()
    return [] if b"\0" in data else data.decode(errors="replace").splitlines()


def report(findings):
    """Prints one line a finding; the exit status."""
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def main(check):
    sys.exit(report(check(pathlib.Path(sys.argv[1]))))
