#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tally.py RESULTS: counts what `tests/run` has left in a directory, names what failed, and ends with one line.

gtest/*.xml   what GoogleTest programs wrote: every case counts
meson.json    one line of JSON for each of meson's tests; those that are no GoogleTest program count as one, or as many as
              they announce in TAP
*.tap         TAP of others, the virtual machine's
*.failure     text: something that broke before it could be counted
OTHER/        a directory of the same kind, of tests that ran elsewhere
"""

import dataclasses
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

LINES_OF_A_FAILURE = 25


@dataclasses.dataclass
class Tally:
    passed: int = 0
    skipped: list = dataclasses.field(default_factory=list)  # names
    failures: list = dataclasses.field(default_factory=list)  # (name, text)

    def fail(self, name, text=""):
        self.failures.append((name, text.strip()))

    def add(self, other, place):
        self.passed += other.passed
        self.skipped += [f"{place}: {name}" for name in other.skipped]
        self.failures += [(f"{place}: {name}", text) for name, text in other.failures]
        if not other.passed and not other.failures:
            self.fail(place, "no test was run at all")

    def verdict(self):
        words = [f"{self.passed} passed", f"{len(self.failures)} failed"]
        return ", ".join(words + ([f"{len(self.skipped)} skipped"] if self.skipped else []))


def count_gtest(path, tally):
    """Counts one program's cases. Whether any failed; None where the file cannot be read: its program died writing it."""
    try:
        cases = xml.parse(path).getroot().iter("testcase")
    except xml.ParseError:
        return None
    failed = False
    for case in cases:
        name = f"{path.stem}: {case.get('classname')}.{case.get('name')}"
        if case.get("status") == "notrun":
            continue
        if problems := case.findall("failure"):
            failed = True
            tally.fail(name, "\n".join(problem.text or problem.get("message", "") for problem in problems))
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            tally.skipped.append(name)
        else:
            tally.passed += 1
    return failed


def count_tap(name, text, status_ok, tally):
    """Counts the lines of a TAP stream; what was announced and did not come has failed."""
    plan, seen, failed, diagnosis = None, 0, False, []
    for line in text.splitlines():
        if match := re.match(r"1\.\.(\d+)", line):
            plan = int(match[1])
        elif match := re.match(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(SKIP|TODO)\s*(.*))?", line, re.IGNORECASE):
            seen += 1
            case = f"{name}: {match[2].strip(' :') or seen}"
            if match[3]:
                tally.skipped.append(f"{case}: {match[4]}" if match[4] else case)
            elif match[1]:
                failed = True
                tally.fail(case)
                diagnosis = tally.failures[-1:]
                continue
            else:
                tally.passed += 1
            diagnosis = []
        elif line.startswith("Bail out!"):
            failed = True
            tally.fail(name, line)
        elif diagnosis and line.strip():
            tally.failures[-1] = (diagnosis[0][0], (tally.failures[-1][1] + "\n" + line).strip())
    if plan is None:
        failed = True
        tally.fail(name, "it ended without saying how many tests there were")
    elif seen != plan:
        failed = True
        tally.fail(name, f"{plan} tests announced, {seen} came")
    if not status_ok and not failed:
        tally.fail(name, "all its tests passed, but it ended with an error")


def words(entry):
    """Where to look for a GoogleTest program: all words of the command, for under a simulator it is not the first."""
    return {pathlib.PurePath(word).name for word in entry["command"]}


def count_meson(path, gtest, tally):
    """gtest: program -> whether a case of it failed, None where that cannot be known."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        name, result, out = entry["name"], entry["result"], entry.get("stdout", "")
        ok = result in ("OK", "EXPECTEDFAIL")
        text = f"{result}, status {entry.get('returncode')}\n{out}\n{entry.get('stderr', '')}"
        if outcomes := [gtest[word] for word in words(entry) if word in gtest]:
            if None in outcomes:
                tally.fail(name, "the file of its results cannot be read\n" + text)
            elif not ok and True not in outcomes:  # it crashed, or a sanitizer complained at its end
                tally.fail(name, text)
        elif result != "SKIP" and re.search(r"^1\.\.\d+", out, re.MULTILINE):
            count_tap(name, out, ok, tally)
        elif result == "SKIP":
            tally.skipped.append(name)
        elif ok:
            tally.passed += 1
        else:
            tally.fail(name, text)


def count(results):
    tally, gtest = Tally(), {}
    for path in sorted(results.glob("gtest/*.xml")):
        name = re.sub(r"_\d+$", "", path.stem)  # a program that ran twice
        failed = count_gtest(path, tally)
        gtest[name] = None if None in (failed, gtest.get(name, False)) else failed or gtest.get(name, False)
    if (results / "meson.json").exists():
        count_meson(results / "meson.json", gtest, tally)
    for path in sorted(results.glob("*.tap")):
        status = path.with_suffix(".status")
        count_tap(path.stem, path.read_text(encoding="utf-8", errors="replace"),
                  status.exists() and status.read_text().strip() == "0", tally)
    for path in sorted(results.glob("*.failure")):
        tally.fail(path.stem, path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted(results.iterdir()):
        if path.is_dir() and path.name != "gtest":
            tally.add(count(path), path.name)
    return tally


def shorten(text):
    lines = text.splitlines()
    if len(lines) <= LINES_OF_A_FAILURE:
        return lines
    return [f"... {len(lines) - LINES_OF_A_FAILURE} lines more"] + lines[-LINES_OF_A_FAILURE:]


def main(results):
    tally = count(results)
    if not tally.passed and not tally.failures:
        tally.fail("tests/run", "no test was run at all")
    for name in tally.skipped:
        print(f"skipped: {name}")
    for name, text in tally.failures:
        print(f"FAILED: {name}")
        for line in shorten(text):
            print(f"    {line}")
    print(tally.verdict())
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
