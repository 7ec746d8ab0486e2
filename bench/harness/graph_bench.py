"""All that is measured of one graph, in order."""

import pathlib
import shutil
import tempfile

from cluster import Cluster, GivenCluster
from session import BenchError, CommandFailed, Unavailable
from workloads import (beside, cascade, ensemble, independent, memory_limit, restart, small_calls, storing,
                       traffic)


def attempt(what, say, measure, *arguments):
    """What `measure` returns, or why there is nothing: it is not available here, or it failed. A bench of an
    hour goes on without a part that failed, and its exit code tells."""
    say(what)
    try:
        return measure(*arguments)
    except Unavailable as why:
        say(f"  {why}")
        return {"missing": str(why)}
    except CommandFailed as error:
        say(f"  {error}")
        return {"missing": f"failed: {error.reason()}", "failed": str(error)}


class GraphBench:
    """Parts are measured in an order in which each finds what it needs; `wanted(part)` leaves parts out. What
    finds other work than the rest ends the bench."""

    def __init__(self, context, wanted, say):
        self._context = context
        self._wanted = wanted
        self._say = say
        self.results = {"scenario": context.scenario}

    def part(self, name, measure, *arguments):
        if not self._wanted(name):
            self.results[name] = {"missing": "left out by --only or --skip"}
            return
        self.results[name] = attempt(f"{self._context.label}: {name}", self._say, measure, self._context,
                                     *arguments)

    def on_cluster(self):
        """What needs the cluster. It is left with the graph in memory."""
        context, amounts, results = self._context, self._context.amounts, self.results
        self.part("store", storing.store, amounts["stores"])
        if not storing.is_there(context):
            storing.create(context)
        if context.cluster.local:
            self.part("restart", restart.measure, amounts["restarts"])
        else:
            results["restart"] = {"missing": "a given cluster is not restarted"}
        self._say(f"{context.label}: cascade")
        results["forward"] = cascade.measure(context, "forward", context.scenario["forward"])
        results["space"] = storing.space(context)
        steps, member = results["forward"]["steps"], results["forward"]["seed_member"]
        self.part("everyone", cascade_of_everyone)
        self.part("independent", independent.measure)
        self.part("calls", small_calls.measure, member, steps)
        self.part("ensemble", ensemble.measure)
        self.part("traffic", traffic.measure, steps)
        if context.cluster.local:
            self.part("limit", memory_limit.measure, results["space"]["resident_bytes"])

    def after_cluster(self, data):
        """The programs beside it, which want the memory that it had."""
        independent = "missing" not in self.results["independent"]
        if data is None:
            self.results["in-process"] = {"missing": "the given cluster's shards are not on this machine"}
        else:
            self.part("in-process", beside.in_process, data, self.results["forward"], independent)
        self.part("baseline", beside.baseline, independent)

    def run_on_given(self, address):
        self._context.cluster = GivenCluster(self._context.session, address)
        self.on_cluster()
        self.after_cluster(None)
        return self.results

    def run_on_own(self, data):
        """`data` keeps the graph; None: a directory that is removed."""
        out = self._context.session.out
        folder = (data or pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=out))).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with Cluster(self._context.session, folder, self._context.amounts["workers"]) as cluster:
                self._context.cluster = cluster
                cluster.up()
                self.on_cluster()
            self.after_cluster(folder)
        finally:
            if (folder / "logs").exists():
                shutil.copytree(folder / "logs", out / "logs" / self._context.label, dirs_exist_ok=True)
            if data is None:
                shutil.rmtree(folder)
        return self.results


def cascade_of_everyone(context):
    return cascade.measure(context, "everyone", 1)


def check_programs(session, given):
    programs = ("lawine",) if given else ("lawine", "lawine-coordinator", "lawine-worker")
    missing = [name for name in programs if not session.has(name)]
    if missing:
        raise BenchError(f"expected {', '.join(missing)} in {session.bin_dir}: build them first, with\n"
                         "  cmake --preset release && cmake --build --preset release")
