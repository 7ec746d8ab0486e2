"""Proof that programs did the same work: numbers of runs that did different work must not be compared."""

import itertools

from session import BenchError


def first_difference(found, expected):
    """Of lists the first entries that differ; of anything else all of it."""
    if not isinstance(found, list) or not isinstance(expected, list):
        return found, expected
    pairs = itertools.zip_longest(found, expected, fillvalue="nothing")
    return next(pair for pair in pairs if pair[0] != pair[1])


class Works:
    """By work ("hyves/forward 0.1") what was found first, and who found the same since."""

    def __init__(self):
        self._works = {}

    def add(self, work, who, found):
        """Fails, naming the difference, unless `found` is what everybody else found. Keys that only one side
        has are not compared."""
        known = self._works.setdefault(work, {"expected": dict(found), "equal": []})
        for what in found:
            if found[what] != known["expected"].setdefault(what, found[what]):
                own, other = first_difference(found[what], known["expected"][what])
                raise BenchError("results differ, so no number here means anything:\n  "
                                 f"{work}, {who}: {what}: found {own}, but {known['equal'][0]}: {other}")
        known["equal"].append(who)

    def digest_of(self, work):
        return self._works[work]["expected"].get("digest")

    def to_json(self):
        return [{"work": work, "digest": known["expected"].get("digest"), "equal": known["equal"]}
                for work, known in self._works.items()]
