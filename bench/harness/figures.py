"""What is drawn: results as descriptions for plots.py."""

from workloads.beside import PLAIN, works_of

SWEEP_AXES = {"shards": "shards", "threads": "threads", "workers": "worker processes"}


def timed_programs(results, work):
    """(label, {processing_seconds, cpu_seconds, ...}) of all programs that did a work: "forward", "everyone",
    "independent". Their times are by one clock: `whole_seconds`."""
    found = []
    if "missing" not in results.get(work, {"missing": ""}):
        cluster = results[work]
        found.append((f"cluster over gRPC, {cluster['workers']} processes", cluster))
    for part, programs in (("in-process", {"in_process": "same shards, one process"}), ("baseline", PLAIN)):
        said = results.get(part, {"missing": ""})
        measured = {} if "missing" in said else works_of(said).get(work, {})
        found += [(label, measured[name]) for name, label in programs.items() if name in measured]
    return found


def whole_seconds(timed):
    """Of the cluster from request to result. What others call processing begins before their state is there."""
    return timed.get("makespan_seconds", timed["processing_seconds"])


def first_seconds(run):
    """Of the cluster's first run: the same clock, without bringing the graph into memory."""
    return run["makespan_seconds"] - run["load_seconds"]


def bars(label, results, work, title):
    programs = timed_programs(results, work)
    if len(programs) < 2:
        return []
    return [{
        "name": f"{label}-{work}", "kind": "bars", "title": f"{title}, {label}", "x": "milliseconds",
        "bars": [{
            "label": who, "value": 1e3 * timing["median"],
            "low": 1e3 * timing["min"], "high": 1e3 * timing["max"]
        } for who, timing in ((who, whole_seconds(timed)) for who, timed in programs)]
    }]


def series(label, rows, x, program):
    rows = sorted((row for row in rows if program in row), key=lambda row: row[x])
    timing = [row[program]["processing_seconds"] for row in rows]
    return {
        "label": label, "x": [row[x] for row in rows], "y": [t["median"] for t in timing],
        "low": [t["min"] for t in timing], "high": [t["max"] for t in timing]
    }


def growth(found):
    if "missing" in found:
        return []
    figures = []
    by_members = [row for row in found["rows"] if row["swept"] == "members"]
    programs = (("in_process", "Lawine in one process"), ("single_thread", "one thread, plain push"),
                ("single_thread_pull", "one thread, with pull"))
    figures.append({
        "name": "growth-links", "kind": "lines", "title": "One message against links of the graph",
        "x": "links", "y": "seconds",
        "series": [series(label, by_members, "links_count", name) for name, label in programs]
    })
    for swept, axis in SWEEP_AXES.items():
        rows = [row for row in found["rows"] if row["swept"] == swept]
        program = "cluster" if swept == "workers" else "in_process"
        figures.append({
            "name": f"growth-{swept}", "kind": "lines", "title": f"One message against {axis}", "x": axis,
            "y": "seconds", "series": [series(swept, rows, swept, program)]
        })
    counts = found["counts"]
    figures.append({
        "name": "growth-counts", "kind": "lines", "title": "Exchange of one worker, one shard a worker",
        "x": "shards", "y": "in one cascade", "series": [{
            "label": label, "x": [row["shards"] for row in counts], "y": [row[name] for row in counts],
            "low": [row[name] for row in counts], "high": [row[name] for row in counts]
        } for label, name in (("bytes received", "bytes_per_worker"),
                              ("events received", "events_per_worker_received"), ("events sent",
                                                                                  "events_per_worker_sent"))]
    })
    return figures


def all_of(results):
    figures = []
    for label, graph in results["graphs"].items():
        figures += bars(label, graph, "forward", "One message, one in ten forwards")
        figures += bars(label, graph, "everyone", "Everyone forwards")
        figures += bars(label, graph, "independent", "Independent cascade, a coin per link")
    return figures + growth(results.get("growth", {"missing": ""}))
