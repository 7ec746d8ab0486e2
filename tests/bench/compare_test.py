"""bench/compare: what counts as a change, what is refused, and the exit code."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness_path  # noqa: F401
import comparing
import made_results

COMPARE = pathlib.Path(harness_path.__file__).resolve().parents[2] / "bench/compare"


def folder(*metrics, **machine):
    return {
        "results": made_results.results(metrics=metrics), "environment": made_results.described(**machine)
    }


def ended(*words):
    return subprocess.run([sys.executable, COMPARE, *words], capture_output=True, text=True, check=False)


def verdict(a, b, unit="s", threshold=0.1):
    """Of one metric with these runs."""
    comparison = comparing.compare(folder(("m", unit, a)), folder(("m", unit, b)), threshold)
    return comparison.changes[0].verdict


class CompareTest(unittest.TestCase):

    def test_slower_beyond_all_runs_and_the_threshold_is_worse(self):
        comparison = comparing.compare(folder(("m", "s", [1.0, 1.01, 1.02])),
                                       folder(("m", "s", [1.5, 1.51, 1.52])), 0.1)
        self.assertEqual(comparison.changes[0].verdict, "worse")
        self.assertAlmostEqual(comparison.changes[0].ratio, 1.51 / 1.01)
        self.assertAlmostEqual(comparison.changes[0].low, 1.5 / 1.02)
        self.assertAlmostEqual(comparison.changes[0].high, 1.52 / 1.0)
        self.assertEqual(comparison.exit_code(), 1)

    def test_the_threshold_separates_small_changes(self):
        a, b = [1.0, 1.001, 1.002], [1.05, 1.051, 1.052]
        self.assertEqual(verdict(a, b, threshold=0.1), "worse, below the threshold")
        self.assertEqual(verdict(a, b, threshold=0.04), "worse")

    def test_medians_inside_the_spread_are_noise(self):
        self.assertEqual(verdict([1.0, 1.1, 2.0], [1.8, 1.9, 2.1]), "noise")

    def test_ranges_that_are_wider_than_the_change_are_noise(self):
        self.assertEqual(verdict([1.0, 1.1, 1.9], [2.0, 1.95, 2.1]), "noise")

    def test_higher_rates_are_better_and_lower_ones_worse(self):
        slow, fast = [100.0, 101.0, 102.0], [200.0, 201.0, 202.0]
        self.assertEqual(verdict(slow, fast, "/s"), "better")
        self.assertEqual(verdict(fast, slow, "/s"), "worse")
        self.assertEqual(verdict(fast, slow, "s"), "better")

    def test_times_of_one_run_are_not_judged_but_sizes_are(self):
        self.assertEqual(verdict([1.0], [9.0]), "too few runs")
        self.assertEqual(verdict([2.0], [3.0], "B/link"), "worse")

    def test_counts_are_neither_better_nor_worse(self):
        self.assertEqual(verdict([10], [20], "count"), "different")
        self.assertEqual(verdict([10], [10], "count"), "same")

    def test_a_number_that_was_zero_does_not_divide(self):
        self.assertEqual(verdict([0], [0], "B"), "same")
        self.assertEqual(verdict([0], [5], "B"), "worse")

    def test_times_of_different_work_are_refused(self):
        a = folder(("m", "s", [1.0, 1.0, 1.0], "aa"), ("n", "s", [1.0, 1.0, 1.0], "cc"))
        b = folder(("m", "s", [9.0, 9.0, 9.0], "bb"), ("n", "s", [1.0, 1.0, 1.0], "cc"))
        comparison = comparing.compare(a, b, 0.1)
        self.assertEqual(comparison.refused, [("m", "aa", "bb")])
        self.assertEqual([change.name for change in comparison.changes], ["n"])
        self.assertEqual(comparison.exit_code(), 2)
        self.assertIn("Not compared", comparing.render(comparison, False))

    def test_the_same_folder_has_no_changes(self):
        a = folder(("m", "s", [1.0, 1.1, 1.2], "aa"))
        comparison = comparing.compare(a, a, 0)
        self.assertEqual((comparison.exit_code(), comparison.environment, comparison.refused), (0, [], []))

    def test_nothing_in_common_is_not_a_success(self):
        self.assertEqual(
            comparing.compare(folder(("m", "s", [1.0])), folder(("n", "s", [1.0])), 0.1).exit_code(), 2)

    def test_what_differs_around_them_is_told_and_what_always_does_is_not(self):
        a, b = folder(kernel="6.1"), folder(kernel="6.12")
        b["environment"]["time"] = "2009-05-01T12:00:00+00:00"
        self.assertEqual(comparing.compare(a, b, 0.1).environment, [("machine.kernel", "6.1", "6.12")])

    def test_the_program_ends_with_the_comparison_s_code(self):
        with tempfile.TemporaryDirectory() as root:
            folders = []
            for name, runs in (("a", [1.0, 1.0, 1.0]), ("b", [2.0, 2.0, 2.0])):
                path = pathlib.Path(root) / name
                path.mkdir()
                for file, content in folder(("m", "s", runs)).items():
                    (path / f"{file}.json").write_text(json.dumps(content))
                folders.append(str(path))
            codes = [ended(*words).returncode for words in (folders, folders[::-1])]
        self.assertEqual(codes, [1, 0])

    def test_what_could_not_be_compared_is_neither_slower_nor_other_work(self):
        with tempfile.TemporaryDirectory() as root:
            for content in (None, "half of a fi", "[]", b"\xff\xfe"):
                if content is not None:
                    path = pathlib.Path(root) / "results.json"
                    path.write_bytes(content if isinstance(content, bytes) else content.encode())
                done = ended(root, root)
                self.assertEqual(done.returncode, 3, content)
                self.assertIn("expected a file that bench/run wrote", done.stderr)
            for words in ((root,), (root, root, "--threshold", "-1"), (root, root, "--unknown")):
                self.assertEqual(ended(*words).returncode, 3, words)


if __name__ == "__main__":
    unittest.main()
