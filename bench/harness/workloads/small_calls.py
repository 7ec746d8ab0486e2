"""P9: calls that die at once, as a service makes them."""

import subprocess
import threading

from session import CommandFailed, Unavailable
from workloads import traffic

# name: callers at once, replicas of each call; a single small call is made 50 times a second
LOADS = {
    "idle": (1, 1),
    "32 callers": (32, 1),
    "100 replicas": (1, 100),
}
IDLE_INTERVAL_SECONDS = 0.02


class Background:
    """Keeps a command of `lawine` going, again when it ends, until the block is left. A command is asked to
    end once and waited for, so that it cancels its run. Fails as the block is left when the command had
    failed: what was measured beside it was not."""

    def __init__(self, context, words):
        self._command = [str(word) for word in context.cluster.words(*words)]
        self._lock = threading.Lock()
        self._process = None
        self._leaving = False
        self._failure = None
        self._thread = threading.Thread(target=self._keep_going)
        context.session.note(self._command)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, kind, *_):
        with self._lock:
            self._leaving = True
            if self._process is not None:
                self._process.terminate()
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def _keep_going(self):
        while self._failure is None:
            with self._lock:
                if self._leaving:
                    return
                self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL,
                                                 stderr=subprocess.PIPE, text=True)
            _, said = self._process.communicate()
            with self._lock:
                if self._process.returncode != 0 and not self._leaving:
                    self._failure = CommandFailed(self._command, self._process.returncode, said.strip())


def calls(context, program, name, member, times):
    """Quantiles of each run of the program."""
    callers, replicas = LOADS[name.removesuffix(" under traffic")]
    single = callers == replicas == 1
    interval = IDLE_INTERVAL_SECONDS if single else context.amounts["call_interval_seconds"]
    rounds = context.amounts["rounds"] if single else max(5, context.amounts["rounds"] // 15)
    runs = []
    for i in range(times):
        said = context.session.run_json([
            program, "--cluster", context.cluster.address, "--graph", context.scenario["graph"], "--member",
            member["id"], "--callers", callers, "--replicas", replicas, "--rounds", rounds, "--interval-ms",
            int(interval * 1000)
        ], f"{context.label}-calls-{name}-{i + 1}")
        context.same_work(f"small call, {replicas} replicas", f"{name}, run {i + 1}",
                          {"digest": said["digest"], "deliveries": said["deliveries"]})
        runs.append(
            {key: said[key] for key in ("calls", "refused", "p50_seconds", "p99_seconds", "max_seconds")})
    return {"runs": runs, "digest": said["digest"]}


def keep(context, name, found):
    for quantile in ("p50", "p99"):
        context.add(f"calls/{name}/{quantile}_seconds", "s",
                    [run[f"{quantile}_seconds"] for run in found["runs"]], found["digest"])
    return found


def under_traffic(context, program, name, member, steps):
    traffic.check_available(context)
    words = traffic.flags(context, context.amounts["messages"], traffic.forward_for(steps), None)
    with Background(context, words):
        found = calls(context, program, name, member, context.runs)
    return keep(context, name, found)


def measure(context, member, steps):
    """What was measured without traffic stays when the traffic fails."""
    program, busy = context.session.require("lawine_small_calls"), "idle under traffic"
    result = {
        name: keep(context, name, calls(context, program, name, member, context.runs)) for name in LOADS
    }
    try:
        result[busy] = under_traffic(context, program, busy, member, steps)
    except Unavailable as why:
        result[busy] = {"missing": str(why)}
    except CommandFailed as error:
        result[busy] = {"missing": f"failed: {error.reason()}"}
        result["failed"] = str(error)
    return result
