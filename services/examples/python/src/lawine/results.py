"""What runs found: values with types, and data frames of them. Each keeps the whole message as `message`."""

from __future__ import annotations

import dataclasses
import typing

from lawine import frames
from lawine.v1 import comparison_pb2, simulation_pb2, sweep_pb2

if typing.TYPE_CHECKING:
    import pandas


@dataclasses.dataclass(frozen=True)
class StepCounts:
    """Exact counts of a step, summed over replicas. `acting` are those whose followers are tried at the next step, in
    epidemics the infectious; None of models that do not tell it, as `recoveries` are of all but epidemics."""

    step: int
    deliveries: int
    first_receipts: int
    duplicates: int
    forwards: int
    acting: int | None = None
    recoveries: int | None = None

    @classmethod
    def of(cls, message) -> "StepCounts":
        told = {f.name: None for f in dataclasses.fields(cls) if f.default is None}
        told.update((name, getattr(message, name)) for name in told if message.HasField(name))
        return cls(
            message.step,
            message.deliveries,
            message.first_receipts,
            message.duplicates,
            message.forwards,
            **told,
        )


@dataclasses.dataclass(frozen=True)
class Totals:
    """Exact sums, over steps and replicas; `steps` is the largest."""

    deliveries: int
    reach: int
    duplicates: int
    forwards: int
    steps: int


@dataclasses.dataclass(frozen=True)
class Distribution:
    """How a count is spread over replicas. `low` and `high` are the 95% interval of the mean."""

    mean: float
    low: float
    high: float
    standard_deviation: float
    min: int
    p05: int
    p25: int
    p50: int
    p75: int
    p95: int
    max: int

    @classmethod
    def of(cls, message) -> "Distribution":
        q = message.quantiles
        return cls(
            message.mean,
            message.ci95.low,
            message.ci95.high,
            message.standard_deviation,
            message.min,
            q.p05,
            q.p25,
            q.p50,
            q.p75,
            q.p95,
            message.max,
        )


def _totals(message) -> Totals:
    return Totals(message.deliveries, message.reach, message.duplicates, message.forwards, message.steps)


def _told(message) -> dict:
    """By name, the messages within a message that are set."""
    return {field.name: value for field, value in message.ListFields() if field.message_type is not None}


def _of_measure(measures, measure: str):
    told = _told(measures)
    if measure not in told:
        raise ValueError(f"measure {measure!r}: expected one of {', '.join(told)}")
    return told[measure]


def _distributions(ensemble) -> dict[str, Distribution]:
    return {measure: Distribution.of(told) for measure, told in _told(ensemble.measures).items()}


class Result:
    """What a run found. `message` is lawine.v1.RunResult."""

    def __init__(self, message: simulation_pb2.RunResult):
        self.message = message
        self.graph: str = message.graph
        self.members: int = message.graph_members
        self.digest: str = message.digest
        self.totals = _totals(message.totals)
        self.warnings: list[str] = list(message.warnings)
        self.run: str = message.manifest.run
        self.seed_members: list[str] = [s.id for s in message.seed_members]
        self.seconds: float = message.timing.makespan_seconds
        self.steps = [StepCounts.of(s) for s in message.steps]
        # Of several replicas, by measure that the scenario tells, such as reach and forwards. Empty for one.
        self.distributions = _distributions(message.ensemble) if message.HasField("ensemble") else {}
        # Of a run with attribution: lawine.v1.Attribution, such as depth, structural_virality, members_by_depth.
        self.attribution = message.attribution if message.HasField("attribution") else None

    @property
    def replicas(self) -> int:
        return max(1, len(self.message.replicas))

    @property
    def reach(self) -> float:
        """Members with at least one receipt, seed members included; of several replicas their mean. Who accepted is told
        by `forwards`: fewer, where members have thresholds or see a part of what they get."""
        return self.distributions["reach"].mean if self.distributions else self.totals.reach

    @property
    def dying_out_share(self) -> float | None:
        return self.message.ensemble.dying_out_share if self.distributions else None

    def steps_frame(self) -> "pandas.DataFrame":
        """A row a step: counts summed over replicas (divide by `replicas` for means); `reached` is the running sum of
        first receipts, `acting` and `recoveries` are <NA> where the model does not tell them."""
        frame = frames.of(self.steps, [f.name for f in dataclasses.fields(StepCounts)])
        frame["reached"] = frame["first_receipts"].cumsum()
        return frame.astype({"acting": "Int64", "recoveries": "Int64"})

    def ensemble_steps_frame(self) -> "pandas.DataFrame":
        """A row a step and measure (reach so far; first_receipts, deliveries and forwards at the step): the mean over
        replicas with its 95% interval, and quantiles. The first 128 steps. Only of runs of several replicas, which
        `simulate` makes of small ones with as_run=True: else ValueError."""
        if not self.message.ensemble.steps:
            raise ValueError(
                "expected several replicas of a run: simulate(..., as_run=True), or start and wait; "
                f"found {self.replicas} of {'one call' if not self.run else self.run}"
            )
        rows = [
            {"step": step.step, "measure": measure, **dataclasses.asdict(Distribution.of(told))}
            for step in self.message.ensemble.steps
            for measure, told in _told(step).items()
        ]
        return frames.of(rows, ["step", "measure", *(f.name for f in dataclasses.fields(Distribution))])

    def replicas_frame(self) -> "pandas.DataFrame":
        """A row a replica."""
        rows = [
            {"replica": r.replica, **dataclasses.asdict(_totals(r.totals)), "digest": r.digest}
            for r in self.message.replicas
        ]
        return frames.of(rows or [{"replica": 0, **dataclasses.asdict(self.totals), "digest": self.digest}])

    def distributions_frame(self) -> "pandas.DataFrame":
        """A row a measure; only of several replicas."""
        return frames.of(
            [{"measure": name, **dataclasses.asdict(d)} for name, d in self.distributions.items()]
        )

    def __repr__(self) -> str:
        return (
            f"Result(graph={self.graph!r}, replicas={self.replicas}, reach={self.reach:,.6g} of {self.members:,}, "
            f"steps={self.totals.steps}, digest={self.digest!r})"
        )


class SweepResult:
    """A scenario over values of a field. `message` is lawine.v1.SweepResult."""

    def __init__(self, message: sweep_pb2.SweepResult):
        self.message = message
        self.answer: str = message.answer
        self.measure: str = message.sweep.measure or "reach"
        self.critical: float | None = message.critical.value if message.critical.found else None
        self.critical_interval = (
            (message.critical.ci95.low, message.critical.ci95.high) if message.critical.found else None
        )

    def frame(self, measure: str | None = None) -> "pandas.DataFrame":
        """A row a value: mean of a measure (by default the sweep's own, reach unless it was given) in the column of its
        name, with its 95% interval; share that dies out; steps. ValueError names the measures there are."""
        measure = measure or self.measure
        rows = []
        for point in self.message.points:
            of = Distribution.of(_of_measure(point.ensemble.measures, measure))
            rows.append(
                {
                    "value": point.value,
                    measure: of.mean,
                    "low": of.low,
                    "high": of.high,
                    "dying_out_share": point.ensemble.dying_out_share,
                    "steps": point.ensemble.measures.steps.mean,
                    "variability": point.variability,
                }
            )
        return frames.of(rows)

    def __repr__(self) -> str:
        critical = "" if self.critical is None else f", critical={self.critical:.6g}"
        return (
            f"SweepResult(field={self.message.sweep.field!r}, points={len(self.message.points)}{critical}, "
            f"answer={self.answer!r})"
        )


class ComparisonResult:
    """Variants of one base under the same luck. `message` is lawine.v1.ComparisonResult."""

    def __init__(self, message: comparison_pb2.ComparisonResult):
        self.message = message
        self.recommendation: str = message.recommendation
        self.measure: str = message.comparison.measure or "reach"
        self.answers: list[str] = [d.answer for d in message.differences]

    def frame(self, measure: str | None = None) -> "pandas.DataFrame":
        """A row a difference of a measure (by default the comparison's own): its mean and 95% interval. ValueError names
        the measures there are."""
        rows = []
        for d in self.message.differences:
            of = _of_measure(d.measures, measure or self.measure)
            rows.append(
                {
                    "of": d.of,
                    "against": d.against,
                    "paired": d.paired,
                    "replicas": d.replicas,
                    "mean": of.mean,
                    "low": of.ci95.low,
                    "high": of.ci95.high,
                }
            )
        return frames.of(rows)

    def __repr__(self) -> str:
        variants = [variant.name for variant in self.message.variants]
        return f"ComparisonResult(variants={variants!r}, recommendation={self.recommendation!r})"
