"""Numbers of a bench: every value of every run under a name, and the digest of the work they are about."""

import statistics

# What a unit means for a change: which way is better, or None where neither is.
BETTER = {"s": "lower", "B": "lower", "B/link": "lower", "x": None, "/s": "higher", "count": None}


def spread_of(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": list(values)}


class Metrics:
    """In order of measuring; names are unique and go from large to small: graph, work, program, what; a slash between."""

    def __init__(self):
        self._by_name = {}

    def add(self, name, unit, values, digest=None):
        """`values` are those of all warm runs. `digest` is that of the work, or of the graph where the graph is
        all there is to it: numbers of two benches are compared where it is equal, and without one always."""
        if unit not in BETTER:
            raise ValueError(f"{name}: expected a unit of {', '.join(BETTER)}, found {unit!r}")
        if name in self._by_name:
            raise ValueError(f"{name}: expected once, found twice")
        if values:
            self._by_name[name] = {"name": name, "unit": unit, "digest": digest, **spread_of(values)}

    def to_json(self):
        return list(self._by_name.values())
