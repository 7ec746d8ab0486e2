"""Prints "skipped: SUITE: TEST: why", a line each, for what a JUnit report of ctest says was skipped.

skips.py SUITE REPORT"""

import re
import sys
import xml.etree.ElementTree


def why(case):
    """In the test's own words where it has some: GTEST_SKIP's stand below its file and line."""
    said = case.findtext("system-out") or ""
    found = re.search(r": Skipped\n\s*(\S.*)", said) or re.search(r"^.*(skipped: .*?)'?$", said, re.MULTILINE)
    words = found[1] if found else said.strip().split("\n")[-1] or case.find("skipped").get("message", "")
    return words.removeprefix("skipped: ").strip()


def main():
    suite, report = sys.argv[1:]
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            print(f"skipped: {suite}: {case.get('name')}: {why(case)}")


if __name__ == "__main__":
    main()
