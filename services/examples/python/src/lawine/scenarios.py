"""Scenarios of what callers give: a file, a dict, a name, and what overrides them."""

from __future__ import annotations

import re
import typing

from lawine import scenario_files
from lawine.v1 import scenario_pb2

_COUNTED = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*")


def scenario_of(given) -> scenario_pb2.Scenario:
    """A scenario of a dict, a file or a name as the command line takes them; a message is copied."""
    scenario = scenario_pb2.Scenario()
    if isinstance(given, scenario_pb2.Scenario):
        scenario.CopyFrom(given)
    elif given is not None:
        scenario_files.parse(given, scenario)
    return scenario


def counts_of(text: str) -> tuple[int, int]:
    """(4, 30) of "4/30": how often it happened, of how many times that it could have."""
    counted = _COUNTED.fullmatch(text)
    if not counted:
        raise ValueError(f"{text!r}: expected a rate, or its counts such as '4/30'")
    return int(counted[1]), int(counted[2])


def _set_probability(model, rate: float | str) -> None:
    if isinstance(rate, str):
        shares, receipts = counts_of(rate)
        model.ClearField("probability")
        model.probability_counts.shares, model.probability_counts.receipts = shares, receipts
    else:
        model.ClearField("probability_counts")
        model.probability = rate


def choose_model(
    scenario: scenario_pb2.Scenario, forward: float | str | None, cascade: float | str | None
) -> None:
    if forward is not None and cascade is not None:
        raise ValueError("expected one of forward (members decide) and cascade (links do)")
    if forward is not None:
        _set_probability(scenario.model.forward, forward)
    if cascade is not None:
        _set_probability(scenario.model.independent_cascade, cascade)


def choose_seed_members(
    scenario: scenario_pb2.Scenario, ids: typing.Iterable | None, audience: int | None, **counts: int | None
) -> None:
    """At most one of ids, an audience, and a rule of SeedMembers that chooses so many."""
    rules = {"seed_members": ids, "audience": audience, **counts}
    chosen = [name for name, value in rules.items() if value is not None]
    if len(chosen) > 1:
        raise ValueError(f"expected one of {', '.join(rules)}; found {' and '.join(chosen)}")
    if not chosen:
        return
    scenario.ClearField("seed_members")
    rule = chosen[0]
    if ids is not None:
        if isinstance(ids, (str, bytes)) or not hasattr(ids, "__iter__"):
            raise ValueError(f"seed_members={ids!r}: expected ids in a list, such as [{ids!r}]")
        scenario.seed_members.ids.extend(str(i) for i in ids)
    elif audience is not None:
        scenario.seed_members.audience = audience
    else:
        setattr(scenario.seed_members, rule, True)
        scenario.seed_members.count = counts[rule]


def choose_precision(scenario: scenario_pb2.Scenario, wanted: float | dict) -> None:
    """A part of the mean reach, or what a scenario file says of until_precision."""
    given = wanted if isinstance(wanted, dict) else {"relative_half_width": wanted}
    scenario.ClearField("until_precision")
    scenario_files.parse(given, scenario.until_precision)
