#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that no failure gets past the tally."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import coverage
import tally

GTEST = """<?xml version="1.0"?><testsuites><testsuite name="Suite">
<testcase name="Good" status="run" result="completed" classname="Suite"/>
<testcase name="Disabled" status="notrun" result="suppressed" classname="Suite"/>
{}</testsuite></testsuites>"""
BAD_CASE = '<testcase name="Bad" status="run" result="completed" classname="Suite"><failure message="m">1 != 2</failure></testcase>'
SKIPPED_CASE = '<testcase name="Later" status="run" result="skipped" classname="Suite"><skipped message="why"/></testcase>'


class TallyTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="luod-tally-")
        self.addCleanup(directory.cleanup)
        self.results = pathlib.Path(directory.name)
        (self.results / "gtest").mkdir()
        self.meson_lines = []

    def write(self, name, text):
        (self.results / name).write_text(text, encoding="utf-8")

    def meson(self, name, result, command=("/b/script",), out="", status=0):
        self.meson_lines.append(json.dumps({"name": name, "result": result, "command": list(command), "stdout": out,
                                            "stderr": "", "returncode": status}))
        self.write("meson.json", "\n".join(self.meson_lines))

    def last_line(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = tally.main(self.results)
        self.assertEqual(status, 0 if ", 0 failed" in out.getvalue().splitlines()[-1] else 1)
        return out.getvalue().splitlines()[-1]

    def test_nothing_is_a_failure(self):
        self.assertEqual(self.last_line(), "0 passed, 1 failed")

    def test_only_skipped_is_a_failure(self):
        self.meson("a", "SKIP", status=77)
        self.assertEqual(self.last_line(), "0 passed, 1 failed, 1 skipped")

    def test_cases_count_one_by_one(self):
        self.write("gtest/unit.xml", GTEST.format(BAD_CASE + SKIPPED_CASE))
        self.meson("unit", "FAIL", ["/b/unit"], status=1)
        self.assertEqual(self.last_line(), "1 passed, 1 failed, 1 skipped")

    def test_a_program_of_good_cases_that_ends_badly(self):
        self.write("gtest/unit.xml", GTEST.format(""))
        self.meson("unit", "FAIL", ["/b/luo-sim", "--", "/b/unit"], status=23)
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def test_a_program_that_dies_without_a_word(self):
        self.meson("unit", "FAIL", ["/b/unit"], status=-11)
        self.assertEqual(self.last_line(), "0 passed, 1 failed")

    def test_a_torn_result_file(self):
        self.write("gtest/unit.xml", "<testsuites><testsuite")
        self.meson("unit", "FAIL", ["/b/unit"], status=-9)
        self.meson("script", "OK")
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def test_a_torn_result_file_with_a_good_end(self):
        self.write("gtest/unit.xml", "<testsuites><testsuite")
        self.meson("unit", "OK", ["/b/unit"])
        self.assertEqual(self.last_line(), "0 passed, 1 failed")

    def test_a_program_that_ran_twice(self):
        self.write("gtest/unit.xml", GTEST.format(""))
        self.write("gtest/unit_1.xml", GTEST.format(""))
        self.meson("unit", "OK", ["/b/unit"])
        self.meson("unit again", "OK", ["/b/unit", "x"])
        self.assertEqual(self.last_line(), "2 passed, 0 failed")

    def test_scripts(self):
        self.meson("good", "OK")
        self.meson("bad", "FAIL", status=1)
        self.meson("slow", "TIMEOUT", status=-15)
        self.meson("tap", "OK", out="1..2\nok 1 - a\nok 2 - b # SKIP no tool\n")
        self.assertEqual(self.last_line(), "2 passed, 2 failed, 1 skipped")

    def machine(self, text, status="0"):
        self.write("vm.tap", text)
        self.write("vm.status", status)

    def test_tap(self):
        self.machine("TAP version 14\nok 1 - a\nnot ok 2 - b\n  # because\nok 3\n1..3\n", "1")
        self.assertEqual(self.last_line(), "2 passed, 1 failed")

    def test_tap_diagnosis_is_kept(self):
        self.machine("1..1\nnot ok 1 - b\n# because\n", "1")
        self.assertEqual(tally.count(self.results).failures, [("vm: b", "# because")])

    def test_tap_says_why_it_was_skipped(self):
        self.machine("1..2\nok 1 - a\nok 2 - b: # SKIP no tool\n")
        self.assertEqual(tally.count(self.results).skipped, ["vm: b: no tool"])

    def test_tap_cut_short(self):
        self.machine("1..3\nok 1 - a\n", "0")
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def test_tap_without_a_plan(self):
        self.machine("ok 1 - a\n", "0")
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def test_good_tap_with_a_bad_end(self):
        self.machine("1..1\nok 1 - a\n", "2")
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def elsewhere(self, write):
        here, self.results, lines = self.results, self.results / "elsewhere", self.meson_lines
        (self.results / "gtest").mkdir(parents=True)
        self.meson_lines = []
        write()
        self.results, self.meson_lines = here, lines

    def test_results_from_elsewhere(self):
        self.meson("good", "OK")
        self.elsewhere(lambda: (self.meson("good", "OK"), self.meson("bad", "FAIL", status=1),
                                self.meson("later", "SKIP", status=77)))
        self.assertEqual(self.last_line(), "2 passed, 1 failed, 1 skipped")
        self.assertEqual(tally.count(self.results).failures[0][0], "elsewhere: bad")

    def test_nothing_from_elsewhere_is_a_failure(self):
        self.meson("good", "OK")
        self.elsewhere(lambda: None)
        self.assertEqual(self.last_line(), "1 passed, 1 failed")

    def test_broken_before_it_could_be_counted(self):
        self.write("build.failure", "no compiler")
        self.assertEqual(self.last_line(), "0 passed, 1 failed")


def counted(**files):
    """What gcovr writes: file -> how often its lines were run, from line 1 on."""
    return {"files": [{"file": name.replace("__", "/") + ".cpp",
                       "lines": [{"line_number": at, "count": count, "gcovr/noncode": False}
                                 for at, count in enumerate(counts, 1)]} for name, counts in files.items()]}


class CoverageTest(unittest.TestCase):
    def said(self, report, *goals):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file, contextlib.redirect_stdout(io.StringIO()) as out:
            json.dump(report, file)
            file.flush()
            status = coverage.main(file.name, goals)
        return status, out.getvalue()

    def test_enough(self):
        status, text = self.said(counted(a__x=[1] * 19 + [0], b__y=[0]), "a=95")
        self.assertEqual(status, 0)
        self.assertIn("ok 1 - a 95.00 %", text)
        self.assertIn("# a/x.cpp: 20\n", text)

    def test_too_little(self):
        status, text = self.said(counted(a__x=[1, 0, 0, 1, 0]), "a=95")
        self.assertEqual(status, 1)
        self.assertIn("not ok 1 - a 40.00 %", text)
        self.assertIn("# a/x.cpp: 2-3 5\n", text)

    def test_nothing_was_counted(self):
        self.assertEqual(self.said(counted(), "a=95")[0], 1)
        self.assertEqual(self.said(counted(a__x=[1]))[0], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
