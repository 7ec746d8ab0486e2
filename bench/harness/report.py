"""The numbers as a page to read: what, value, and how to take it. README.md explains every line."""

import statistics

import bar
import figures
import plots
from metrics import spread_of
from page import Page
from text import count, rate, seconds, size, spread, threads, value

STEP_FIELDS = ("step", "deliveries", "first_receipts", "duplicates", "forwards")


def missing(part):
    return part is None or "missing" in part


def heading(page, results, described):
    machine, build = described["machine"], described["build"]
    changed = " with uncommitted changes" if build["uncommitted_changes"] else ""
    probe, load = described["memory_probe"], described["load_average"]
    page.text(
        f"{machine['cpu']}, {machine['cores_usable']} cores{' (virtual)' if machine['virtual'] else ''}, "
        f"{size(machine['memory_bytes'] or 0)}; kernel {machine['kernel']}; compiler "
        f"{described['compiler'] or 'not known'}, {' '.join(build['flags'] or ['flags not known'])}; commit "
        f"{(build['commit'] or 'not known')[:12]}{changed}; load average {load['before'][0]:.1f} before, "
        f"{load['after'][0]:.1f} after; {seconds(described['bench_seconds'])} in all.")
    page.text(f"Fresh memory costs {seconds(probe['first_seconds_per_gib'])} a GiB at its first touch here, "
              f"{seconds(probe['again_seconds_per_gib'])} when it was given back and taken again, "
              f"{seconds(probe['second_seconds_per_gib'])} once it is there: loads pay the first two.")
    page.text("Command: `" + " ".join(described["command_line"]) + "`; every command it ran is in "
              "`commands.txt`, every answer in `raw/`.")
    for warning in results["warnings"]:
        page.warning(warning)


def bar_row(row, judged):
    if row.missing:
        return (row.id, row.what, "", "", row.missing, "", "", "", "", row.verdict(judged))
    ratio = row.ratio()
    return (row.id, row.what, value(row.must, row.unit), value(row.aim,
                                                               row.unit), value(row.median(), row.unit),
            f"{value(min(row.values), row.unit)} to {value(max(row.values), row.unit)}, {len(row.values)}",
            f"{row.baseline}: {value(row.baseline_value, row.unit)}" if row.baseline_value else row.baseline,
            f"{ratio:.2f} x" if ratio else "-", (row.digest or "-")[:12], row.verdict(judged))


def bar_table(page, label, graph):
    page.heading(f"P1 to P11: {label}")
    full = graph["full_size"]
    rows = [bar_row(row, bar.judged(row, label, full)) for row in bar.rows(graph)]
    page.table(("id", "what", "must", "aim", "median", "min to max, runs", "baseline", "times better",
                "digest", "verdict"), rows)
    if not full or label != bar.BAR_GRAPH_OTHERS:
        page.text("Must and aim were set for hyves-300 (P11: hyves) at full size: rows of other graphs are "
                  "reported, not judged.")


def speed_rows(graph, work):
    rows = []
    for who, timed in figures.timed_programs(graph, work):
        timing, cpu = figures.whole_seconds(timed), timed["cpu_seconds"]
        touched = timed.get("links_touched")
        first = timed.get("first_seconds") or figures.first_seconds(timed["first"])
        rows.append((who, seconds(timing["median"]), spread(timing), seconds(first),
                     rate(timed["deliveries"] / timing["median"]),
                     f"{count(touched)}, {rate(touched / timing['median'])}" if touched else "not counted",
                     seconds(cpu["median"]) if cpu else "not known",
                     threads(timed["threads"]) if timed["threads"] else "not known"))
    return rows


def speed(page, label, graph, drawn):
    titles = {
        "forward": f"One message, one in {1 / max(graph['scenario']['forward'], 1e-9):.0f} forwards (the cluster: "
                   "request to result; others: all they do; data in memory)",
        "everyone": "The same when everyone forwards",
        "independent": "The same of an independent cascade, a coin per link"
    }
    for work, title in titles.items():
        rows = speed_rows(graph, work)
        if rows and not missing(graph.get(work)):
            page.heading(f"{title}: {label}", 3)
            page.table(("what", "median", "min to max", "first run", "delivered", "touched", "CPU", "with"),
                       rows)
            page.figure(f"{label}-{work}", f"Median, with the spread of warm runs ({label})",
                        drawn.get(f"{label}-{work}"))


def median_of(runs, name):
    values = [run[name] for run in runs if run.get(name) is not None]
    return statistics.median(values) if values else None


def around_rows(graph):
    forward, rows = graph["forward"], []
    if not missing(graph.get("store")):
        runs = graph["store"]["runs"]
        values = [run["seconds"] for run in runs]
        rows.append(
            ("generate and store", seconds(median_of(runs, "seconds")),
             f"{rate(runs[0]['links'] / median_of(runs, 'seconds'))} links; {spread(spread_of(values))}"))
    if not missing(graph.get("restart")):
        runs = graph["restart"]["runs"]
        rows += [("start processes", seconds(median_of(runs, "up_seconds")),
                  "`lawine up` until all workers are registered"),
                 ("load (hydrate)", seconds(median_of(runs, "load_seconds")),
                  "RocksDB to memory, with every index that the run uses; perhaps from the page cache")]
        if median_of(runs, "index_seconds") is not None:
            rows.append(
                ("of it, indexes", seconds(median_of(runs,
                                                     "index_seconds")), "links from the receivers' side"))
        rows.append(("first run after it", seconds(median_of(runs, "processing_seconds")), "cold memory"))
    if missing(graph.get("restart")) and forward["first"]["load_seconds"] > 0:
        rows.append(("load (hydrate)", seconds(forward["first"]["load_seconds"]),
                     "RocksDB to memory, at the first run; once"))
    makespan, call = forward["makespan_seconds"], forward["call_seconds"]
    processing = forward["processing_seconds"]
    rows += [("warm run, makespan", seconds(makespan["median"]), f"request to result: {spread(makespan)}"),
             ("of it, processing", seconds(processing["median"]),
              f"first delivery to last, state and seed member there: {spread(processing)}"),
             ("warm run, command", seconds(call["median"]),
              f"`lawine simulate` with its start: {spread(call)}")]
    if not missing(graph.get("baseline")):
        rows.append(("baseline's load", seconds(graph["baseline"]["load_seconds"]),
                     "generate into a plain array, no disk"))
        rows.append(("baseline's second array", seconds(graph["baseline"]["pull_index_seconds"]),
                     "for its pull: the array transposed"))
    return rows


def space_rows(graph):
    space, forward, links = graph["space"], graph["forward"], max(graph["space"]["graph"]["links"], 1)
    store = {} if missing(graph.get("store")) else graph["store"]["runs"][-1]
    plain = {} if missing(graph.get("baseline")) else graph["baseline"]
    rows = [("disk", space["disk_bytes"], "RocksDB, all workers"),
            ("images", space["resident_bytes"], "what runs read, all workers"),
            ("resident", forward["resident_bytes"], "VmRSS of all workers after the runs"),
            ("peak resident", forward["peak_resident_bytes"], "VmHWM, hydrating and running"),
            ("peak while storing", store.get("peak_resident_bytes"), "VmHWM, generating"),
            ("plain array", plain.get("resident_bytes"), "for comparison: offsets and 32-bit ids"),
            ("plain arrays, both ways", plain.get("pull_resident_bytes"), "the same, with pull"),
            ("wire, one run", forward["exchange_bytes"], "events and markers, once per receiving worker")]
    return [(what, size(bytes_), f"{bytes_ / links:.2f}", note) for what, bytes_, note in rows if bytes_]


def traffic_rows(graph):
    rows = []
    for name, day in graph["traffic"].items():
        timing = day["seconds"]
        rows.append((name, count(day["messages"]), day["senders"], f"{day['forward']:g}",
                     count(day["deliveries"]), seconds(timing["median"]), spread(timing),
                     rate(day["messages"] / timing["median"]), rate(day["deliveries"] / timing["median"])))
    return rows


def limit_rows(graph):
    whole = graph["forward"]["processing_seconds"]["median"]
    rows = []
    for share, found in graph["limit"].items():
        timing = spread_of([run["processing_seconds"] for run in found["warm"]])
        rows.append((share, size(found["limit_bytes"]), size(found["peak_resident_bytes"]),
                     seconds(timing["median"]), spread(timing), f"{timing['median'] / whole:.2f} x"))
    return rows


def details(page, label, graph, drawn):
    info, forward = graph["space"]["graph"], graph["forward"]
    page.heading(f"In detail: {label}")
    page.text(f"{info['members']:,} members, {info['links']:,} links; one member messages "
              f"{forward['seed_member']['audience']:,} friends, each receiver forwards with probability "
              f"{graph['scenario']['forward']}; run seed {graph['scenario']['run_seed']}; "
              f"{forward['workers']} workers, {forward['shards']} shards.")
    speed(page, label, graph, drawn)
    page.heading(f"Before and around it: {label}", 3)
    page.table(("what", "time", "meaning"), around_rows(graph))
    page.heading(f"Space: {label}", 3)
    page.table(("what", "bytes", "per link", "meaning"), space_rows(graph))
    if not missing(graph.get("traffic")):
        page.heading(f"Days of traffic: {label}", 3)
        page.table(("day", "messages", "senders", "forward", "deliveries", "request to result", "min to max",
                    "messages", "delivered"), traffic_rows(graph))
    if not missing(graph.get("limit")):
        page.heading(f"With a part of the graph in memory: {label}", 3)
        page.table(("of the image", "limit", "peak resident", "processing", "min to max", "slower"),
                   limit_rows(graph))
    page.heading(f"The work: {label}", 3)
    page.table([name.replace("_", " ") for name in STEP_FIELDS],
               [tuple(f"{step[name]:,}" for name in STEP_FIELDS) for step in forward["steps"]])


def growth_rows(found):
    rows = []
    for row in found["rows"]:
        for program in ("in_process", "cluster", "single_thread", "single_thread_pull"):
            if program not in row:
                continue
            timing, cpu = row[program]["processing_seconds"], row[program]["cpu_seconds"]
            rows.append((row["swept"], count(row["members"]), row["links"], row["shards"], row["workers"],
                         row["threads"], program.replace("_", " "), seconds(timing["median"]), spread(timing),
                         f"{timing['median'] * 1e9 / row['links_count']:.3f}",
                         f"{cpu['median'] * 1e9 / row['links_count']:.3f}"))
    return rows


def growth(page, results, drawn):
    found = results.get("growth")
    if missing(found):
        return
    page.heading("How cost grows")
    page.table(("varied", "members", "links a member", "shards", "workers", "threads", "program", "median",
                "min to max", "ns a link", "CPU ns a link"), growth_rows(found))
    for name in ("links", *figures.SWEEP_AXES):
        page.figure(f"growth-{name}", f"Processing against {name}", drawn.get(f"growth-{name}"))
    page.heading("Exchange by counts, one shard a worker", 3)
    page.table(("shards", "events", "events sent, a worker", "events received, a worker",
                "bytes received, a worker", "bytes, all"),
               [(row["shards"], count(row["events"]), count(row["events_per_worker_sent"]),
                 count(row["events_per_worker_received"]), size(
                     row["bytes_per_worker"]), size(row["exchange_bytes"])) for row in found["counts"]])
    page.figure("growth-counts", "Events are broadcast: what a worker receives approaches all there are",
                drawn.get("growth-counts"))


def peer_row(row):

    def number(name, form):
        return "-" if row.get(name) is None else form.format(row[name])

    return (row["program"], row.get("version", ""), row["work"], value(row.get("load_seconds"), "s"),
            value(row.get("replica_seconds"), "s"), number("reach_mean", "{:,.1f}"),
            number("standard_error", "{:.1f}"), number("z", "{:.2f}"), row.get("note", ""))


def peers(page, results):
    found = results.get("peers")
    if found is None:
        return
    page.heading("Other people's programs, on the same graph")
    if missing(found):
        page.text(found["missing"])
        return
    page.text(f"{found['members']:,} members, {found['links']:,} links; seed member {found['seed_member']}; "
              f"{found['replicas']} replicas of an independent cascade at {found['probability']}; z is the "
              "difference of mean reach in standard errors: beyond 4 the programs did not simulate the same.")
    page.table(
        ("program", "version", "work", "load", "a replica", "mean reach", "standard error", "z", "note"),
        [peer_row(row) for row in found["rows"]])


def render(results, described):
    """(the page, {name: SVG})."""
    drawn, why = plots.drawn_by_some_python(figures.all_of(results))
    page = Page(f"Lawine bench: {results['profile']}")
    heading(page, results, described)
    for label, graph in results["graphs"].items():
        bar_table(page, label, graph)
    for label, graph in results["graphs"].items():
        details(page, label, graph, drawn)
    growth(page, results, drawn)
    peers(page, results)
    page.heading("Same work, proved")
    page.table(("work", "digest", "equal in"),
               [(check["work"], check["digest"] or
                 "-", f"{len(check['equal'])} runs: {'; '.join(check['equal'][:8])}" +
                 ("; ..." if len(check["equal"]) > 8 else "")) for check in results["checks"]])
    if why:
        page.text(why + ".")
    return page, drawn
