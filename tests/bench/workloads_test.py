"""Parts of a bench, with a cluster that is made up: what is kept of what was measured, and what is not."""

import pathlib
import sys
import tempfile
import threading
import unittest

import harness_path  # noqa: F401
import bar
import bench
import comparing
import made_results
import peers
from context import Context
from metrics import Metrics
from session import CommandFailed, Session
from works import Works
from workloads import beside, restart, small_calls, storing

STEPS = [{"forwards": 1, "deliveries": 0}, {"forwards": 30, "deliveries": 300},
         {"forwards": 900, "deliveries": 9000}, {"forwards": 0, "deliveries": 270000}]
# Traffic that goes on until it is asked to end, and traffic that the cluster refuses.
ENDLESS = "import signal; signal.pause()"
REFUSED = "import sys; print('traffic has no room', file=sys.stderr); sys.exit('too many runs')"


class MadeSession:
    """Every program answers `said`; those that call beside other threads wait until these have ended, if any
    will."""

    def __init__(self, said=None, waits=False):
        self.noted, self._said, self._waits = [], said, waits

    def note(self, words):
        self.noted.append(words)

    def require(self, program):
        return program

    def help_of(self, *_):
        return "--messages --senders"

    def run_json(self, command, label):
        if self._waits:
            for thread in set(threading.enumerate()) - {threading.main_thread()}:
                thread.join(timeout=60)
        return self._said


class MadeCluster:
    """Runs `program`, in Python, whatever it is asked. Of a graph with this digest and so many links."""

    local, address = True, "127.0.0.1:1"

    def __init__(self, program="", graph_digest="aa", links=1000):
        self._program, self._graph_digest, self._links = program, graph_digest, links

    def words(self, *_):
        return [sys.executable, "-c", self._program]

    def usage(self):
        return None

    def up(self):
        return 1.0

    def down(self):
        pass

    def ask(self, *words, label=None):
        graph = {"digest": self._graph_digest, "members": 10, "links": self._links}
        if words[:2] == ("graph", "stats"):
            return {"graph": graph, "audience_mean": 1.0,
                    "shards": [{"disk_bytes": 2 * self._links, "resident_bytes": 5 * self._links}]}
        return {
            "graph": graph, "seed_members": [{"id": "7"}], "digest": "run of " + self._graph_digest,
            "steps": [], "manifest": {"exchange_bytes": 1}, "timing": {
                "load_seconds": self._links / 1e3, "processing_seconds": self._links / 1e6, "index_seconds": 0.5
            }
        }


def context_of(session, cluster):
    scenario = {"graph": "g", "preset": "hyves", "forward": 0.1, "run_seed": 1, "audience": 300,
                "graph_seed": 1, "members": None, "links_per_member": None}
    amounts = {"rounds": 15, "call_interval_seconds": 0.1, "messages": 100}
    return Context(session, Metrics(), Works(), "hyves", scenario, amounts, runs=3, cluster=cluster)


def names(context):
    return [metric["name"] for metric in context.metrics.to_json()]


class SmallCallsTest(unittest.TestCase):
    SAID = {"calls": 15, "refused": 0, "p50_seconds": 0.001, "p99_seconds": 0.002, "max_seconds": 0.003,
            "digest": "dd", "deliveries": 300}

    def measured(self, program, waits):
        context = context_of(MadeSession(self.SAID, waits), MadeCluster(program))
        return context, small_calls.measure(context, {"id": "7"}, STEPS)

    def test_calls_beside_traffic_are_kept_while_it_goes_on(self):
        context, found = self.measured(ENDLESS, waits=False)
        self.assertEqual(len(found["idle under traffic"]["runs"]), 3)
        self.assertNotIn("failed", found)
        self.assertIn("hyves/calls/idle under traffic/p99_seconds", names(context))

    def test_calls_are_not_under_traffic_when_it_failed(self):
        context, found = self.measured(REFUSED, waits=True)
        self.assertEqual(found["idle under traffic"], {"missing": "failed: too many runs"})
        self.assertEqual([name for name in names(context) if "under traffic" in name], [])
        self.assertIn("hyves/calls/idle/p99_seconds", names(context))
        graph = made_results.graph(calls=found)
        row = next(row for row in bar.rows(graph) if "under traffic" in row.what)
        self.assertEqual((row.values, row.missing), (None, "failed: too many runs"))
        self.assertEqual([part for part, _ in bench.failures({"graphs": {"hyves": graph}})], ["hyves: calls"])

    def test_what_fails_beside_traffic_that_failed_is_told_itself(self):
        context = context_of(MadeSession(), MadeCluster(REFUSED))
        with self.assertRaisesRegex(CommandFailed, "the calls"):
            with small_calls.Background(context, ["traffic"]):
                raise CommandFailed(["the calls"], 1, "")


class DigestsTest(unittest.TestCase):
    """What is measured of two graphs is not compared: README.md."""

    def compared(self, measure):
        """measure(context, digest of the graph, its links) of two graphs, and of one twice."""
        folders = []
        for digest, links in (("aa", 1000), ("bb", 6000), ("aa", 1000)):
            context = context_of(MadeSession(), MadeCluster(graph_digest=digest, links=links))
            measure(context, digest, links)
            found = made_results.results()
            found["metrics"] = context.metrics.to_json()
            folders.append({"results": found, "environment": made_results.described()})
        other, same = (comparing.compare(folders[0], folder, 0.1) for folder in folders[1:])
        self.assertEqual([change.name for change in other.changes], [])
        self.assertEqual(other.exit_code(), 2)
        self.assertEqual(same.refused, [])
        self.assertEqual(same.exit_code(), 0)
        return [name for name, _, _ in other.refused]

    def test_restarts_with_graphs_of_other_sizes_are_not_compared(self):
        refused = self.compared(lambda context, *_: restart.measure(context, 3))
        self.assertEqual(refused, [f"hyves/restart/{name}_seconds"
                                   for name in ("up", "load", "ready", "processing", "index")])

    def test_nor_is_their_space(self):
        self.assertEqual(len(self.compared(lambda context, *_: storing.space(context))), 2)

    def test_nor_are_loads_of_the_programs_beside(self):

        def measure(context, digest, links):
            timed = made_results.timed([links / 1e6] * 3, digest="run of " + digest)
            context.session = MadeSession({
                "graph": {"digest": digest, "members": 10, "links": links}, "seed_member": "7",
                "load_seconds": links / 1e3, "cascades": [{"in_process": timed, "single_thread": timed}]
            })
            beside.in_process(context, "data", {"workers": 2, "threads": 2}, False)
            beside.baseline(context, False)

        refused = self.compared(measure)
        self.assertIn("hyves/in_process/load_seconds", refused)
        self.assertIn("hyves/baseline/load_seconds", refused)
        self.assertIn("hyves/forward/in_process/links_touched", refused)

    def test_no_number_is_kept_without_a_digest(self):
        context = context_of(MadeSession(), MadeCluster())
        self.assertRaises(TypeError, context.add, "m", "s", [1.0])


class PeersNamesTest(unittest.TestCase):

    def kept(self, seconds_max_was_enough):
        """Names of what a bench kept in which ndlib did all replicas, or not."""
        timed = made_results.timed([0.1])
        session = MadeSession({
            "load_seconds": 1.0, "cascades": [{
                "in_process": timed, "single_thread": timed, "single_thread_pull": timed
            }], "independent_cascade": {"ensemble": {"seconds": 1.0, "reach": [1, 2]}}
        })
        session.help_of = lambda *_: ""  # no cluster
        context = context_of(session, None)
        rows = peers.ours(context, {"members": 10, "links": 2, "replicas": 2})
        rows.append(peers.summary("ndlib", "1", peers.INDEPENDENT, 1.0, 1.0, [1, 2],
                                  "" if seconds_max_was_enough else "2 replicas in the time"))
        rows.append({"program": "igraph", "work": "any", "note": "not done in 30 s"})
        peers.keep(context, rows, "aa")
        return names(context)

    def test_are_the_same_whatever_there_was_to_note(self):
        self.assertEqual(self.kept(True), self.kept(False))
        self.assertIn(f"hyves/{peers.INDEPENDENT}/ndlib/replica_seconds", self.kept(False))
        self.assertEqual(len(set(self.kept(True))), 5)


class SessionTest(unittest.TestCase):

    def test_nothing_of_an_earlier_bench_is_left(self):
        with tempfile.TemporaryDirectory() as root:
            out = pathlib.Path(root) / "out"
            for _ in range(2):
                Session(root, out).note(["a", "command"])
                self.assertEqual(sorted(path.name for path in out.iterdir()), ["commands.txt", "raw"])
                described = {**made_results.described(), "machine": {
                    "caches": {}, **made_results.described()["machine"]}}
                bench.write(out, made_results.results(), described)
                self.assertTrue((out / "google_benchmark.json").exists())


if __name__ == "__main__":
    unittest.main()
