"""How cost grows: with members, links, shards, workers and threads; by counts, with hundreds of shards.

Sizes, shards and threads are measured in one process (a graph is made and spread over without a disk),
workers on real clusters. One message, the bench's."""

import dataclasses
import os

from cluster import temporary_cluster
from profiles import message_flags
from session import Unavailable
from workloads import cascade

PRESET = "hyves"


def point(context, swept, **parameters):
    """One row of the table: what was varied, and where the others stood."""
    return {
        "swept": swept, "members": None, "links": None, "shards": 4, "workers": 4, "threads": cores(),
        **parameters
    }


def cores():
    return len(os.sched_getaffinity(0))


def graph_words(row):
    return ["--preset", PRESET, "--members", row["members"], "--links-per-member", row["links"]]


def program_words(context, row, program):
    words = [
        context.session.require(program), *graph_words(row), *message_flags(context.scenario), "--forward",
        context.scenario["forward"], "--runs", context.runs, "--threads", row["threads"]
    ]
    if program == "lawine_in_process":
        words += ["--shards", row["shards"], "--workers", row["workers"]]
    return words


def name_of(row):
    return (f"{row['members']}x{row['links']}/{row['shards']} shards/{row['workers']} workers/"
            f"{row['threads']} threads")


def keep(context, row, program, said, timed):
    """Work is the same for the same members and links, whatever shards, workers and threads."""
    work = f"{row['members']}x{row['links']}"
    context.same_work(
        work, f"{program}, {row['swept']}, {name_of(row)}", {
            "graph digest": said["graph"]["digest"], "links": said["graph"]["links"],
            "digest": timed["digest"], "steps": timed["steps"]
        })
    row[program] = {name: timed[name] for name in ("processing_seconds", "cpu_seconds", "deliveries")}
    context.add(f"{row['swept']}/{name_of(row)}/{program}/processing_seconds", "s",
                timed["processing_seconds"]["runs"], timed["digest"])


def in_process(context, row):
    said = context.session.run_json(program_words(context, row, "lawine_in_process"),
                                    f"growth-{row['swept']}-in-process-{name_of(row)}")
    timed = said["cascades"][0]["in_process"]
    keep(context, row, "in_process", said, timed)
    row.update(links_count=said["graph"]["links"],
               resident_bytes=said["resident_bytes"],
               exchange_bytes=timed["exchange_bytes"],
               events=timed["events"])
    return row


def with_baselines(context, row):
    said = context.session.run_json(program_words(context, row, "lawine_baseline"),
                                    f"growth-{row['swept']}-baseline-{name_of(row)}")
    for program in ("single_thread", "single_thread_pull"):
        keep(context, row, program, said, said["cascades"][0][program])
    return row


def on_a_cluster(context, row):
    with temporary_cluster(context.session, row["workers"]) as cluster:
        cluster.ask("graph", "create", "growth", *graph_words(row), "--shards", row["shards"])
        own = dataclasses.replace(context, cluster=cluster, scenario={**context.scenario, "graph": "growth"})
        runs = [
            cascade.once(own, own.scenario["forward"], f"workers {row['workers']} {i}")
            for i in range(context.runs + 1)
        ]
    found, warm = runs[0][1], [run for run, _ in runs[1:]]
    spread = {
        name: cascade.spread_of([run[name] for run in warm]) for name in ("processing_seconds", "cpu_seconds")
    }
    timed = {
        **spread, "deliveries": found["totals"]["deliveries"], "digest": found["digest"],
        "steps": found["steps"]
    }
    keep(context, row, "cluster", {"graph": found["graph"]}, timed)
    row.update(links_count=found["graph"]["links"], exchange_bytes=warm[0]["exchange_bytes"])
    return row


def per_worker(row):
    """What one of as many workers as shards sends and receives."""
    row["events_per_worker_sent"] = row["events"] / row["workers"]
    row["events_per_worker_received"] = row["events"] * (row["workers"] - 1) / row["workers"]
    row["bytes_per_worker"] = row["exchange_bytes"] / row["workers"]
    return row


def measure(context, amounts):
    """Rows of all sweeps. `amounts` is the profile's."""
    if amounts is None:
        raise Unavailable("growth is measured on this machine, in profiles smoke and laptop")
    members, links = amounts["base"]
    base = {"members": members, "links": links}
    rows = []
    for mean in amounts["links"]:
        for count in amounts["members"]:
            rows.append(
                with_baselines(context,
                               in_process(context, point(context, "members", members=count, links=mean))))
    for shards in amounts["shards"]:
        rows.append(in_process(context, point(context, "shards", shards=shards, workers=shards, **base)))
    for threads in amounts["threads"]:
        rows.append(in_process(context, point(context, "threads", **{**base, "threads": threads})))
    for workers in amounts["workers"]:
        rows.append(on_a_cluster(context, point(context, "workers", workers=workers, **base)))
    counts = [
        per_worker(in_process(context, point(context, "counts", shards=shards, workers=shards, **base)))
        for shards in amounts["counts"]
    ]
    return {"rows": rows, "counts": counts}
