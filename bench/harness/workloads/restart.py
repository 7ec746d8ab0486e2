"""P5: from stopped processes to the first answer."""

from workloads import cascade


def measure(context, times):
    """Restarts the cluster. `ready` is what a user waits for: processes up and registered, and the graph,
    with every index that the run uses, in memory."""
    runs = []
    for i in range(times):
        context.cluster.down()
        up = context.cluster.up()
        run, result = cascade.once(context, context.scenario["forward"], f"after restart {i + 1}")
        context.same_work("forward", f"cluster, after restart {i + 1}", cascade.found_in(result))
        runs.append({"up_seconds": up, "ready_seconds": up + run["load_seconds"], **run})
    for name in ("up_seconds", "load_seconds", "ready_seconds", "processing_seconds"):
        context.add(f"restart/{name}", "s", [run[name] for run in runs], result["digest"])
    if all("index_seconds" in run for run in runs):
        context.add("restart/index_seconds", "s", [run["index_seconds"] for run in runs], result["digest"])
    return {"runs": runs}
