"""The programs beside the cluster: the same shards in one process, and the outsiders on plain arrays."""

import os

from profiles import graph_flags, message_flags
from workloads.independent import PROBABILITY

PLAIN = {
    "single_thread": "plain array, one thread", "shared_bits": "plain array, shared bits",
    "single_thread_pull": "plain arrays, one thread, with pull"
}


def forwards(context):
    return ["--forward", context.scenario["forward"], 1]


def note(context, work, program, said, timed):
    """Adds a program's times to the metrics, after its work has been found equal."""
    context.same_work(
        work, program.replace("_", " "), {
            "graph digest": said["graph"]["digest"], "members": said["graph"]
                                                                ["members"], "links": said["graph"]["links"],
            "seed member": said["seed_member"], "digest": timed["digest"], "steps": timed["steps"]
        })
    for name in ("processing_seconds", "cpu_seconds"):
        context.add(f"{work}/{program}/{name}", "s", timed[name]["runs"], timed["digest"])
    if timed["links_touched"]:
        context.add(f"{work}/{program}/links_touched", "count", [timed["links_touched"]])


def works_of(context, said):
    return zip(("forward", "everyone"), said["cascades"])


def in_process(context, data, cluster):
    """With as many threads as all workers together, so that only the network is different."""
    program = context.session.require("lawine_in_process")
    said = context.session.run_json([
        program, "--data", data, "--graph", context.scenario["graph"], *message_flags(context.scenario),
        *forwards(context), "--workers", cluster["workers"], "--threads", cluster["threads"], "--runs",
        context.runs
    ], f"{context.label}-in-process")
    for work, cascade in works_of(context, said):
        note(context, work, "in_process", said, cascade["in_process"])
    context.add("in_process/load_seconds", "s", [said["load_seconds"]])
    return said


def baseline(context, independent):
    """`independent` says whether the independent cascade is measured too."""
    program = context.session.require("lawine_baseline")
    flags = ["--link-probability", PROBABILITY] if independent else []
    said = context.session.run_json([
        program, *graph_flags(context.scenario), *message_flags(context.scenario), *forwards(context), *flags,
        "--runs", context.runs, "--threads",
        len(os.sched_getaffinity(0))
    ], f"{context.label}-baseline")
    for work, cascade in works_of(context, said):
        for name in PLAIN:
            note(context, work, name, said, cascade[name])
    if independent:
        for name in ("single_thread", "shared_bits"):
            note(context, "independent", name, said, said["independent_cascade"][name])
    context.add("baseline/load_seconds", "s", [said["load_seconds"]])
    return said
