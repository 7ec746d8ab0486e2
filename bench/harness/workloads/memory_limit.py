"""Graphs larger than memory: the cascade when a half or a quarter of the image may be in memory."""

from session import CommandFailed, Unavailable
from workloads import cascade


def measure(context, resident_bytes):
    """The cluster is left as it was: up, without a limit."""
    if "--memory-limit" not in context.session.help_of("up"):
        raise Unavailable("not available in this build: `lawine up` has no --memory-limit")
    try:
        return {f"1/{share}": limited(context, share, resident_bytes // share) for share in (2, 4)}
    except CommandFailed as error:
        if "--memory-limit: expected at least" in error.stderr:
            raise Unavailable(f"the graph is too small: {error.reason()}") from error
        raise
    finally:
        context.cluster.down()
        context.cluster.up()


def limited(context, share, limit_bytes):
    """`limit_bytes` is for all workers together."""
    context.cluster.down()
    context.cluster.up("--memory-limit", f"{limit_bytes}B")
    forward, runs = context.scenario["forward"], []
    for i in range(context.runs + 1):
        run, answer = cascade.once(context, forward, f"limit 1/{share} {i}")
        context.same_work("forward", f"cluster, 1/{share} of the image in memory, run {i + 1}",
                          cascade.found_in(answer))
        runs.append(run)
    usage = context.cluster.usage()
    context.add(f"limit/1-{share}/processing_seconds", "s", [run["processing_seconds"] for run in runs[1:]],
                answer["digest"])
    context.add(f"limit/1-{share}/peak_resident_bytes", "B", [usage["workers"]["peak_resident_bytes"]],
                answer["digest"])
    return {"limit_bytes": limit_bytes, "first": runs[0], "warm": runs[1:],
            "peak_resident_bytes": usage["workers"]["peak_resident_bytes"]}
