"""Other people's programs on the same graph and model: spreads must agree, and times stand beside ours.

They come from PyPI into an environment of their own (peers/requirements.txt). Each program of peers/ is
asked in a process of its own; what fails or takes too long is a row that says so."""

import hashlib
import json
import pathlib
import statistics
import subprocess
import sys

from cluster import temporary_cluster
from profiles import message_flags
from session import BenchError, Unavailable
from workloads.independent import PROBABILITY

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "peers"
INDEPENDENT, EVERYONE = "independent cascade", "everyone forwards"
CLUSTER_WORKERS = 2
Z_MAX = 4  # |z| beyond this: not the same model (6 in 100,000 by chance)


def environment_python(cache):
    """The Python of an environment that has the pinned versions; made at first, used again later."""
    wanted = (FOLDER / "requirements.txt").read_bytes()
    home = cache / ("peers-" + hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12])
    python = home / "bin/python"
    if (home / "complete").exists():
        return python
    for words in ([sys.executable, "-m", "venv", home], [
            python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary",
            ":all:", "--requirement", FOLDER / "requirements.txt"
    ]):
        try:
            done = subprocess.run([str(word) for word in words],
                                  capture_output=True,
                                  text=True,
                                  check=False,
                                  timeout=900)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                "the packages of peers/requirements.txt did not come from PyPI in time") from error
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise Unavailable("the packages of peers/requirements.txt could not be installed from PyPI: " +
                              reason[0])
    (home / "complete").touch()
    return python


def graph_words(amounts):
    return ["--preset", "hyves", "--members", amounts["members"], "--links-per-member", amounts["links"]]


def export(context, amounts, path):
    """Writes the edge list; {members, links, digest, seed_member}."""
    words = [
        str(word) for word in (context.session.require("lawine_export_edges"), *graph_words(amounts),
                               *message_flags(context.scenario))
    ]
    context.session.note(words)
    with path.open("w") as edges:
        done = subprocess.run(words, stdout=edges, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"`{' '.join(words)}`: {done.stderr.strip()}")
    return json.loads(done.stderr)


def summary(program, version, work, load_seconds, seconds, reach, note=""):
    """One line of the table. `seconds` is of all replicas together."""
    spread = statistics.stdev(reach) / len(reach)**0.5 if len(reach) > 1 else None
    return {
        "program": program, "version": version, "work": work, "load_seconds": load_seconds,
        "replica_seconds": seconds / len(reach), "replicas": len(reach), "reach": reach,
        "reach_mean": statistics.fmean(reach), "standard_error": spread, "z": None, "note": note
    }


def ours(context, amounts):
    """Our lines: the first of each work is what the others are held against."""
    session, flags = context.session, [
        *graph_words(amounts), *message_flags(context.scenario), "--forward", 1, "--runs", context.runs
    ]
    plain = session.run_json([
        session.require("lawine_baseline"), *flags, "--link-probability", PROBABILITY, "--replicas",
        amounts["replicas"]
    ], "peers-baseline")
    engine = session.run_json([session.require("lawine_in_process"), *flags], "peers-in-process")
    ensemble, everyone = plain["independent_cascade"]["ensemble"], plain["cascades"][0]
    context.same_work("everyone", "plain array", {"digest": everyone["single_thread"]["digest"]})
    own = engine["cascades"][0]["in_process"]
    context.same_work("everyone", "engine in one process", {"digest": own["digest"]})
    reach = sum(step["first_receipts"] for step in own["steps"])
    rows = [summary("Lawine's baseline", "", INDEPENDENT, plain["load_seconds"], ensemble["seconds"],
                    ensemble["reach"], "one thread, a coin per link")]
    rows += our_cluster(context, amounts, ensemble["reach"])
    push, pull = everyone["single_thread"], everyone["single_thread_pull"]
    for program, said, timed, note in (
            ("Lawine in one process", engine, own, f"{own['threads']} threads"),
            ("Lawine's baseline", plain, push, "one thread, plain push"),
            ("Lawine's baseline with pull", plain, pull, "one thread")):
        rows.append(summary(program, "", EVERYONE, said["load_seconds"],
                            timed["processing_seconds"]["median"], [reach], note))
    return rows


def our_cluster(context, amounts, reach):
    """The same ensemble by real processes; `reach` is what each replica came to in the baseline."""
    if "--cascade" not in context.session.help_of("simulate"):
        return []
    with temporary_cluster(context.session, CLUSTER_WORKERS) as cluster:
        cluster.ask("graph", "create", "peers", *graph_words(amounts))
        words = ("simulate", "peers", *message_flags(context.scenario), "--cascade", PROBABILITY)
        cluster.ask(*words)  # brings the graph into memory
        said = cluster.ask(*words, "--replicas", amounts["replicas"], label="peers-cluster")
    found = [replica["totals"]["reach"] for replica in said["replicas"]]
    context.same_work("independent", "plain array", {"reach of each replica": reach})
    context.same_work("independent", "cluster", {"reach of each replica": found})
    return [
        summary("Lawine, cluster", "", INDEPENDENT, None, said["timing"]["makespan_seconds"], found,
                f"{CLUSTER_WORKERS} processes; reach of each replica as in the baseline")
    ]


def ask(context, python, program, path, graph, amounts):
    """Lines of one peer."""
    words = [
        str(word)
        for word in (python, FOLDER / f"{program}_peer.py", path, graph["members"], graph["seed_member"],
                     PROBABILITY, amounts["replicas"], amounts["seconds_max"] / 2)
    ]
    context.session.note(words)
    try:
        done = subprocess.run(words,
                              capture_output=True,
                              text=True,
                              check=False,
                              timeout=amounts["seconds_max"])
    except subprocess.TimeoutExpired:
        return [{"program": program, "work": "any", "note": f"not done in {amounts['seconds_max']} s"}]
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        return [{"program": program, "work": "any", "note": reason[0]}]
    rows = []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        done_all = len(said["reach"]) == amounts["replicas"]
        rows.append(summary(said["program"], said["version"], said["work"], said["load_seconds"],
                            said["seconds"], said["reach"],
                            "" if done_all else f"{len(said['reach'])} replicas in the time"))
    return rows


def compare(rows):
    """Fills in z; returns what disagrees. When everyone forwards there is no luck: reach must be equal."""
    problems, reference = [], {}
    for row in rows:
        if "reach" not in row:
            continue
        first = reference.setdefault(row["work"], row)
        if first is row:
            continue
        who = f"{row['program']}, {row['work']}"
        if row["work"] == EVERYONE:
            if set(row["reach"]) != set(first["reach"]):
                problems.append(f"{who}: reach {row['reach_mean']:,.1f}, expected {first['reach_mean']:,.0f}")
            continue
        error = ((row["standard_error"] or 0)**2 + (first["standard_error"] or 0)**2)**0.5
        if error > 0:
            row["z"] = (row["reach_mean"] - first["reach_mean"]) / error
            if abs(row["z"]) > Z_MAX:
                problems.append(
                    f"{who}: mean reach {row['reach_mean']:,.1f} is {row['z']:.1f} standard errors "
                    f"from {first['reach_mean']:,.1f}")
    return problems


def keep(context, rows, digest):
    """Of every row its program and its work have one name in all benches; a note is of one bench."""
    for row in rows:
        if "replica_seconds" in row:
            context.add(f"{row['work']}/{row['program']}/replica_seconds", "s", [row["replica_seconds"]],
                        digest)


def measure(context, amounts, cache):
    """`cache` keeps the environment for other benches. Programs that disagree with ours end the bench."""
    python = environment_python(cache)
    path = context.session.out / "edges.txt"
    try:
        graph = export(context, amounts, path)
        rows = ours(context, amounts)
        for program in ("cynetdiff", "igraph", "networkit", "ndlib"):
            rows += ask(context, python, program, path, graph, amounts)
    finally:
        path.unlink(missing_ok=True)
    problems = compare(rows)
    if problems:
        raise BenchError("other programs found something else:\n  " + "\n  ".join(problems))
    keep(context, rows, graph["digest"])
    return {
        "members": graph["members"], "links": graph["links"], "seed_member": graph["seed_member"],
        "probability": PROBABILITY, "replicas": amounts["replicas"], "rows": rows
    }
