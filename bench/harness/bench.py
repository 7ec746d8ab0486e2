"""A whole bench: graph after graph, growth, peers; then the folder of results."""

import json
import sys

import environment
import google_benchmark
import growth
import memory_probe
import peers
import report
from context import Context
from graph_bench import GraphBench, attempt, check_programs
from metrics import Metrics
from profiles import scenario_of
from session import Session
from works import Works

SCHEMA_VERSION = 2


def say(text):
    print(text, file=sys.stderr, flush=True)


def graphs_of(arguments, amounts, memory_bytes, needed):
    """Graphs to measure, and why others of the profile are not."""
    if arguments.graph:
        return arguments.graph, []
    found, left_out = [], []
    for graph in amounts["graphs"]:
        if arguments.cluster is None and memory_bytes and memory_bytes < needed.get(graph, 0):
            left_out.append(f"{graph} was left out: it needs {needed[graph] >> 30} GiB of memory, found "
                            f"{memory_bytes >> 30} (--graph {graph} measures it all the same)")
        else:
            found.append(graph)
    return found, left_out


def micro(session):
    """The parts of the engine one by one, in Google Benchmark's own format."""
    path = session.out / "raw" / "micro.json"
    words = [
        session.require("lawine_micro_bench"), "--benchmark_repetitions=3", "--benchmark_format=json",
        f"--benchmark_out={path}", "--benchmark_out_format=json"
    ]
    session.run_json(words)
    return {"file": str(path.relative_to(session.out))}


def failures(results):
    """Parts that failed, whole: (part, error)."""
    parts = [(f"{label}: {name}", part)
             for label, graph in results["graphs"].items()
             for name, part in graph.items()]
    parts += [(name, results[name]) for name in ("growth", "micro", "peers") if name in results]
    return [(name, part["failed"]) for name, part in parts if isinstance(part, dict) and "failed" in part]


def measure(arguments, amounts, out, repository, memory_needed):
    session, metrics, works = Session(arguments.bin, out), Metrics(), Works()
    check_programs(session, arguments.cluster)
    described = environment.describe(session.bin_dir, repository, sys.argv)
    described["memory_probe"] = memory_probe.measure(amounts["probe_gib"])
    graphs, left_out = graphs_of(arguments, amounts, described["machine"]["memory_bytes"], memory_needed)
    results = {"schema_version": SCHEMA_VERSION, "profile": arguments.profile, "graphs": {}}

    def wanted(part):
        return part not in arguments.skip and (arguments.only is None or part in arguments.only)

    def context_of(label, scenario):
        return Context(session, metrics, works, label, scenario, amounts, arguments.runs)

    for graph in graphs:
        scenario = scenario_of(graph, arguments)
        graph_bench = GraphBench(context_of(graph, scenario), wanted, say)
        found = graph_bench.run_on_given(arguments.cluster) if arguments.cluster else \
            graph_bench.run_on_own(arguments.data)
        found["full_size"] = scenario["members"] is None and scenario["links_per_member"] is None
        found["memory_floor_seconds"] = (described["memory_probe"]["again_seconds_per_gib"] *
                                         found["space"]["resident_bytes"] / (1 << 30))
        results["graphs"][graph] = found
    if wanted("growth"):
        context = context_of("growth", scenario_of(growth.PRESET, arguments))
        results["growth"] = attempt("growth", say, growth.measure, context, amounts["growth"])
    if wanted("micro") and arguments.profile != "smoke":
        results["micro"] = attempt("micro", say, micro, session)
    if arguments.peers:
        context = context_of("peers", scenario_of(growth.PRESET, arguments))
        results["peers"] = attempt("peers", say, peers.measure, context, amounts["peers"],
                                   out.resolve().parent / "cache")
    results["metrics"], results["checks"] = metrics.to_json(), works.to_json()
    results["warnings"] = environment.warnings(described) + left_out + [
        f"{part} failed: {error.splitlines()[0]}" for part, error in failures(results)
    ]
    described["compiler"] = next((graph["baseline"]["build"]["compiler"]
                                  for graph in results["graphs"].values()
                                  if "build" in graph.get("baseline", {})), None)
    return results, described


def write(out, results, described):
    """Writes the folder; returns the report as text."""
    page, drawn = report.render(results, described)
    (out / "plots").mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (out / "plots" / f"{name}.svg").write_text(svg)
    for name, content in (("environment", described), ("results", results),
                          ("google_benchmark", google_benchmark.document(results["metrics"], described))):
        (out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    (out / "report.md").write_text(page.markdown())
    (out / "report.html").write_text(page.html())
    return page.markdown()
