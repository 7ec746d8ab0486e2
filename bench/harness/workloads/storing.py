"""P4 and P6: generating a graph into the workers' RocksDB, and the space it takes."""

from context import known
from profiles import graph_flags


def is_there(context):
    name = context.scenario["graph"]
    return any(graph["name"] == name for graph in context.cluster.ask("graph", "list")["graphs"])


def create(context):
    words = ("graph", "create", context.scenario["graph"], *graph_flags(context.scenario))
    said, seconds, cpu = context.timed(*words, label="store")
    usage = context.cluster.usage()
    return {
        "links": said["graph"]["links"], "digest": said["graph"]["digest"], "seconds": seconds,
        "cpu_seconds": cpu, "peak_resident_bytes": usage and usage["workers"]["peak_resident_bytes"]
    }


def store(context, times):
    """Stores the graph `times` times, unless it is there: then it is kept and nothing is measured."""
    if is_there(context):
        return {"missing": "the graph was there already"}
    runs = [create(context)]
    for _ in range(times - 1):
        context.cluster.ask("graph", "delete", context.scenario["graph"])
        runs.append(create(context))
    for i, run in enumerate(runs):
        context.same_work("graph", f"stored, {i + 1}", {"digest": run["digest"], "links": run["links"]})
    context.add("store/seconds", "s", [run["seconds"] for run in runs], runs[0]["digest"])
    context.add("store/links_per_second", "/s", [run["links"] / run["seconds"] for run in runs],
                runs[0]["digest"])
    context.add("store/cpu_seconds", "s", known(run["cpu_seconds"] for run in runs), runs[0]["digest"])
    context.add("store/peak_resident_bytes", "B", known(run["peak_resident_bytes"] for run in runs),
                runs[0]["digest"])
    return {"runs": runs}


def space(context):
    """Bytes on disk, and of the images in memory. To be asked when the graph is in memory."""
    stats = context.cluster.ask("graph", "stats", context.scenario["graph"], label="graph-stats")
    links = stats["graph"]["links"]
    result = {"graph": stats["graph"], "audience_mean": stats["audience_mean"]}
    for name in ("disk", "resident"):
        total = sum(shard[name + "_bytes"] for shard in stats["shards"])
        result[name + "_bytes"] = total
        result[name + "_bytes_per_link"] = total / links if links else 0
        context.add(f"space/{name}_bytes_per_link", "B/link", [total / links] if links else [],
                    stats["graph"]["digest"])
    return result
