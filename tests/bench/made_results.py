"""Results as bench/run writes them, made by hand: small, and every number known."""

from metrics import Metrics, spread_of

DIGEST = "0123456789abcdef0123456789abcdef"
STEPS = [{"step": 0, "deliveries": 0, "first_receipts": 1, "duplicates": 0, "forwards": 1},
         {"step": 1, "deliveries": 300, "first_receipts": 300, "duplicates": 0, "forwards": 30}]


def described(**machine):
    """What environment.json holds."""
    return {
        "time": "2009-04-01T12:00:00+00:00",
        "command_line": ["bench/run", "--profile", "smoke"],
        "bench_seconds": 12.0,
        "compiler": "12.2.0",
        "python": "3.11.2",
        "machine": {
            "cpu": "a <fast> CPU", "cores_usable": 2, "virtual": True, "memory_bytes": 24 << 30,
            "kernel": "6.1", **machine
        },
        "load_average": {"before": [0.1, 0.1, 0.1], "after": [2.0, 1.0, 1.0]},
        "memory_probe": {
            "first_seconds_per_gib": 0.6, "again_seconds_per_gib": 0.5, "second_seconds_per_gib": 0.005
        },
        "build": {"commit": "a" * 40, "uncommitted_changes": False, "flags": ["-O3"]},
    }


CLUSTER_SPREADS = ("processing_seconds", "makespan_seconds", "call_seconds", "cpu_seconds")


def timed(seconds, **more):
    return {
        "processing_seconds": spread_of(seconds), "cpu_seconds": spread_of(seconds),
        "first_seconds": 2 * seconds[0], "threads": 1, "deliveries": 300, "links_touched": 300,
        "digest": DIGEST, "steps": STEPS, **more
    }


def cluster(seconds):
    warm = [{
        "processing_seconds": s, "makespan_seconds": s + 0.01, "call_seconds": s + 0.02, "cpu_seconds": s,
        "exchange_bytes": 100, "links_touched": None
    } for s in seconds]
    return {
        "workers": 4, "threads": 2, "shards": 4, "seed_member": {"id": "7", "audience": 300},
        "first": {**warm[0], "load_seconds": 1.0, "makespan_seconds": 1.15}, "warm": warm, "deliveries": 300, "links_touched": None,
        "exchange_bytes": 100, "resident_bytes": 1 << 20, "peak_resident_bytes": 2 << 20, "digest": DIGEST,
        "steps": STEPS,
        **{name: spread_of([run[name] for run in warm]) for name in CLUSTER_SPREADS},
    }


def graph(**parts):
    """Results of one graph in which the cluster takes 0.11 s, 0.1 of it processing, one process 0.08 s and one thread
    0.41 s."""
    cascades = [{
        name: timed([0.4, 0.41, 0.42]) for name in ("single_thread", "shared_bits", "single_thread_pull")
    } for _ in range(2)]
    return {
        "scenario": {"graph": "bench-hyves", "forward": 0.1, "run_seed": 1},
        "full_size": False,
        "memory_floor_seconds": 0.5,
        "store": {
            "runs": [{
                "links": 1000, "digest": DIGEST, "seconds": 2.0, "cpu_seconds": 2.0,
                "peak_resident_bytes": 1 << 20
            }]
        },
        "restart": {"missing": "a given cluster is not restarted"},
        "forward": cluster([0.1, 0.09, 0.12]),
        "space": {
            "graph": {"members": 10, "links": 1000}, "disk_bytes": 2000, "disk_bytes_per_link": 2.0,
            "resident_bytes": 5000, "resident_bytes_per_link": 5.0
        },
        "in-process": {"cascades": [{"in_process": timed([0.08, 0.08, 0.08])} for _ in range(2)]},
        "baseline": {
            "load_seconds": 1.0, "pull_index_seconds": 0.5, "resident_bytes": 4000,
            "pull_resident_bytes": 8000, "build": {"compiler": "12.2.0"}, "cascades": cascades
        },
        **parts,
    }


def results(graphs=None, metrics=()):
    """What results.json holds. `metrics` are arguments of Metrics.add."""
    kept = Metrics()
    for metric in metrics:
        kept.add(*metric)
    return {
        "schema_version": 2, "profile": "smoke",
        "graphs": graphs if graphs is not None else {"hyves": graph()}, "metrics": kept.to_json(),
        "warnings": [],
        "checks": [{"work": "hyves/forward", "digest": DIGEST, "equal": ["cluster", "plain array"]}]
    }
