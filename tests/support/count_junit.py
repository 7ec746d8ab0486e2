#!/usr/bin/env python3
"""Prints 'N passed, N failed, N skipped' for a JUnit report of ctest; fails when there is none."""

import sys
import xml.etree.ElementTree


def main() -> int:
    suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
    cases = list(suite.iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            print(f"failed: {case.get('name')}", file=sys.stderr)
    print(f"{len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
