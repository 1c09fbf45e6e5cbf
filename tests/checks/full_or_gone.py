#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what luod(8) says of things that are full or gone against the tests: each is shown by some, and those exist."""

import re

import tree

PAGE = "daemon/luod.8"
SECTION = ".Sh WHEN SOMETHING IS FULL OR GONE"
SHOWN_BY = '.\\" shown by: '
TEST = re.compile(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", re.MULTILINE)


def tests(root):
    """Their names, Suite.Name."""
    return {f"{suite}.{name}" for path in tree.files(root) if path.suffix == ".cpp" and path.parts[0] == "tests"
            for suite, name in TEST.findall("\n".join(tree.text(root / path)))}


def section(lines):
    """Numbers and text of the section's lines, from 1."""
    inside = False
    for number, line in enumerate(lines, 1):
        if line.startswith(".Sh "):
            inside = line == SECTION
        elif inside:
            yield number, line


def check(root):
    known, findings, items, before = tests(root), [], 0, ""
    for number, line in section(tree.text(root / PAGE)):
        if line.startswith(".It "):
            items += 1
            if not before.startswith(SHOWN_BY):
                findings.append(f"{PAGE}:{number}: no test is said to show this")
        if line.startswith(SHOWN_BY):
            findings += [f"{PAGE}:{number}: there is no test {name}"
                         for name in line.removeprefix(SHOWN_BY).split() if name not in known]
        before = line
    return findings if items else [f"{PAGE}: nothing is said of what is full or gone"]


if __name__ == "__main__":
    tree.main(check)
