"""How much each profile measures. What a flag of `bench/run` does not say, its profile does."""

PROFILES = {
    "smoke": {
        "graphs": ["hyves"],
        "members": 10_000,
        "workers": 4,
        "stores": 1,
        "restarts": 1,
        "replicas": 20,
        "messages": 2_000,
        "everyday_messages": 500,
        "rounds": 20,
        "call_interval_seconds": 0.1,
        "probe_gib": 0.0625,
        "growth": {
            "members": [2_000, 5_000], "links": [20, 40], "base": (5_000, 20), "shards": [1, 2, 4],
            "threads": [1, 2], "workers": [1, 2], "counts": [4, 16]
        },
        "peers": {"members": 2_000, "links": 10, "replicas": 50, "seconds_max": 30},
    },
    "laptop": {
        "graphs": ["hyves", "hyves-300"],
        "members": None,
        "workers": 4,
        "stores": 3,
        "restarts": 3,
        "replicas": 1_000,
        "messages": 30_000_000,
        "everyday_messages": 1_000_000,
        "rounds": 300,
        "call_interval_seconds": 1.0,
        "probe_gib": 4,
        "growth": {
            "members": [100_000, 1_000_000, 6_000_000], "links": [100, 300], "base": (1_000_000, 100),
            "shards": [1, 2, 4, 8, 16], "threads": [1, 2], "workers": [1, 2, 4], "counts": [4, 16, 64, 256]
        },
        "peers": {"members": 100_000, "links": 20, "replicas": 200, "seconds_max": 300},
    },
    "cluster": {
        "graphs": ["hyves-300"],
        "members": None,
        "workers": 4,
        "stores": 1,
        "restarts": 0,
        "replicas": 1_000,
        "messages": 30_000_000,
        "everyday_messages": 1_000_000,
        "rounds": 300,
        "call_interval_seconds": 1.0,
        "probe_gib": 1,
        "growth": None,
        "peers": {"members": 100_000, "links": 20, "replicas": 200, "seconds_max": 300},
    },
}

# Memory below which a graph is left out of a profile's list; --graph overrules it.
MEMORY_NEEDED = {"hyves-300": 20 << 30}

# Parts of a bench that --only and --skip name, in order. The cascade itself is always measured: all else is
# held against it.
PARTS = ("store", "restart", "everyone", "independent", "calls", "ensemble", "traffic", "limit", "in-process",
         "baseline", "growth", "micro")


def scenario_of(graph, arguments):
    """Which graph and which message, whole."""
    scenario = {"preset": graph, "members": arguments.members, "links_per_member": arguments.links_per_member}
    for name in ("graph_seed", "audience", "forward", "run_seed"):
        scenario[name] = getattr(arguments, name)
    mean = scenario["links_per_member"]
    words = [
        graph, scenario["members"] or "all", "mean" if mean is None else f"{mean:.3f}", scenario["graph_seed"]
    ]
    scenario["graph"] = "bench-" + "-".join(str(word) for word in words).replace(".", "-")
    return scenario


def graph_flags(scenario):
    flags = ["--preset", scenario["preset"], "--graph-seed", scenario["graph_seed"]]
    for name in ("members", "links_per_member"):
        if scenario[name] is not None:
            flags += ["--" + name.replace("_", "-"), scenario[name]]
    return flags


def message_flags(scenario):
    return ["--audience", scenario["audience"], "--run-seed", scenario["run_seed"]]
