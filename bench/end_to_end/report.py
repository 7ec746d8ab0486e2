"""The numbers as a page to read: what, value, and how to take it."""

STEP_FIELDS = ("step", "deliveries", "first_receipts", "duplicates", "forwards")


def seconds(value):
    if value >= 1:
        return f"{value:.1f} s" if value >= 10 else f"{value:.3f} s"
    return f"{value * 1000:.1f} ms" if value >= 0.01 else f"{value * 1000:.2f} ms"


def rate(value):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.2f} {unit}/s"
    return f"{value:.0f} /s"


def size(value):
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if value >= 1 << shift:
            return f"{value / (1 << shift):.2f} {unit}"
    return f"{value} B"


def threads(count):
    return "1 thread" if count == 1 else f"{count} threads"


def spread(timing):
    return f"{seconds(timing['min'])} to {seconds(timing['max'])}, {len(timing['runs'])} runs"


def table(titles, rows):
    """Markdown that lines up as plain text too."""
    cells = [titles, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def speed_rows(results):
    deliveries, workers = results["cluster"]["deliveries"], results["cluster"]["workers"]
    rows = []
    for what, timed, processes in (
            ("cluster over gRPC", results["cluster"], f"{workers} processes, "),
            ("same shards, one process", results["in_process"]["cluster"], ""),
            ("plain array, one thread", results["baseline"]["single_thread"], ""),
            ("plain array, shared bits", results["baseline"]["shared_bits"], "")):
        timing = timed["processing_seconds"]
        touched = timed.get("links_touched")
        rows.append((what, seconds(timing["median"]), spread(timing), rate(deliveries / timing["median"]),
                     rate(touched / timing["median"]) if touched else "not counted",
                     seconds(timed["cpu_seconds"]), processes + threads(timed["threads"])))
    return rows


def ratio_rows(ratios):
    return [
        ("cluster tax", f"{ratios['cluster_tax']:.2f} x",
         "cluster time / same shards in one process: smaller is better, 1 is free"),
        ("cluster tax, CPU", f"{ratios['cluster_tax_cpu']:.2f} x",
         "the same in CPU time, from request to result; also true on a busy machine"),
        ("COST", f"{ratios['cluster_over_single_thread']:.2f} x",
         "one plain thread's time / cluster time: above 1 the cluster pays"),
        ("against shared memory", f"{ratios['cluster_over_shared_bits']:.2f} x",
         "plain array on all cores / cluster time: above 1 shards beat atomics"),
        ("engine against one thread", f"{ratios['in_process_over_single_thread']:.2f} x",
         "one plain thread's time / same shards in one process"),
    ]


def load_rows(results):
    load, cluster = results["load"], results["cluster"]
    first, makespan, call = cluster["first"], cluster["makespan_seconds"], cluster["call_seconds"]
    hydrate, cold = seconds(first["load_seconds"]), seconds(first["processing_seconds"])
    stored = ("reused", "the data directory had the graph") if load["reused"] else (
        seconds(load["seconds"]),
        f"{rate(load['links_per_second'])} links; {seconds(load['cpu_seconds'])} CPU of the workers")
    restart = seconds(results["restart_seconds"])
    plain = seconds(results["baseline"]["load_seconds"])
    return [
        ("generate and store", *stored),
        ("start processes", restart, "`lawine up` until all workers are registered"),
        ("load (hydrate)", hydrate, "RocksDB to memory; perhaps from the page cache"),
        ("first run, processing", cold, "first delivery to last, cold memory"),
        ("warm run, makespan", seconds(makespan["median"]), f"request to result: {spread(makespan)}"),
        ("warm run, command", seconds(call["median"]), f"`lawine simulate` with its start: {spread(call)}"),
        ("baseline's load", plain, "generate into a plain array, no disk"),
    ]


def space_rows(results):
    storage, cluster, baseline = results["storage"], results["cluster"], results["baseline"]
    links = max(storage["graph"]["links"], 1)
    def row(what, value, note):
        return (what, size(value), f"{value / links:.2f}", note)
    rows = [
        row("disk", storage["disk_bytes"], "RocksDB, all workers"),
        row("images", storage["resident_bytes"], "what runs read, all workers"),
        row("resident", cluster["resident_bytes"], "VmRSS of all workers after the runs"),
        row("peak resident", cluster["peak_resident_bytes"], "VmHWM, hydrating and running"),
        row("plain array", baseline["resident_bytes"], "for comparison: offsets and 32-bit ids"),
        row("wire, one run", cluster["exchange_bytes"], "events and markers, once per receiving worker"),
    ]
    if not results["load"]["reused"]:
        rows.insert(4, row("peak while storing", results["load"]["peak_resident_bytes"], "VmHWM, generating"))
    return rows


def step_rows(result):
    return [tuple(f"{step[name]:,}" for name in STEP_FIELDS) for step in result["steps"]]


def heading(results, environment):
    machine, build, graph = environment["machine"], environment["build"], results["storage"]["graph"]
    cluster, scenario = results["cluster"], environment["scenario"]
    audience = cluster["results"][0]["seed_members"][0]["audience"]
    changed = " with uncommitted changes" if build["uncommitted_changes"] else ""
    lines = [
        f"# One message, end to end: {results['profile']}",
        f"{graph['members']:,} members, {graph['links']:,} links; one member messages {audience:,} friends, "
        f"each receiver forwards with probability {scenario['forward']}; run seed {scenario['run_seed']}; "
        f"{cluster['workers']} workers, {cluster['shards']} shards.",
        f"{machine['cpu']}, {machine['cores_usable']} cores, {size(machine['memory_bytes'] or 0)}; "
        f"kernel {machine['kernel']}; compiler {results['baseline']['build']['compiler']}, "
        f"{' '.join(build['flags'] or ['flags not known'])}; "
        f"commit {(build['commit'] or 'not known')[:12]}{changed}; "
        f"load average before: {machine['load_average_before']:.1f}.",
    ]
    return "\n\n".join(lines + [f"**Warning:** {warning}." for warning in results["warnings"]])


def render(results, environment):
    checks = results["checks"]
    parts = [
        heading(results, environment),
        "## Processing time of one cascade (first delivery to last, data in memory)",
        table(("what", "median", "spread", "delivered", "touched", "CPU", "with"), speed_rows(results)),
        "## Ratios: the numbers to compare between machines and days",
        table(("ratio", "value", "meaning"), ratio_rows(results["ratios"])),
        "## Before and around it",
        table(("what", "time", "meaning"), load_rows(results)),
        "## Space",
        table(("what", "bytes", "per link", "meaning"), space_rows(results)),
        "## The work",
        table([name.replace("_", " ") for name in STEP_FIELDS], step_rows(results["cluster"]["results"][0])),
        f"Digest {checks['digest']}, the same (with every count above) in {len(checks['equal'])} runs: "
        + "; ".join(checks["equal"]) + ".",
    ]
    return "\n\n".join(parts) + "\n"
