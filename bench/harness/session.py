"""Runs the programs of a bench and keeps what each was asked and what it said: raw/ and commands.txt."""

import json
import pathlib
import re
import shlex
import shutil
import subprocess
import time


class BenchError(Exception):
    """What went wrong, in words for the user."""


class Unavailable(Exception):
    """Why something cannot be measured here: a row of the report says so, and the bench goes on."""


class CommandFailed(BenchError):
    """A program ended with an exit code that is not 0."""

    def __init__(self, words, code, stderr):
        super().__init__(f"`{shlex.join(words)}` ended with {code}:\n{stderr}")
        self.stderr = stderr

    def reason(self):
        """Its last line of error output."""
        return (self.stderr.splitlines() or ["it said nothing"])[-1]


class Session:
    """One folder of results, emptied of an earlier bench's. `bin_dir` has the programs."""

    def __init__(self, bin_dir, out):
        self.bin_dir = pathlib.Path(bin_dir).resolve()
        self.out = pathlib.Path(out).resolve()
        self._count = 0
        self._forget_an_earlier_bench()
        (self.out / "raw").mkdir(parents=True)

    def _forget_an_earlier_bench(self):
        for name in ("raw", "plots", "logs"):
            shutil.rmtree(self.out / name, ignore_errors=True)
        for name in ("commands.txt", "report.md", "report.html", "results.json", "environment.json",
                     "google_benchmark.json"):
            (self.out / name).unlink(missing_ok=True)

    def has(self, program):
        return (self.bin_dir / program).is_file()

    def require(self, program):
        if not self.has(program):
            raise Unavailable(f"not available in this build: no {program} in {self.bin_dir}")
        return self.bin_dir / program

    def note(self, words):
        with (self.out / "commands.txt").open("a") as commands:
            commands.write(shlex.join(words) + "\n")

    def run_json(self, command, label=None, **options):
        """Runs a program and returns the JSON it prints, which raw/ keeps under `label`."""
        words = [str(word) for word in command]
        self.note(words)
        start = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise CommandFailed(words, done.returncode, done.stderr.strip())
        try:
            said = json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise BenchError(f"`{shlex.join(words)}`: expected JSON, found {error}") from error
        if label is not None:
            self._keep(label, {"command": words, "seconds": seconds, "output": said})
        return said

    def help_of(self, *words):
        """What a command of `lawine` says about itself; empty where there is no such command."""
        done = subprocess.run([self.bin_dir / "lawine", *words, "--help"],
                              capture_output=True,
                              text=True,
                              check=False)
        return done.stdout if done.returncode == 0 else ""

    def _keep(self, label, content):
        self._count += 1
        name = re.sub(r"[^a-z0-9.]+", "-", label.lower())
        path = self.out / "raw" / f"{self._count:04}-{name}.json"
        path.write_text(json.dumps(content, indent=1) + "\n")
