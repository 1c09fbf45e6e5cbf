#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""coverage.py REPORT DIRECTORY=PERCENT...: what gcovr --json has counted, a line a directory, as comments of a TAP stream; a
test for each directory that has to reach so many percent of its lines, with those of its lines that nothing ran through."""

import collections
import json
import pathlib
import sys


def runs_of(numbers):
    """3 4 5 9 -> "3-5 9"."""
    runs = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def lines_of(report):
    """file -> line -> how often, without those that are no code."""
    files = {}
    for each in report["files"]:
        files[each["file"]] = {line["line_number"]: line["count"] for line in each["lines"]
                               if not line.get("gcovr/noncode")}
    return files


def percent(lines):
    return 100 * sum(1 for count in lines if count > 0) / len(lines) if lines else 0


def table(files):
    rooms = collections.defaultdict(list)
    for name, lines in files.items():
        rooms[str(pathlib.PurePath(name).parent)] += lines.values()
    return dict(sorted(rooms.items()))


def main(report, goals):
    files = lines_of(json.loads(pathlib.Path(report).read_text(encoding="utf-8")))
    rooms = table(files)
    for room, counts in rooms.items():
        print(f"# {room:20} {percent(counts):6.2f} % of {len(counts):5} lines")
    good = True
    for at, (room, goal) in enumerate(goal.split("=") for goal in goals):
        reached = percent(rooms.get(room, []))
        good = good and reached >= float(goal)
        print(f"{'ok' if reached >= float(goal) else 'not ok'} {at + 1} - {room} {reached:.2f} % of lines of {goal} %")
        for name, lines in sorted(files.items()):
            missed = [number for number, count in lines.items() if not count]
            if missed and str(pathlib.PurePath(name).parent) == room:
                print(f"# {name}: {runs_of(missed)}")
    print(f"1..{len(goals)}")
    return 0 if good and goals else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
