"""The table P1 to P11: what must be, what is aimed at, what was measured, and beside what.

Each row is a function from one graph's results to a Row, or a reason why there is none."""

import dataclasses
import statistics
import typing

from session import Unavailable
from text import seconds
from workloads.beside import works_of

# Graph at full size for which the bar was set; elsewhere rows are reported and not judged.
BAR_GRAPH = {"P11": "hyves"}
BAR_GRAPH_OTHERS = "hyves-300"


@dataclasses.dataclass
class Row:
    """One line of the table. `values` are of all runs; `must` and `aim` have their unit."""

    id: str
    what: str
    unit: str
    values: typing.Optional[list] = None
    must: typing.Optional[float] = None
    aim: typing.Optional[float] = None
    higher: bool = False  # larger is better
    baseline: str = "-"
    baseline_value: typing.Optional[float] = None  # in `unit`; None: `baseline` says it all
    digest: typing.Optional[str] = None
    missing: typing.Optional[str] = None

    def median(self):
        return statistics.median(self.values)

    def ratio(self):
        """How many times better than the baseline."""
        if not self.values or not self.baseline_value:
            return None
        ratio = self.median() / self.baseline_value
        return ratio if self.higher else 1 / ratio

    def verdict(self, judged):
        if self.values is None:
            return "not measured"
        if not judged or self.must is None:
            return "reported"
        for word, limit in (("aim met", self.aim), ("must met", self.must)):
            if self.median() >= limit if self.higher else self.median() <= limit:
                return word
        return "missed"


def part(results, name):
    found = results.get(name, {"missing": "left out of this bench"})
    if "missing" in found:
        raise Unavailable(found["missing"])
    return found


def values_of(runs, name):
    return [run[name] for run in runs]


def plain(results, work, program):
    """Median seconds of an outsider, all it does, or None. Its `processing_seconds` begin before its state is there:
    beside them stand the cluster's from request to result, never its own processing."""
    try:
        said = part(results, "baseline")
    except Unavailable:
        return None
    cascade = works_of(said)[work]
    return cascade[program]["processing_seconds"]["median"]


def p1(results):
    cascade = part(results, "forward")
    return Row("P1",
               f"one cascade, request to report ({cascade['deliveries'] / 1e6:,.0f} M deliveries)",
               "s",
               values_of(cascade["warm"], "makespan_seconds"),
               0.2,
               0.09,
               baseline="one thread, plain push",
               baseline_value=plain(results, "forward", "single_thread"),
               digest=cascade["digest"])


def p2(results):
    ensemble = part(results, "ensemble")
    one = plain(results, "forward", "single_thread_pull")
    full = ensemble["replicas"] == 1000
    # Replica 0 is the one that was timed, and may be larger or smaller than most.
    deliveries = one and works_of(results["baseline"])["forward"]["single_thread_pull"]["deliveries"]
    return Row("P2",
               f"ensemble of {ensemble['replicas']:,} replicas",
               "s",
               values_of(ensemble["runs"], "makespan_seconds"),
               150 if full else None,
               80 if full else None,
               baseline="one thread with pull at P1's rate (computed)",
               baseline_value=one and one * ensemble["deliveries"] / deliveries,
               digest=ensemble["digest"])


def day(results, name, full_messages):
    traffic = part(results, "traffic")
    if name not in traffic:
        raise Unavailable("not available in this build: `lawine traffic` has no --senders")
    found, one = traffic[name], plain(results, "forward", "single_thread")
    full = found["messages"] == full_messages
    deliveries = part(results, "forward")["deliveries"]
    return Row("P3",
               f"{name} day: {found['messages']:,} messages, {found['deliveries'] / 1e9:,.2f} G deliveries",
               "s",
               found["seconds"]["runs"],
               180 if full else None,
               60 if full else None,
               baseline="one thread's plain push at P1's rate (computed)",
               baseline_value=one and one * found["deliveries"] / deliveries,
               digest=found["digest"])


def p3_stress(results):
    return day(results, "stress", 30_000_000)


def p3_everyday(results):
    return day(results, "everyday", 1_000_000)


def p4(results):
    runs = part(results, "store")["runs"]
    load = results.get("baseline", {}).get("load_seconds")
    return Row("P4",
               f"generate and store {runs[0]['links'] / 1e6:,.0f} M links",
               "s",
               values_of(runs, "seconds"),
               480,
               180,
               baseline="generate into a plain array, no disk",
               baseline_value=load,
               digest=runs[0]["digest"])


def p5(results):
    return Row("P5",
               "worker ready after restart",
               "s",
               values_of(part(results, "restart")["runs"], "ready_seconds"),
               60,
               20,
               baseline="writing to as much fresh memory, once",
               baseline_value=results["memory_floor_seconds"])


def p6_disk(results):
    return Row("P6",
               "on disk, all workers",
               "B/link", [part(results, "space")["disk_bytes_per_link"]],
               2.5,
               2.3,
               baseline="32-bit ids",
               baseline_value=4.0)


def p6_resident(results):
    return Row("P6",
               "images in memory, all workers",
               "B/link", [part(results, "space")["resident_bytes_per_link"]],
               8.5,
               5.5,
               baseline="32-bit ids, both directions",
               baseline_value=8.0)


def p7(results):
    runs = part(results, "forward")["warm"]
    own = part(results, "in-process")["cascades"][0]["in_process"]["processing_seconds"]["median"]
    return Row("P7",
               "cluster tax: request to result, against the same shards in one process",
               "x", [run["makespan_seconds"] / own for run in runs],
               1.25,
               1.1,
               baseline=f"in process: {seconds(own)}",
               digest=part(results, "forward")["digest"])


def p7_cpu(results):
    runs = part(results, "forward")["warm"]
    own = part(results, "in-process")["cascades"][0]["in_process"]["cpu_seconds"]["median"]
    if runs[0]["cpu_seconds"] is None:
        raise Unavailable("CPU times of a given cluster are not known")
    return Row("P7", "the same in CPU time", "x",
               [run["cpu_seconds"] / own for run in runs],
               baseline=f"in process: {seconds(own)}", digest=part(results, "forward")["digest"])


def cost(results, program, what, must, aim):
    part(results, "baseline")
    runs, one = part(results, "forward")["warm"], plain(results, "forward", program)
    return Row("P8",
               f"COST: {what} / cluster",
               "x", [one / run["makespan_seconds"] for run in runs],
               must,
               aim,
               higher=True,
               baseline=f"{what}: {seconds(one)}",
               digest=part(results, "forward")["digest"])


def p8_push(results):
    return cost(results, "single_thread", "one thread, plain push", 4, 8)


def p8_pull(results):
    return cost(results, "single_thread_pull", "one thread, with pull", 1.2, 2)


def p8_shared(results):
    return cost(results, "shared_bits", "all cores on shared bits", None, None)


def calls(results, load, quantile, must, aim):
    found = part(part(results, "calls"), load)
    what = "small call" + (", idle cluster" if load == "idle" else f", {load}")
    return Row("P9",
               f"{what}, {quantile}",
               "s",
               values_of(found["runs"], f"{quantile}_seconds"),
               must,
               aim,
               digest=found["digest"])


def p10(results):
    cascade = part(results, "independent")
    part(results, "baseline")
    touched = results["baseline"]["independent_cascade"]["single_thread"]["links_touched"]
    one = plain(results, "independent", "single_thread")
    return Row("P10",
               "independent cascade, p = 0.05, links touched",
               "/s", [touched / run["makespan_seconds"] for run in cascade["warm"]],
               300e6,
               1e9,
               higher=True,
               baseline="one thread, plain push",
               baseline_value=touched / one,
               digest=cascade["digest"])


def p11(results):
    cascade = part(results, "everyone")
    return Row("P11",
               f"everyone forwards ({cascade['deliveries'] / 1e6:,.0f} M deliveries)",
               "s",
               values_of(cascade["warm"], "makespan_seconds"),
               0.8,
               0.3,
               baseline="one thread, with pull",
               baseline_value=plain(results, "everyone", "single_thread_pull"),
               digest=cascade["digest"])


ROWS = (
    ("P1", "one cascade", p1),
    ("P2", "ensemble", p2),
    ("P3", "stress day", p3_stress),
    ("P3", "everyday day", p3_everyday),
    ("P4", "generate and store", p4),
    ("P5", "worker ready after restart", p5),
    ("P6", "on disk", p6_disk),
    ("P6", "images in memory", p6_resident),
    ("P7", "cluster tax", p7),
    ("P7", "cluster tax, CPU", p7_cpu),
    ("P8", "COST, plain push", p8_push),
    ("P8", "COST, with pull", p8_pull),
    ("P8", "against shared bits", p8_shared),
    ("P9", "small call, p50", lambda results: calls(results, "idle", "p50", 3e-3, 1e-3)),
    ("P9", "small call, p99", lambda results: calls(results, "idle", "p99", 15e-3, 5e-3)),
    ("P9", "32 callers, p50", lambda results: calls(results, "32 callers", "p50", None, None)),
    ("P9", "32 callers, p99", lambda results: calls(results, "32 callers", "p99", None, None)),
    ("P9", "100 replicas, p50", lambda results: calls(results, "100 replicas", "p50", None, None)),
    ("P9", "under traffic, p99", lambda results: calls(results, "idle under traffic", "p99", None, None)),
    ("P10", "independent cascade", p10),
    ("P11", "everyone forwards", p11),
)


def rows(results):
    """All rows of one graph."""
    found = []
    for row_id, what, measure in ROWS:
        try:
            found.append(measure(results))
        except Unavailable as why:
            found.append(Row(row_id, what, "s", missing=str(why)))
    return found


def judged(row, label, full_size):
    """The bar belongs to one graph, whole."""
    return full_size and label == BAR_GRAPH.get(row.id, BAR_GRAPH_OTHERS)
