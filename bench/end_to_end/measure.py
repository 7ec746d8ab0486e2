"""What is measured, step by step. Each function returns what goes into results.json under its name."""

import itertools
import os
import statistics
import time

from cluster import BenchError, run_json


BESIDE_THE_CLUSTER = (("in_process", "cluster"), ("baseline", "single_thread"), ("baseline", "shared_bits"))


def spread_of(seconds):
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "runs": seconds}


def graph_flags(scenario):
    flags = ["--preset", scenario["preset"], "--graph-seed", scenario["graph_seed"]]
    for name in ("members", "links_per_member"):
        if scenario[name] is not None:
            flags += ["--" + name.replace("_", "-"), scenario[name]]
    return flags


def message_flags(scenario):
    return ["--audience", scenario["audience"], "--forward", scenario["forward"],
            "--run-seed", scenario["run_seed"]]


def load(cluster, scenario):
    """Generates the graph into the workers' RocksDB, unless the data directory has it already."""
    name = scenario["graph"]
    if any(graph["name"] == name for graph in cluster.ask("graph", "list")["graphs"]):
        return {"reused": True}
    before = cluster.usage()
    start = time.monotonic()
    graph = cluster.ask("graph", "create", name, *graph_flags(scenario))["graph"]
    seconds = time.monotonic() - start
    after = cluster.usage()
    return {
        "reused": False,
        "seconds": seconds,
        "links_per_second": graph["links"] / seconds,
        "cpu_seconds": after["workers"]["cpu_seconds"] - before["workers"]["cpu_seconds"],
        "peak_resident_bytes": after["workers"]["peak_resident_bytes"],
    }


def storage(cluster, scenario):
    """Bytes on disk, and of the images in memory. To be asked when the graph is in memory."""
    stats = cluster.ask("graph", "stats", scenario["graph"])
    links = stats["graph"]["links"]
    result = {"graph": stats["graph"], "audience_mean": stats["audience_mean"]}
    for name in ("disk", "resident"):
        total = sum(shard[name + "_bytes"] for shard in stats["shards"])
        result[name + "_bytes"] = total
        result[name + "_bytes_per_link"] = total / links if links else 0
    return result


def one_run(cluster, scenario):
    before = cluster.usage()["workers"]["cpu_seconds"]
    start = time.monotonic()
    result = cluster.ask("simulate", scenario["graph"], *message_flags(scenario))
    return {
        "call_seconds": time.monotonic() - start,
        "cpu_seconds": cluster.usage()["workers"]["cpu_seconds"] - before,
        **result["timing"],
        "result": result,
    }


def messages(cluster, scenario, runs_count):
    """The first run after a restart brings the graph into memory; those after it are warm."""
    first = one_run(cluster, scenario)
    warm = [one_run(cluster, scenario) for _ in range(runs_count)]
    result = first["result"]
    processing = spread_of([run["processing_seconds"] for run in warm])
    deliveries = result["totals"]["deliveries"]
    usage = cluster.usage()
    results = [run.pop("result") for run in [first, *warm]]
    return {
        "workers": result["manifest"]["workers"],
        "threads": cluster.threads_count,
        "shards": result["manifest"]["shards"],
        "first": first,
        "warm": warm,
        "processing_seconds": processing,
        "makespan_seconds": spread_of([run["makespan_seconds"] for run in warm]),
        "call_seconds": spread_of([run["call_seconds"] for run in warm]),
        "cpu_seconds": sum(run["cpu_seconds"] for run in warm) / len(warm),
        "deliveries": deliveries,
        "deliveries_per_second": deliveries / processing["median"],
        "exchange_bytes": result["manifest"]["exchange_bytes"],
        "resident_bytes": usage["workers"]["resident_bytes"],
        "peak_resident_bytes": usage["workers"]["peak_resident_bytes"],
        "coordinator_resident_bytes": usage["coordinator"]["resident_bytes"],
        "results": results,
    }


def in_process(bin_dir, data, scenario, cluster, runs_count):
    """With as many threads as all workers together, so that only the network is different."""
    return run_json([bin_dir / "lawine_in_process", "--data", data, "--graph", scenario["graph"],
                     *message_flags(scenario), "--workers", cluster["workers"],
                     "--threads", cluster["threads"], "--runs", runs_count])


def baseline(bin_dir, scenario, runs_count):
    return run_json([bin_dir / "lawine_baseline", *graph_flags(scenario), *message_flags(scenario),
                     "--runs", runs_count, "--threads", len(os.sched_getaffinity(0))])


def warnings(environment):
    load = environment["machine"]["load_average_before"]
    cores = environment["machine"]["cores_usable"]
    if load <= cores / 4:
        return []
    return [f"the machine was busy before the bench began (load average {load:.1f} on {cores} cores): "
            "programs with more threads got more of it, so times and their ratios mislead; CPU times hold"]


def ratios(results):
    timed = {kind: results[program][kind] for program, kind in BESIDE_THE_CLUSTER}
    seconds = {kind: timed[kind]["processing_seconds"]["median"] for kind in timed}
    in_process_seconds = seconds["cluster"]
    cluster = results["cluster"]["processing_seconds"]["median"]
    return {
        "cluster_tax": cluster / in_process_seconds,
        "cluster_tax_cpu": results["cluster"]["cpu_seconds"] / timed["cluster"]["cpu_seconds"],
        "cluster_over_single_thread": seconds["single_thread"] / cluster,
        "cluster_over_shared_bits": seconds["shared_bits"] / cluster,
        "in_process_over_single_thread": seconds["single_thread"] / in_process_seconds,
    }


def outcomes(results):
    """(who, what it found) for every program and run that must agree."""
    found = []
    for i, result in enumerate(results["cluster"]["results"]):
        found.append(("cluster, first run" if i == 0 else f"cluster, warm run {i}", {
            "graph digest": result["graph"]["digest"], "members": result["graph"]["members"],
            "links": result["graph"]["links"], "seed member": result["seed_members"][0]["id"],
            "digest": result["digest"], "steps": result["steps"]}))
    for program, kind in BESIDE_THE_CLUSTER:
        said = results[program]
        found.append((f"{said['program']}, {kind.replace('_', ' ')}", {
            "graph digest": said["graph"]["digest"], "members": said["graph"]["members"],
            "links": said["graph"]["links"], "seed member": said["seed_member"],
            "digest": said[kind]["digest"], "steps": said[kind]["steps"]}))
    return found


def first_difference(found, expected):
    """Of lists the first entries that differ; of anything else all of it."""
    if not isinstance(expected, list):
        return found, expected
    pairs = itertools.zip_longest(found, expected, fillvalue="nothing")
    return next(pair for pair in pairs if pair[0] != pair[1])


def check_equal(results):
    """Numbers of runs that did different work must not be compared."""
    (reference, expected), *others = outcomes(results)
    problems = []
    for who, found in others:
        for what in expected:
            if found[what] != expected[what]:
                own, other = first_difference(found[what], expected[what])
                problems.append(f"{who}: {what}: found {own}, but {reference}: {other}")
    if problems:
        raise BenchError("results differ, so no number here means anything:\n  " + "\n  ".join(problems))
    return {"equal": [reference, *(who for who, _ in others)], "digest": expected["digest"]}
