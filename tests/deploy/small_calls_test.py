"""lawine_small_calls: what its warm-up warms."""

import json
import unittest

import tools
from python_test import LocalCluster, Proxy


class SmallCallsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = tools.programs() / "lawine_small_calls"
        if not cls.program.exists():
            raise unittest.SkipTest("no lawine_small_calls: configure with LAWINE_BENCH=ON, and build")
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)

    def test_the_calls_that_count_go_over_connections_that_are_there(self):
        self.cluster.lawine("graph", "create", "calls", "--preset", "hyves", "--members", "2000")
        proxy = Proxy(self.cluster.address)
        self.addCleanup(proxy.close)
        words = ("--graph", "calls", "--member", "1", "--callers", "3", "--rounds", "4")
        said = json.loads(tools.run(self.program, "--cluster", proxy.address, *words).stdout)
        self.assertEqual(said["calls"] + said["refused"], 12)
        self.assertEqual(proxy.connections, 3)


if __name__ == "__main__":
    unittest.main()
