"""Runs the tests of this folder, or those named, and closes with one line of counts."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Counting(unittest.TextTestResult):
    """A class whose set-up fails or is skipped has run no test: successes are counted, not derived."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    loader = unittest.TestLoader()
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), pattern="*_test.py")
    result = unittest.TextTestRunner(verbosity=2, resultclass=Counting).run(suite)
    failed = len({getattr(test, "test_case", test) for test, _ in [*result.failures, *result.errors]})
    skipped = len(result.skipped)
    for test, why in result.skipped:
        print(f"skipped: {test}: {why}")
    print(f"{result.passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
