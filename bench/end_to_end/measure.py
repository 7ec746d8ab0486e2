"""What is measured, step by step. Each function returns what goes into results.json under its name."""

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


def in_process(bin_dir, data, scenario, workers, runs_count):
    return run_json([bin_dir / "lawine_in_process", "--data", data, "--graph", scenario["graph"],
                     *message_flags(scenario), "--workers", workers, "--runs", runs_count,
                     "--threads", len(os.sched_getaffinity(0))])


def baseline(bin_dir, scenario, runs_count):
    return run_json([bin_dir / "lawine_baseline", *graph_flags(scenario), *message_flags(scenario),
                     "--runs", runs_count, "--threads", len(os.sched_getaffinity(0))])


def ratios(results):
    cluster = results["cluster"]["processing_seconds"]["median"]
    seconds = {"in_process": results["in_process"]["cluster"]["processing_seconds"]["median"],
               "single_thread": results["baseline"]["single_thread"]["processing_seconds"]["median"],
               "shared_bits": results["baseline"]["shared_bits"]["processing_seconds"]["median"]}
    return {
        "cluster_tax": cluster / seconds["in_process"],
        "cluster_over_single_thread": seconds["single_thread"] / cluster,
        "cluster_over_shared_bits": seconds["shared_bits"] / cluster,
        "in_process_over_single_thread": seconds["single_thread"] / seconds["in_process"],
    }


def outcomes(results):
    """(who, what it found) for every program and run that must agree."""
    found = []
    for i, result in enumerate(results["cluster"]["results"]):
        found.append((f"cluster, {'first run' if i == 0 else f'warm run {i}'}", {
            "graph digest": result["graph"]["digest"], "members": result["graph"]["members"],
            "links": result["graph"]["links"], "seed member": result["seed_members"][0]["id"],
            "digest": result["digest"], "steps": result["steps"]}))
    for program, kind in BESIDE_THE_CLUSTER:
        said = results[program]
        found.append((f"{said['program']} {kind.replace('_', ' ')}", {
            "graph digest": said["graph"]["digest"], "members": said["graph"]["members"],
            "links": said["graph"]["links"], "seed member": said["seed_member"],
            "digest": said[kind]["digest"], "steps": said[kind]["steps"]}))
    return found


def check_equal(results):
    """Numbers of runs that did different work must not be compared."""
    (reference, expected), *others = outcomes(results)
    problems = [f"{who}: {what} is {found[what]}, but in {reference} it is {expected[what]}"
                for who, found in others for what in expected if found[what] != expected[what]]
    if problems:
        raise BenchError("results differ, so no number here means anything:\n  " + "\n  ".join(problems))
    return {"equal": [reference, *(who for who, _ in others)], "digest": expected["digest"]}
