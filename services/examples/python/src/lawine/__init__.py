"""Client of a Lawine cluster: how far does a message go in a network of millions?

from lawine import Client
with Client("127.0.0.1:7070") as client:
    client.create_graph("friends", [(1, 2), (2, 3)], directed=False)
    result = client.simulate("friends", forward=0.5, replicas=100)
    print(result.reach, result.digest)
    result.steps_frame()
"""

from lawine.client import Client
from lawine.errors import Error, InvalidScenario, NotFound, RefusedField, TooBusy, Unauthenticated
from lawine.graphs import Graph, ImportReport
from lawine.receipts import Receipts
from lawine.results import ComparisonResult, Distribution, Result, StepCounts, SweepResult, Totals

__all__ = [
    "Client",
    "ComparisonResult",
    "Distribution",
    "Error",
    "Graph",
    "ImportReport",
    "InvalidScenario",
    "NotFound",
    "Receipts",
    "RefusedField",
    "Result",
    "StepCounts",
    "SweepResult",
    "TooBusy",
    "Totals",
    "Unauthenticated",
]
