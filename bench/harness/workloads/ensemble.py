"""P2: many replicas of the message at once."""

from context import known
from metrics import spread_of
from profiles import message_flags


def measure(context):
    replicas, scenario, runs = context.amounts["replicas"], context.scenario, []
    words = ("simulate", scenario["graph"], *message_flags(scenario), "--forward", scenario["forward"],
             "--replicas", replicas)
    for i in range(context.runs):
        result, seconds, cpu = context.timed(*words, label=f"ensemble {i + 1}")
        context.same_work("ensemble", f"cluster, run {i + 1}",
                          {"digest": result["digest"], "totals": result["totals"]})
        check_first_replica(context, result, i)
        runs.append({
            "call_seconds": seconds, "cpu_seconds": cpu,
            **result["timing"], "links_touched": result["manifest"].get("links_touched"),
            "exchange_bytes": result["manifest"]["exchange_bytes"]
        })
    usage = context.cluster.usage()
    for name in ("makespan_seconds", "processing_seconds", "cpu_seconds"):
        context.add(f"ensemble/{name}", "s", known(run[name] for run in runs), result["digest"])
    if usage:
        context.add("ensemble/peak_resident_bytes", "B", [usage["workers"]["peak_resident_bytes"]],
                    result["digest"])
    return {
        "replicas": replicas, "deliveries": result["totals"]["deliveries"], "digest": result["digest"],
        "reach_per_replica": result["totals"]["reach"] / replicas,
        "makespan_seconds": spread_of([run["makespan_seconds"] for run in runs]), "runs": runs
    }


def check_first_replica(context, result, run):
    """Replica 0 of an ensemble is the single run with the same run seed."""
    replicas = result.get("replicas") or []
    if replicas and "digest" in replicas[0]:
        context.same_work("forward", f"replica 0 of ensemble {run + 1}", {"digest": replicas[0]["digest"]})
