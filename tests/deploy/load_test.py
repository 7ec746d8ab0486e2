"""lawine_load against processes."""

import json
import unittest

import tools
from python_test import LocalCluster


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = tools.programs() / "lawine_load"
        if not cls.program.exists():
            raise unittest.SkipTest("no lawine_load: it is built with the benchmarks (LAWINE_BENCH)")
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.lawine("graph", "create", "net", "--preset", "hyves", "--members", "5000")

    def load(self, *flags):
        done = tools.run(
            self.program,
            "--cluster",
            self.cluster.address,
            "--rates",
            "20,40",
            "--seconds",
            "2",
            "--warm-up",
            "0.5",
            "-o",
            "json",
            *flags,
        )
        return json.loads(done.stdout)["rates"]

    def test_every_call_that_was_offered_is_accounted_for(self):
        for call in (["--graph", "net"], ["--graph", "net", "--call", "member"], ["--call", "status"]):
            with self.subTest(call):
                rates = self.load(*call, "--constant")
                self.assertEqual([sum(r["calls"].values()) for r in rates], [40, 80])
                for rate in rates:
                    self.assertEqual(rate["calls"], {"OK": sum(rate["calls"].values())})
                    self.assertEqual(sum(b[2] for b in rate["histogram_us"]), rate["calls"]["OK"])
                    quantiles = [rate[f"{q}_ms"] for q in ("p50", "p90", "p95", "p99", "p99.9")] + [
                        rate["max_ms"]
                    ]
                    self.assertEqual(quantiles, sorted(quantiles))
                    self.assertGreater(quantiles[0], 0)

    def test_errors_are_counted_by_code(self):
        done = tools.run(
            self.program,
            "--cluster",
            self.cluster.address,
            "--graph",
            "nobody",
            "--rates",
            "20",
            "--seconds",
            "1",
            "-o",
            "json",
            check=False,
        )
        self.assertEqual(done.returncode, 1)
        calls = json.loads(done.stdout)["rates"][0]["calls"]
        self.assertEqual(list(calls), ["code 5"])

    def test_what_contradicts_is_said(self):
        done = tools.run(self.program, "--cluster", self.cluster.address, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--call simulate needs --graph", done.stderr)


if __name__ == "__main__":
    unittest.main()
