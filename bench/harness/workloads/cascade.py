"""P1 and P11: one message through the cluster, again and again."""

from context import known
from metrics import spread_of
from profiles import message_flags


SPREAD = ("processing_seconds", "makespan_seconds", "call_seconds")


def found_in(result):
    return {
        "graph digest": result["graph"]["digest"], "members": result["graph"]
                                                              ["members"], "links": result["graph"]["links"],
        "seed member": result["seed_members"][0]["id"], "digest": result["digest"], "steps": result["steps"]
    }


def once(context, forward, label, *flags):
    """One run: (times and sizes, the result)."""
    words = ("simulate", context.scenario["graph"], *message_flags(context.scenario), *flags)
    if forward is not None:
        words += ("--forward", forward)
    result, seconds, cpu = context.timed(*words, label=label)
    manifest = result["manifest"]
    return {
        "call_seconds": seconds,
        "cpu_seconds": cpu,
        **result["timing"],
        "exchange_bytes": manifest["exchange_bytes"],
        "links_touched": manifest.get("links_touched"),
    }, result


def measure(context, work, forward, *flags):
    """The first run stands apart: it may bring the graph into memory. Names of metrics begin with `work`."""
    first, result = once(context, forward, f"{work} first", *flags)
    context.same_work(work, "cluster, first run", found_in(result))
    warm = []
    for i in range(context.runs):
        run, again = once(context, forward, f"{work} warm {i + 1}", *flags)
        context.same_work(work, f"cluster, warm run {i + 1}", found_in(again))
        warm.append(run)
    digest, usage = result["digest"], context.cluster.usage()
    for name in (*SPREAD, "cpu_seconds"):
        context.add(f"{work}/cluster/{name}", "s", known(run[name] for run in warm), digest)
    context.add(f"{work}/cluster/first_processing_seconds", "s", [first["processing_seconds"]], digest)
    context.add(f"{work}/cluster/exchange_bytes", "B", [run["exchange_bytes"] for run in warm], digest)
    context.add(f"{work}/cluster/links_touched", "count", known(run["links_touched"] for run in warm),
                digest)
    if usage:
        context.add(f"{work}/cluster/peak_resident_bytes", "B", [usage["workers"]["peak_resident_bytes"]],
                    digest)
    deliveries = result["totals"]["deliveries"]
    context.add(f"{work}/cluster/deliveries_per_second", "/s",
                [deliveries / run["makespan_seconds"] for run in warm], digest)
    return {
        "workers": result["manifest"]["workers"],
        "threads": context.cluster.threads_count if context.cluster.local else None,
        "shards": result["manifest"]["shards"],
        "seed_member": result["seed_members"][0],
        "first": first,
        "warm": warm,
        **{name: spread_of([run[name] for run in warm]) for name in SPREAD},
        "cpu_seconds": spread_of([run["cpu_seconds"] for run in warm]) if usage else None,
        "deliveries": deliveries,
        "links_touched": warm[0]["links_touched"],
        "exchange_bytes": warm[0]["exchange_bytes"],
        "resident_bytes": usage and usage["workers"]["resident_bytes"],
        "peak_resident_bytes": usage and usage["workers"]["peak_resident_bytes"],
        "digest": digest,
        "steps": result["steps"],
    }
