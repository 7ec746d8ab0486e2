"""Workers that join and go: files/scale-in-check.sh against processes, before and after their shards have moved."""

import json
import os
import pathlib
import tempfile
import unittest

import tools
from python_test import LocalCluster

SCRIPT = tools.CHART / "files" / "scale-in-check.sh"
# Asks the cluster, and gives workers the addresses that pods have.
SHIM = """#!/bin/sh
told=$("{lawine}" "$@") || exit $?
printf '%s\\n' "$told" | sed {expressions}
"""


class ScaleInTest(unittest.TestCase):
    def setUp(self):
        self.cluster = LocalCluster(workers=3)
        self.addCleanup(self.cluster.close)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.cluster.lawine("graph", "create", "small", "--preset", "hyves", "--members", "5000")
        self.workers = json.loads(self.cluster.lawine("cluster", "status", "-o", "json"))["workers"]

    def check(self, count):
        """What the chart's Job says before an upgrade to so many workers."""
        expressions = " ".join(
            f"-e 's/{worker['address']}\"/net-lawine-worker-{i}.net-lawine-worker:7072\"/'"
            for i, worker in enumerate(self.workers)
        )
        shim = pathlib.Path(self.folder.name) / "lawine"
        shim.write_text(SHIM.format(lawine=tools.programs() / "lawine", expressions=expressions))
        shim.chmod(0o755)
        env = {
            **os.environ,
            "PATH": f"{self.folder.name}:/usr/bin:/bin",
            "LAWINE_CLUSTER": self.cluster.address,
        }
        return tools.run("sh", SCRIPT, "net-lawine-worker", count, env=env, check=False)

    def test_workers_may_go_once_their_shards_have_moved(self):
        self.assertEqual(self.check(3).returncode, 0)
        refused = self.check(2)
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(
            refused.stderr,
            r"workers.count: 2 would remove net-lawine-worker-2, which holds \d shards: move them first "
            r"\(lawine cluster rebalance apply --drain net-lawine-worker-2 --wait\)",
        )
        digest = json.loads(self.cluster.lawine("simulate", "small", "-o", "json"))["digest"]
        drained = self.workers[2]["address"]
        plan = json.loads(self.cluster.lawine("cluster", "rebalance", "plan", "--drain", drained, "-o", "json"))
        self.assertGreater(len(plan["moves"]), 0)
        self.assertNotEqual(self.check(2).returncode, 0)
        told = self.cluster.lawine("cluster", "rebalance", "apply", "--drain", drained, "--wait")
        self.assertIn("rebalance done", told)
        self.assertEqual(self.check(2).returncode, 0, self.check(2).stderr)
        self.assertEqual(
            json.loads(self.cluster.lawine("simulate", "small", "-o", "json"))["digest"], digest
        )
        self.cluster.lawine("cluster", "rebalance", "apply", "--wait")
        self.assertNotEqual(self.check(2).returncode, 0)

    def test_a_cluster_that_does_not_answer_keeps_its_workers(self):
        self.cluster.address = "127.0.0.1:1"
        refused = self.check(2)
        self.assertNotEqual(refused.returncode, 0)


if __name__ == "__main__":
    unittest.main()
