"""Two folders of results, number by number."""

import dataclasses
import json

from metrics import BETTER
from page import Page
from session import BenchError
from text import value

SCHEMA_VERSION = 2
# Differ between any two benches, and say nothing.
ALWAYS_DIFFERENT = ("time", "command_line", "bench_seconds", "load_average", "memory_probe",
                    "machine.memory_available_bytes")
# Fewer have no spread to speak of.
RUNS_MIN = 3
# Sizes and counts do not wander as times do: one run of each is enough.
WANDERING = ("s", "/s")


@dataclasses.dataclass
class Change:
    """One metric of both: ratio is B / A; low and high are the ratio's range over all runs."""

    name: str
    unit: str
    a: dict
    b: dict
    ratio: float
    low: float
    high: float
    verdict: str  # "worse", "better", "worse, below the threshold", "different", "noise", "too few runs", ...


@dataclasses.dataclass
class Comparison:
    environment: list  # (name, in A, in B)
    changes: list
    refused: list  # (name, digest in A, digest in B)
    only_a: list
    only_b: list
    threshold: float

    def worse(self):
        return [change for change in self.changes if change.verdict == "worse"]

    def exit_code(self):
        if self.worse():
            return 1
        return 2 if self.refused or not self.changes else 0


def load(folder):
    """{results, environment} of a folder that `bench/run` wrote."""
    found = {}
    for name in ("results", "environment"):
        path = folder / f"{name}.json"
        try:
            found[name] = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise BenchError(f"{path}: expected a file that bench/run wrote: {error}") from error
        if not isinstance(found[name], dict):
            raise BenchError(f"{path}: expected a file that bench/run wrote, found no object")
    version = found["results"].get("schema_version")
    if version != SCHEMA_VERSION:
        raise BenchError(f"{folder}: expected results of schema version {SCHEMA_VERSION}, found {version}: "
                         "run the bench again")
    return found


def flattened(content, prefix=""):
    if not isinstance(content, dict):
        return {prefix: content}
    found = {}
    for name, inner in content.items():
        found.update(flattened(inner, f"{prefix}.{name}" if prefix else name))
    return found


def environment_differences(a, b):
    a, b = flattened(a), flattened(b)
    names = [name for name in dict.fromkeys([*a, *b]) if not name.startswith(ALWAYS_DIFFERENT)]
    return [(name, a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)]


def quotient(numerator, denominator):
    if denominator:
        return numerator / denominator
    return 1.0 if not numerator else float("inf")


def verdict_of(unit, a, b, ratio, threshold):
    if unit in WANDERING and min(len(a["runs"]), len(b["runs"])) < RUNS_MIN:
        return "too few runs"
    if ratio == 1:
        return "same"
    apart = max(a["min"] - b["max"], b["min"] - a["max"])
    widest = max(a["max"] - a["min"], b["max"] - b["min"])
    if apart <= 0 or abs(a["median"] - b["median"]) <= widest:
        return "noise"
    if BETTER[unit] is None:
        return "different"
    worse = (ratio > 1) == (BETTER[unit] == "lower")
    if not worse:
        return "better"
    factor = ratio if BETTER[unit] == "lower" else quotient(1, ratio)
    return "worse" if factor > 1 + threshold else "worse, below the threshold"


def change_of(a, b, threshold):
    ratio = quotient(b["median"], a["median"])
    low, high = quotient(b["min"], a["max"]), quotient(b["max"], a["min"])
    return Change(a["name"], a["unit"], a, b, ratio, low, high, verdict_of(a["unit"], a, b, ratio, threshold))


def compare(a, b, threshold):
    """Of two folders, loaded."""
    metrics_a = {metric["name"]: metric for metric in a["results"]["metrics"]}
    metrics_b = {metric["name"]: metric for metric in b["results"]["metrics"]}
    changes, refused = [], []
    for name, metric in metrics_a.items():
        other = metrics_b.get(name)
        if other is None:
            continue
        if metric["digest"] != other["digest"] or metric["unit"] != other["unit"]:
            refused.append((name, metric["digest"], other["digest"]))
        else:
            changes.append(change_of(metric, other, threshold))
    return Comparison(environment_differences(a["environment"], b["environment"]), changes, refused,
                      [name for name in metrics_a if name not in metrics_b],
                      [name for name in metrics_b if name not in metrics_a], threshold)


def change_row(change):
    return (change.name, value(change.a["median"], change.unit), value(change.b["median"], change.unit),
            f"{change.ratio:.3f}", f"{change.low:.3f} to {change.high:.3f}", change.verdict)


def render(comparison, everything):
    """Markdown. Without `everything` only what changed."""
    page = Page("Two benches compared: B / A")
    if comparison.environment:
        page.heading("What differs around them")
        page.table(("what", "A", "B"), comparison.environment)
    if comparison.refused:
        page.heading("Not compared: other work")
        page.text("Digests differ, so times are of different things.")
        page.table(("what", "digest in A", "digest in B"),
                   [(name, a or "none", b or "none") for name, a, b in comparison.refused])
    silent = ("same", "noise", "too few runs")
    shown = [change for change in comparison.changes if everything or change.verdict not in silent]
    order = {"worse": 0, "worse, below the threshold": 1, "better": 2, "different": 3}
    shown.sort(key=lambda change: (order.get(change.verdict, 4), -abs(change.ratio - 1)))
    page.heading("What changed beyond noise" if not everything else "Every number")
    page.table(("what", "A", "B", "B / A", "range", "verdict"), [change_row(change) for change in shown])
    counts = {}
    for change in comparison.changes:
        counts[change.verdict] = counts.get(change.verdict, 0) + 1
    page.text(f"{len(comparison.changes)} numbers in both: " +
              (", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "none") +
              f"; threshold {comparison.threshold:.0%}. Only in A: {len(comparison.only_a)}, only in B: "
              f"{len(comparison.only_b)}.")
    return page.markdown()
