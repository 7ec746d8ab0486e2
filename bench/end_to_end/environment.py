"""Where the numbers come from: machine, build, versions."""

import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
LIBRARIES = ("grpc++", "protobuf", "rocksdb", "absl_base", "jemalloc")


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def output_of(*command, cwd=None):
    """What a program prints, or None where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def first_match(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1).strip() if match else None


def machine():
    memory = first_match(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"))
    return {
        "cpu": first_match(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo")) or platform.processor(),
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "memory_bytes": int(memory) << 10 if memory else None,
        "kernel": platform.release(),
        "system": first_match(r'^PRETTY_NAME="?([^"\n]*)', read("/etc/os-release")),
        "transparent_huge_pages": first_match(r"\[(\w+)\]", read(HUGE_PAGES)),
        "load_average_before": os.getloadavg()[0],
    }


def flags(bin_dir):
    """What the engine was compiled with, as the build directory recorded it."""
    commands = read(bin_dir.parent / "compile_commands.json")
    for entry in json.loads(commands) if commands else []:
        if entry["file"].endswith("engine/base/digest.cc"):
            return [word for word in entry["command"].split() if re.match(r"-(O|m|std|D|f|g)", word)]
    return None


def build(bin_dir, repository):
    version = output_of(str(bin_dir / "lawine"), "--version")
    changes = output_of("git", "status", "--porcelain", "--untracked-files=no", cwd=repository)
    return {
        "version": version,
        "commit": output_of("git", "rev-parse", "HEAD", cwd=repository),
        "uncommitted_changes": None if changes is None else bool(changes),
        "flags": flags(bin_dir),
        "libraries": {name: output_of("pkg-config", "--modversion", name) for name in LIBRARIES},
    }


def describe(bin_dir, repository, scenario, command_line):
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command_line": command_line,
        "scenario": scenario,
        "machine": machine(),
        "build": build(bin_dir, repository),
        "python": platform.python_version(),
    }
