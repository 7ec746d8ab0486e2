"""Times in the format of Google Benchmark, for its tools (tools/compare.py, for example)."""


def context_of(described):
    machine = described["machine"]
    return {
        "date": described["time"],
        "host_name": "",
        "executable": " ".join(described["command_line"]),
        "num_cpus": machine["cores_usable"],
        "mhz_per_cpu": 0,
        "cpu_scaling_enabled": False,
        "caches": [],
        "load_avg": list(described["load_average"]["before"]),
        "library_build_type": "release",
    }


def cpu_of(metric, by_name):
    """The metric of CPU seconds of the same runs, or None. Those of a work are of its warm runs."""
    group, _, what = metric["name"].rpartition("/")
    cpu = by_name.get(f"{group}/cpu_seconds")
    if cpu is None or what.startswith("first_") or len(cpu["runs"]) != len(metric["runs"]):
        return None
    return cpu


def benchmarks_of(metrics):
    """One entry a run, and the median. A metric of CPU seconds beside one of wall-clock seconds becomes its
    cpu_time, which is 0 where nobody took it: Google's tools expect a number."""
    by_name = {metric["name"]: metric for metric in metrics}
    found = []
    for metric in metrics:
        if metric["unit"] != "s" or metric["name"].endswith("cpu_seconds"):
            continue
        cpu = cpu_of(metric, by_name)
        entry = {
            "name": metric["name"], "run_name": metric["name"], "repetitions": len(metric["runs"]),
            "threads": 1, "iterations": 1, "time_unit": "s", "label": metric["digest"] or ""
        }
        for i, seconds in enumerate(metric["runs"]):
            found.append({
                **entry, "run_type": "iteration", "repetition_index": i, "real_time": seconds,
                "cpu_time": cpu["runs"][i] if cpu else 0
            })
        found.append({
            **entry, "name": metric["name"] + "_median", "run_type": "aggregate", "aggregate_name": "median",
            "aggregate_unit": "time", "real_time": metric["median"], "cpu_time": cpu["median"] if cpu else 0
        })
    return found


def document(metrics, described):
    return {"context": context_of(described), "benchmarks": benchmarks_of(metrics)}
