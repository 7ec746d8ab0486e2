"""The real processes, driven through the command line as a user would."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time

from session import BenchError


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


class GivenCluster:
    """A cluster that somebody else runs: it is asked, and neither started, stopped nor looked into."""

    local = False

    def __init__(self, session, address):
        self._session = session
        self.address = address

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, *words, label=None):
        return self._session.run_json(self.words(*words), label)

    def words(self, *words):
        return [self._session.bin_dir / "lawine", "--cluster", self.address, "-q", "-o", "json", *words]

    def usage(self):
        return None


class Cluster:
    """A coordinator and workers kept by `lawine up` in a data directory; stopped when the block is left."""

    local = True

    def __init__(self, session, data, workers):
        self._session = session
        self._lawine = session.bin_dir / "lawine"
        self._data = data
        self._workers_wanted = workers
        self._pids = {}
        self.address = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    @property
    def threads_count(self):
        """Threads that work on runs, all workers together: what `lawine up` gave them."""
        return sum(
            int(argument_after("--threads", pid))
            for name, pid in self._pids.items()
            if name.startswith("worker-"))

    def up(self, *flags):
        """Returns the seconds until all workers are registered."""
        start = time.monotonic()
        answer = self.ask("up", "--workers", self._workers_wanted, *flags)
        self._pids = {process["name"]: process["pid"] for process in answer["processes"]}
        self.address = answer["coordinator"]
        return time.monotonic() - start

    def down(self):
        # In a session of its own: a Ctrl-C that ends the bench must not keep it from stopping the cluster.
        command = [self._lawine, "--data", self._data, "down"]
        if (self._data / "cluster.json").exists():
            self._session.note([str(word) for word in command])
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True, start_new_session=True)

    def ask(self, *words, label=None):
        return self._session.run_json(self.words(*words), label)

    def words(self, *words):
        return [self._lawine, "--data", self._data, "-q", "-o", "json", *words]

    def usage(self):
        """Sums over the workers, and the coordinator's, so far."""
        by_name = {name: process_usage(name, pid) for name, pid in self._pids.items()}
        coordinator = by_name.pop("coordinator")
        workers = {key: sum(usage[key] for usage in by_name.values()) for key in coordinator}
        return {"workers": workers, "coordinator": coordinator}


@contextlib.contextmanager
def temporary_cluster(session, workers):
    """A cluster that is up, in a directory that is removed."""
    data = pathlib.Path(tempfile.mkdtemp(prefix="cluster-", dir=session.out))
    try:
        with Cluster(session, data, workers) as cluster:
            cluster.up()
            yield cluster
    finally:
        shutil.rmtree(data)
