#!/usr/bin/env python3
"""deploy/README.md says who may call what, as services/coordinator/front.cc has it."""
import re
import unittest

from rules_test import ROOT


class RolesTest(unittest.TestCase):
    maxDiff = None

    def test_the_guide_lists_the_calls_of_each_role(self):
        front = (ROOT / "services/coordinator/front.cc").read_text(encoding="utf-8")
        guide = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
        for role in ("read", "run", "admin"):
            calls = re.findall(rf'Pass\(\{{"(\w+)", Role::k{role.title()}\b', front)
            self.assertGreater(len(calls), 5)
            row = re.search(rf"^\| \*{role}\*.*", guide, re.MULTILINE)
            self.assertIsNotNone(row, f"deploy/README.md has no row for {role}")
            self.assertEqual(sorted(re.findall(r"`(\w+)`", row[0])), sorted(calls), f"calls of role {role}")


if __name__ == "__main__":
    unittest.main()
