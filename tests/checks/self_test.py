#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that each check can fail, and that it does not where nothing is wrong."""

import pathlib
import tempfile
import unittest

import foreign_paths
import full_or_gone
import includes
import spdx


class Tree(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="luod-checks-")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Includes(Tree):
    def judge(self, source, line):
        for name in ("core/session.hpp", "kernel/luo.hpp", "platform/loop.hpp", "bus/errors.hpp", "app/daemon.hpp"):
            self.write("daemon/" + name, "#pragma once\n")
        self.write("proto/names.hpp", "#pragma once\n")
        self.write("client/lib/luod.h", "")
        self.write(source, f"#include <string>\n{line}\n")
        return includes.check(self.root)

    def test_allowed(self):
        for source, line in [
                ("daemon/main.cpp", '#include "bus/errors.hpp"'),
                ("daemon/app/x.cpp", '#include "kernel/luo.hpp"'),
                ("daemon/bus/x.cpp", '#include "platform/loop.hpp"'),
                ("daemon/bus/x.cpp", '#include "org.luod1.Manager.adaptor.hpp"'),
                ("daemon/bus/x.cpp", "#include <sdbus-c++/sdbus-c++.h>"),
                ("daemon/platform/x.cpp", "#include <systemd/sd-daemon.h>"),
                ("daemon/kernel/x.cpp", '#include "proto/names.hpp"'),
                ("daemon/core/x.cpp", '#include "session.hpp"'),
                ("daemon/core/x.cpp", "#include <unistd.h>"),
                ("client/x.cpp", '#include "lib/luod.h"'),
                ("client/x.cpp", '#include "proto/names.hpp"'),
                ("tests/unit/x.cpp", '#include "core/session.hpp"')]:
            with self.subTest(source=source, line=line):
                self.assertEqual(self.judge(source, line), [])

    def test_refused(self):
        for source, line, arrow in [
                ("daemon/core/a.cpp", '#include "kernel/luo.hpp"', "core -> kernel"),
                ("daemon/core/b.cpp", '#  include "../bus/errors.hpp"', "core -> bus"),
                ("daemon/core/c.cpp", "#include <fmt/ostream.h>", "core -> fmt/ostream.h"),
                ("daemon/core/d.cpp", "#include <sys/ioctl.h>", "core -> sys/ioctl.h"),
                ("daemon/core/e.cpp", '#include "proto/names.hpp"', "core -> proto"),
                ("daemon/core/f.cpp", "#include <core/../app/daemon.hpp>", "core -> app"),
                ("daemon/kernel/a.cpp", '#include "platform/loop.hpp"', "kernel -> platform"),
                ("daemon/platform/a.cpp", '#include "kernel/luo.hpp"', "platform -> kernel"),
                ("daemon/platform/b.cpp", '#include "proto/names.hpp"', "platform -> proto"),
                ("daemon/bus/a.cpp", '#include "kernel/luo.hpp"', "bus -> kernel"),
                ("daemon/platform/c.cpp", "#include <sdbus-c++/Types.h>", "which is bus's"),
                ("daemon/attic/a.cpp", "", "no room attic"),
                ("client/a.cpp", '#include "daemon/core/session.hpp"', "client -> core"),
                ("client/b.cpp", '#include "core/session.hpp"', "client -> core"),
                ("proto/a.hpp", '#include "core/session.hpp"', "proto -> core")]:
            with self.subTest(source=source, line=line):
                findings = self.judge(source, line)
                self.assertEqual(len(findings), 1, findings)
                self.assertIn(arrow, findings[0])
                (self.root / source).unlink()


class Spdx(Tree):
    def test_good(self):
        self.write("a.cpp", "// SPDX-License-Identifier: LGPL-2.1-or-later\n")
        self.write("b.xml", "<?xml?>\n<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n")
        self.write("tests/vm/kernel/files/c.c", "// SPDX-License-Identifier: GPL-2.0\n")
        self.write("README.md", "no tag, no source\n")
        self.assertEqual(spdx.check(self.root), [])

    def test_bad(self):
        self.write("a.cpp", "int main() {}\n")
        self.write("b.hpp", "// SPDX-License-Identifier: MIT\n")
        self.write("script", "#!/bin/sh\n")
        self.write("late.py", "\n" * 20 + "# SPDX-License-Identifier: LGPL-2.1-or-later\n")
        self.assertEqual([finding.split(":")[0] for finding in spdx.check(self.root)],
                         ["a.cpp", "b.hpp", "late.py", "script"])


class ForeignPaths(Tree):
    HOSTS = {"mirror.example"}
    PLACE = "/" + foreign_paths.MACHINE_DIRECTORIES[0] + "/"

    def test_good(self):
        self.write("a.md", "see the house" + self.PLACE + "flow, ~" + self.PLACE + " and mirror.example.org or amirror.example-x\n")
        self.write("b.bin", "\0" + self.PLACE)
        self.write("c.md", "/usr/bin is everybody's\n")
        self.assertEqual(foreign_paths.check(self.root, {"mirror.exampl"}), [])

    def test_bad(self):
        self.write("a.md", "text\nin " + self.PLACE + "tree\n")
        self.write("b.sh", "curl http://mirror.example/pool\n")
        self.write("c.txt", "/" + foreign_paths.MACHINE_DIRECTORIES[1] + "/x\n")
        self.assertEqual([finding.split(": ")[0] for finding in foreign_paths.check(self.root, self.HOSTS)],
                         ["a.md:2", "b.sh:1", "c.txt:1"])

    def test_hosts_of_both_formats(self):
        self.write("sources.list", "deb http://user:word@one.example/debian sid main\n# deb http://old.example x\n")
        self.write("sources.list.d/two.sources", "Types: deb\nURIs: https://two.example:8080/debian\n")
        self.assertEqual(foreign_paths.mirror_hosts(self.root), {"one.example", "two.example"})


class FullOrGone(Tree):
    def judge(self, rows):
        self.write("tests/x_test.cpp", "TEST_F(Disk, IsFull) {\nTEST(Bus, IsGone) {\n")
        self.write("daemon/luod.8", f".It not here\n{full_or_gone.SECTION}\n{rows}.Sh ENVIRONMENT\n.It nor here\n")
        return [finding.split(": ")[-1] for finding in full_or_gone.check(self.root)]

    def test_good(self):
        self.assertEqual(self.judge('.\\" shown by: Disk.IsFull Bus.IsGone\n.It both\n'), [])

    def test_bad(self):
        self.assertEqual(self.judge('.It silent\n.\\" shown by: Disk.IsFull Bus.IsFull\n.It wrong\n'),
                         ["no test is said to show this", "there is no test Bus.IsFull"])
        self.assertEqual(self.judge(""), ["nothing is said of what is full or gone"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
