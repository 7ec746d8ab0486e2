"""Graphs larger than memory: the cascade with a half and a quarter of the image."""

from session import Unavailable
from workloads import cascade


def measure(context, resident_bytes):
    if "--memory-limit" not in context.session.help_of("up"):
        raise Unavailable("not available in this build: `lawine up` has no --memory-limit")
    result = {}
    for share in (2, 4):
        context.cluster.down()
        context.cluster.up(
            "--memory-limit",
            max(1, (resident_bytes // share) >> 20),
        )
        run, answer = cascade.once(context, context.scenario["forward"], f"limit 1/{share}")
        context.same_work("forward", f"cluster, memory for 1/{share} of the image", cascade.found_in(answer))
        context.add(f"limit/1-{share}/processing_seconds", "s", [run["processing_seconds"]], answer["digest"])
        result[f"1/{share}"] = run
    context.cluster.down()
    context.cluster.up()
    return result
