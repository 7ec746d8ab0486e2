"""Workers that join and go: files/scale-in-check.sh against processes, before and after their shards have moved."""

import json
import os
import pathlib
import signal
import tempfile
import time
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

    def check(self, count, running=""):
        """What the chart's Job says before a change to so many workers, from as many as `running` says, if it does."""
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
        file = pathlib.Path(self.folder.name) / "count"
        file.write_text(str(running))
        return tools.run("sh", SCRIPT, "net-lawine-worker", count, file, env=env, check=False)

    def assert_refused(self, checked, why):
        self.assertNotEqual(checked.returncode, 0)
        self.assertRegex(checked.stderr, why)

    def kill(self, number):
        """Ends a worker, as numbered by its address in setUp, and waits until that is noticed."""
        address = self.workers[number]["address"]
        processes = json.loads((self.cluster.data / "cluster.json").read_text())["processes"]
        os.kill(next(p["pid"] for p in processes if p["address"] == address), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while all(
            w["alive"] for w in json.loads(self.cluster.lawine("cluster", "status", "-o", "json"))["workers"]
        ):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)

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
        self.assert_refused(self.check(2), "it does not answer")
        self.assert_refused(self.check(2, running=3), "it does not answer")

    def test_going_back_with_as_many_workers_needs_no_answer(self):
        self.cluster.address = "127.0.0.1:1"
        self.assertEqual(self.check(3, running=3).returncode, 0)

    def test_a_worker_that_is_gone_keeps_its_place_while_its_shards_are_missing(self):
        backup = pathlib.Path(self.folder.name) / "small.graph"
        self.cluster.lawine("graph", "backup", "small", "--out", backup)
        self.kill(2)
        self.assert_refused(self.check(2), r"graph small misses shards \d(, \d)*, which a worker")
        self.assertEqual(self.check(3, running=3).returncode, 0)  # nobody goes
        self.cluster.lawine("graph", "restore", backup, "--missing")
        allowed = self.check(2)
        self.assertEqual(allowed.returncode, 0, allowed.stderr)

    def test_a_worker_that_a_new_coordinator_never_saw_keeps_its_place(self):
        self.cluster.lawine("down")
        held = next(
            folder
            for folder in self.cluster.data.glob("worker-*")
            if (folder / "node_id").read_text().strip() == self.workers[2]["node_id"]
        )
        held.rename(self.cluster.data / "aside")
        up = self.cluster.lawine("up", "--workers", "3", "-o", "json")
        self.cluster.address = json.loads(up)["coordinator"]
        workers = json.loads(self.cluster.lawine("cluster", "status", "-o", "json"))["workers"]
        self.workers = sorted(workers, key=lambda worker: -worker["shards"])
        self.assertEqual((len(workers), self.workers[2]["shards"]), (3, 0))
        refused = self.check(2)
        self.assert_refused(refused, r"^workers.count: graph small misses shards \d(, \d)*, which a worker")

    def test_more_hands_than_the_release_says_still_hold_their_shards(self):
        self.assert_refused(self.check(2, running=2), "2 would remove net-lawine-worker-2")


if __name__ == "__main__":
    unittest.main()
