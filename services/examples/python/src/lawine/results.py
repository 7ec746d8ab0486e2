"""What runs found: values with types, and data frames of them. Each keeps the whole message as `message`."""

from __future__ import annotations

import dataclasses
import typing

if typing.TYPE_CHECKING:
    import pandas


def _frame(rows: list, columns: list[str] | None = None) -> "pandas.DataFrame":
    try:
        import pandas
    except ImportError as error:
        raise ImportError("data frames need pandas: pip install 'lawine[frames]'") from error
    return pandas.DataFrame(
        [dataclasses.asdict(r) if dataclasses.is_dataclass(r) else r for r in rows], columns=columns
    )


@dataclasses.dataclass(frozen=True)
class StepCounts:
    """Exact counts of a step, summed over replicas."""

    step: int
    deliveries: int
    first_receipts: int
    duplicates: int
    forwards: int


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


MEASURES = ("reach", "deliveries", "forwards", "duplicates", "steps")


def _distributions(ensemble) -> dict[str, Distribution]:
    return {measure: Distribution.of(getattr(ensemble.measures, measure)) for measure in MEASURES}


class Result:
    """What a run found. `message` is lawine.v1.RunResult."""

    def __init__(self, message):
        self.message = message
        self.graph: str = message.graph
        self.members: int = message.graph_members
        self.digest: str = message.digest
        self.totals = _totals(message.totals)
        self.warnings: list[str] = list(message.warnings)
        self.run: str = message.manifest.run
        self.seed_members: list[str] = [s.id for s in message.seed_members]
        self.seconds: float = message.timing.makespan_seconds
        self.steps = [
            StepCounts(s.step, s.deliveries, s.first_receipts, s.duplicates, s.forwards)
            for s in message.steps
        ]
        # Of several replicas, by measure: reach, deliveries, forwards, duplicates, steps. Empty for one.
        self.distributions = _distributions(message.ensemble) if message.HasField("ensemble") else {}

    @property
    def replicas(self) -> int:
        return max(1, len(self.message.replicas))

    @property
    def reach(self) -> float:
        """Members with at least one receipt, seed members included; of several replicas their mean."""
        return self.distributions["reach"].mean if self.distributions else self.totals.reach

    @property
    def dying_out_share(self) -> float | None:
        return self.message.ensemble.dying_out_share if self.distributions else None

    def steps_frame(self) -> "pandas.DataFrame":
        """A row a step; `reached` is the running sum of first receipts."""
        frame = _frame(self.steps, [f.name for f in dataclasses.fields(StepCounts)])
        frame["reached"] = frame["first_receipts"].cumsum()
        return frame

    def replicas_frame(self) -> "pandas.DataFrame":
        """A row a replica."""
        rows = [
            {"replica": r.replica, **dataclasses.asdict(_totals(r.totals)), "digest": r.digest}
            for r in self.message.replicas
        ]
        return _frame(rows or [{"replica": 0, **dataclasses.asdict(self.totals), "digest": self.digest}])

    def distributions_frame(self) -> "pandas.DataFrame":
        """A row a measure; only of several replicas."""
        return _frame([{"measure": name, **dataclasses.asdict(d)} for name, d in self.distributions.items()])

    def __repr__(self) -> str:
        return (
            f"Result(graph={self.graph!r}, replicas={self.replicas}, reach={self.reach:,.6g} of {self.members:,}, "
            f"steps={self.totals.steps}, digest={self.digest!r})"
        )


class SweepResult:
    """A scenario over values of a field. `message` is lawine.v1.SweepResult."""

    def __init__(self, message):
        self.message = message
        self.answer: str = message.answer
        self.critical: float | None = message.critical.value if message.critical.found else None
        self.critical_interval = (
            (message.critical.ci95.low, message.critical.ci95.high) if message.critical.found else None
        )

    def frame(self) -> "pandas.DataFrame":
        """A row a value: mean reach with its interval, share that dies out, hops."""
        rows = []
        for point in self.message.points:
            reach = Distribution.of(point.ensemble.measures.reach)
            rows.append(
                {
                    "value": point.value,
                    "reach": reach.mean,
                    "low": reach.low,
                    "high": reach.high,
                    "dying_out_share": point.ensemble.dying_out_share,
                    "steps": point.ensemble.measures.steps.mean,
                    "variability": point.variability,
                }
            )
        return _frame(rows)


class ComparisonResult:
    """Variants of one base under the same luck. `message` is lawine.v1.ComparisonResult."""

    def __init__(self, message):
        self.message = message
        self.recommendation: str = message.recommendation
        self.answers: list[str] = [d.answer for d in message.differences]

    def frame(self, measure: str = "reach") -> "pandas.DataFrame":
        """A row a difference: its mean and 95% interval."""
        rows = []
        for d in self.message.differences:
            of = getattr(d.measures, measure)
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
        return _frame(rows)


class Receipts:
    """Who received and forwarded when: batches of lawine.v1.ListReceiptsResponse, read once, as they come."""

    def __init__(self, batches):
        self._batches = batches

    def __iter__(self):
        """(member, step of receipt, step of forwarding or None)."""
        for batch in self._batches:
            for member, receipt, forward in zip(
                batch.members, batch.receipt_steps, batch.forward_steps_plus_one
            ):
                yield member, receipt, forward - 1 if forward else None

    def frame(self) -> "pandas.DataFrame":
        return _frame([{"member": m, "receipt_step": r, "forward_step": f} for m, r, f in self])

    def to_parquet(self, path) -> int:
        """Writes a file, a batch at a time, and returns the number of rows."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise ImportError("Parquet needs pyarrow: pip install 'lawine[parquet]'") from error
        schema = pyarrow.schema(
            [
                ("member", pyarrow.string()),
                ("receipt_step", pyarrow.uint32()),
                ("forward_step", pyarrow.uint32()),
            ]
        )
        rows = 0
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            for batch in self._batches:
                forwards = [f - 1 if f else None for f in batch.forward_steps_plus_one]
                columns = [
                    pyarrow.array(list(batch.members), pyarrow.string()),
                    pyarrow.array(list(batch.receipt_steps), pyarrow.uint32()),
                    pyarrow.array(forwards, pyarrow.uint32()),
                ]
                writer.write_batch(pyarrow.record_batch(columns, schema=schema))
                rows += len(batch.members)
        return rows
