"""What the programs in this folder share: the question they are asked, and the form of their answer.

    python PROGRAM.py EDGES MEMBERS SEED_MEMBER PROBABILITY REPLICAS SECONDS_MAX

EDGES is text, "from to" a line. A program prints one JSON object a work it can do: {program, version, work,
load_seconds, seconds, reach}. `reach` has one entry a replica, as many as SECONDS_MAX allows."""

import dataclasses
import importlib.metadata
import json
import sys
import time

import numpy

INDEPENDENT = "independent cascade"
EVERYONE = "everyone forwards"


@dataclasses.dataclass
class Question:
    sources: numpy.ndarray
    targets: numpy.ndarray
    members: int
    seed: int
    probability: float
    replicas: int
    seconds_max: float


def question():
    path, members, seed, probability, replicas, seconds_max = sys.argv[1:]
    with open(path, encoding="ascii") as lines:
        edges = numpy.fromfile(lines, dtype=numpy.int64, sep=" ").reshape(-1, 2)
    return Question(edges[:, 0], edges[:, 1], int(members), int(seed), float(probability), int(replicas),
                    float(seconds_max))


def repeat(asked, spread):
    """spread(replica) -> reach, until there are enough or time is up: (seconds, reach)."""
    reach, start = [], time.monotonic()
    while len(reach) < asked.replicas and time.monotonic() - start < asked.seconds_max:
        reach.append(int(spread(len(reach))))
    return time.monotonic() - start, reach


def answer(package, work, load_seconds, measured):
    seconds, reach = measured
    print(json.dumps({"program": package, "version": importlib.metadata.version(package), "work": work,
                      "load_seconds": load_seconds, "seconds": seconds, "reach": reach}), flush=True)
