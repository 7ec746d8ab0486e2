"""The real processes, driven through the command line as a user would."""

import json
import pathlib
import subprocess
import time


class BenchError(Exception):
    """What went wrong, in words for the user."""


def run_json(command, **options):
    """Runs a program and returns the JSON it prints."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise BenchError(f"`{' '.join(words)}` ended with {done.returncode}:\n{done.stderr.strip()}")
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise BenchError(f"`{' '.join(words)}`: expected JSON, found {error}") from error


def cpu_clock_of(pid):
    """The clock of another process's CPU time, as clock_getcpuclockid(3) makes it: exact, where /proc counts
    ticks of 10 ms."""
    return (~pid << 3) | 2


def process_usage(name, pid):
    """CPU seconds, resident and peak resident bytes of a process so far, from /proc."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        return {
            "cpu_seconds": time.clock_gettime(cpu_clock_of(pid)),
            "resident_bytes": int(status["VmRSS"].split()[0]) << 10,
            "peak_resident_bytes": int(status["VmHWM"].split()[0]) << 10,
        }
    except (OSError, KeyError) as error:
        raise BenchError(f"{name} has ended: see its log") from error


def argument_after(flag, pid):
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[words.index(flag) + 1]


class Cluster:
    """A coordinator and workers kept by `lawine up` in a data directory; stopped when the block is left."""

    def __init__(self, bin_dir, data, workers):
        self._lawine = bin_dir / "lawine"
        self._data = data
        self._workers_wanted = workers
        self._pids = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    @property
    def workers_count(self):
        return len([name for name in self._pids if name.startswith("worker-")])

    @property
    def threads_count(self):
        """Threads that work on runs, all workers together: what `lawine up` gave them."""
        return sum(int(argument_after("--threads", pid)) for name, pid in self._pids.items()
                   if name.startswith("worker-"))

    def up(self):
        """Returns the seconds until all workers are registered."""
        start = time.monotonic()
        answer = self.ask("up", "--workers", self._workers_wanted)
        self._pids = {process["name"]: process["pid"] for process in answer["processes"]}
        return time.monotonic() - start

    def down(self):
        # In a session of its own: a Ctrl-C that ends the bench must not keep it from stopping the cluster.
        command = [self._lawine, "--data", self._data, "down"]
        if (self._data / "cluster.json").exists():
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True, start_new_session=True)

    def ask(self, *words):
        return run_json([self._lawine, "--data", self._data, "-o", "json", *words])

    def usage(self):
        """Sums over the workers, and the coordinator's, so far."""
        by_name = {name: process_usage(name, pid) for name, pid in self._pids.items()}
        coordinator = by_name.pop("coordinator")
        workers = {key: sum(usage[key] for usage in by_name.values()) for key in coordinator}
        return {"workers": workers, "coordinator": coordinator}
