"""The programs beside the cluster: the same shards in one process, and the outsiders on plain arrays."""

import os

from profiles import graph_flags, message_flags
from workloads.independent import PROBABILITY

PLAIN = {
    "single_thread": "plain array, one thread",
    "shared_bits": "plain array, shared bits",
    "single_thread_pull": "plain arrays, one thread, with pull",
}


def work_flags(context, independent):
    """The message, and all works; `independent` says whether the independent cascade is one of them."""
    flags = [*message_flags(context.scenario), "--forward", context.scenario["forward"], 1,
             "--runs", context.runs]
    return [*flags, "--link-probability", PROBABILITY] if independent else flags


def works_of(said):
    """{work: {program: what it measured}} of a program's answer."""
    works = dict(zip(("forward", "everyone"), said["cascades"]))
    if "independent_cascade" in said:
        works["independent"] = said["independent_cascade"]
    return works


def note(context, said, programs):
    """Adds the times of all works to the metrics, after the works have been found equal."""
    graph = said["graph"]
    same = {"graph digest": graph["digest"], "members": graph["members"], "links": graph["links"],
            "seed member": said["seed_member"]}
    for work, measured in works_of(said).items():
        for program in programs:
            if program not in measured:
                continue
            timed = measured[program]
            context.same_work(work, program.replace("_", " "),
                              {**same, "digest": timed["digest"], "steps": timed["steps"]})
            for name in ("processing_seconds", "cpu_seconds"):
                context.add(f"{work}/{program}/{name}", "s", timed[name]["runs"], timed["digest"])
            if timed["links_touched"]:
                context.add(f"{work}/{program}/links_touched", "count", [timed["links_touched"]],
                            timed["digest"])


def in_process(context, data, cluster, independent):
    """With as many threads as all workers together, so that only the network is different."""
    said = context.session.run_json(
        [context.session.require("lawine_in_process"), "--data", data, "--graph", context.scenario["graph"],
         *work_flags(context, independent), "--workers", cluster["workers"], "--threads", cluster["threads"]],
        f"{context.label}-in-process")
    note(context, said, ["in_process"])
    context.add("in_process/load_seconds", "s", [said["load_seconds"]], said["graph"]["digest"])
    return said


def baseline(context, independent):
    """All outsiders, one after the other, on one array."""
    said = context.session.run_json(
        [context.session.require("lawine_baseline"), *graph_flags(context.scenario),
         *work_flags(context, independent), "--threads", len(os.sched_getaffinity(0))],
        f"{context.label}-baseline")
    note(context, said, PLAIN)
    context.add("baseline/load_seconds", "s", [said["load_seconds"]], said["graph"]["digest"])
    return said
