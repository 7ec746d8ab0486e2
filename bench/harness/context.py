"""What every part of a bench is given, and how it measures on the cluster."""

import dataclasses
import time
import typing

from metrics import Metrics
from session import Session
from works import Works


@dataclasses.dataclass
class Context:
    """One graph of a bench."""

    session: Session
    metrics: Metrics
    works: Works
    label: str  # of the graph, in names of metrics
    scenario: dict
    amounts: dict  # the profile's
    runs: int
    cluster: typing.Any = None  # while it is up

    def add(self, name, unit, values, digest):
        # No default for `digest`: times and sizes of different graphs must not pass for the same work.
        self.metrics.add(f"{self.label}/{name}", unit, values, digest)

    def same_work(self, work, who, found):
        self.works.add(f"{self.label}/{work}", who, found)

    def timed(self, *words, label=None):
        """Asks the cluster. Returns what it says, seconds from command to answer, and CPU seconds of all
        workers (None where the cluster cannot be looked into)."""
        before = self.cluster.usage()
        start = time.monotonic()
        said = self.cluster.ask(*words, label=label and f"{self.label}-{label}")
        seconds = time.monotonic() - start
        after = self.cluster.usage()
        cpu = after["workers"]["cpu_seconds"] - before["workers"]["cpu_seconds"] if after else None
        return said, seconds, cpu


def known(values):
    """Without what could not be measured."""
    return [value for value in values if value is not None]
