#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names every source file that does not say under which licence it is."""

import tree

SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".py", ".sh", ".xml", ".conf", ".policy", ".service", ".socket", ".target",
            ".rules", ".in", ".map", ".build", ".cmake", ".awk"}
NAMES = {"meson_options.txt"}
TAG = "SPDX-License-Identifier: "
OURS = "LGPL-2.1-or-later"
# What becomes part of a kernel carries the kernel's licence.
KERNEL = "tests/vm/kernel/"


def is_source(path, lines):
    return path.suffix in SUFFIXES or path.name in NAMES or (lines and lines[0].startswith("#!"))


def check(root):
    findings = []
    for path in tree.files(root):
        lines = tree.text(root / path)
        if not is_source(path, lines):
            continue
        tags = [line.split(TAG, 1)[1].split()[0] for line in lines[:10] if TAG in line]
        if not tags:
            findings.append(f"{path}: no SPDX-License-Identifier in its first ten lines")
        elif tags[0] != OURS and not (path.as_posix().startswith(KERNEL) and tags[0].startswith("GPL-2.0")):
            findings.append(f"{path}: {tags[0]} where {OURS} should be")
    return findings


if __name__ == "__main__":
    tree.main(check)
