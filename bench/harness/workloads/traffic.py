"""P3: a day of messages, each from its own member, made by the workers from the run seed."""

from context import known
from metrics import spread_of
from session import Unavailable

BRANCHING = 0.3  # forwards that one forward leads to, on average


def forward_for(steps):
    """The probability at which a forward leads to BRANCHING others: a friend's audience, which is larger than
    a member's, is seen in the cascade's third hop."""
    forwards, deliveries = steps[2]["forwards"], steps[3]["deliveries"] if len(steps) > 3 else 0
    if not forwards or not deliveries:
        raise Unavailable("the cascade died before its third hop: no rate can be derived from it")
    return float(f"{BRANCHING * forwards / deliveries:.3g}")


def first_of(said, *paths):
    for path in paths:
        found = said
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None


def flags(context, messages, forward, senders):
    return ("traffic", context.scenario["graph"], "--messages", messages, "--forward", forward, "--run-seed",
            context.scenario["run_seed"], *(("--senders", senders) if senders else ()))


def found_in(said):
    found = {
        "digest": first_of(said, "digest", "totals.digest"),
        "deliveries": first_of(said, "totals.deliveries", "deliveries")
    }
    if None in found.values():
        raise Unavailable("expected digest and totals.deliveries in the answer of `lawine traffic`, found " +
                          ", ".join(said))
    return found


def day(context, name, messages, forward, senders):
    runs = []
    for i in range(context.runs):
        words = flags(context, messages, forward, senders)
        said, seconds, cpu = context.timed(*words, label=f"{name} {i + 1}")
        found = found_in(said)
        context.same_work(name, f"cluster, run {i + 1}", found)
        runs.append({
            "call_seconds": seconds, "cpu_seconds": cpu,
            "seconds": first_of(said, "timing.makespan_seconds") or seconds
        })
    digest, deliveries = found["digest"], found["deliveries"]
    context.add(f"{name}/makespan_seconds", "s", [run["seconds"] for run in runs], digest)
    context.add(f"{name}/cpu_seconds", "s", known(run["cpu_seconds"] for run in runs), digest)
    context.add(f"{name}/messages_per_second", "/s", [messages / run["seconds"] for run in runs], digest)
    context.add(f"{name}/deliveries_per_second", "/s", [deliveries / run["seconds"] for run in runs], digest)
    return {
        "messages": messages, "forward": forward, "senders": senders or "uniform", "digest": digest,
        "deliveries": deliveries, "seconds": spread_of([run["seconds"] for run in runs]), "runs": runs
    }


def check_available(context):
    if "--messages" not in context.session.help_of("traffic"):
        raise Unavailable("not available in this build: `lawine` has no command `traffic`")


def measure(context, steps):
    check_available(context)
    forward, amounts = forward_for(steps), context.amounts
    result = {"stress": day(context, "stress day", amounts["messages"], forward, None)}
    if "--senders" in context.session.help_of("traffic"):
        result["everyday"] = day(context, "everyday day", amounts["everyday_messages"], forward,
                                 "heavy-tailed")
    return result
