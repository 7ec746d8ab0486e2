"""Where the numbers come from: machine, build, versions."""

import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import time

HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
LIBRARIES = ("grpc++", "protobuf", "rocksdb", "absl_base", "jemalloc")
PACKAGES = ("libc6", "libstdc++6", "libgrpc++1.51", "libprotobuf32", "librocksdb7.8", "libjemalloc2",
            "libabsl20220623", "g++")


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


def memory_of(name):
    kilobytes = first_match(rf"^{name}:\s*(\d+) kB", read("/proc/meminfo"))
    return int(kilobytes) << 10 if kilobytes else None


def caches():
    """Of the first core: {"L1 Data": "32K", ...}."""
    found = {}
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (read(index / name).strip() for name in ("level", "type", "size"))
        found[f"L{level} {kind}"] = size
    return found


def packages():
    """Installed versions of the Debian packages that make a difference to speed."""
    return {name: output_of("dpkg-query", "-W", "-f", "${Version}", name) for name in PACKAGES}


def machine():
    return {
        "cpu": first_match(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo")) or platform.processor(),
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "memory_bytes": memory_of("MemTotal"),
        "kernel": platform.release(),
        "system": first_match(r'^PRETTY_NAME="?([^"\n]*)', read("/etc/os-release")),
        "memory_available_bytes": memory_of("MemAvailable"),
        "caches": caches(),
        "virtual": "hypervisor" in (first_match(r"^flags\s*:\s*(.*)$", read("/proc/cpuinfo")) or "").split(),
        "transparent_huge_pages": first_match(r"\[(\w+)\]", read(HUGE_PAGES)),
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


def describe(bin_dir, repository, command_line):
    """Before anything is measured; see finish()."""
    return {
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command_line": command_line,
        "machine": machine(),
        "load_average": {"before": os.getloadavg()},
        "build": build(bin_dir, repository),
        "packages": packages(),
        "python": platform.python_version(),
    }


def finish(described, started):
    """After everything was measured."""
    described["load_average"]["after"] = os.getloadavg()
    described["bench_seconds"] = time.monotonic() - started


def warnings(described):
    load, cores = described["load_average"]["before"][0], described["machine"]["cores_usable"]
    found = []
    if load > cores / 4:
        found.append(
            f"the machine was busy before the bench began (load average {load:.1f} on {cores} cores): "
            "programs with more threads got more of it, so times and their ratios mislead; CPU times "
            "hold")
    if described["build"]["uncommitted_changes"]:
        found.append("the programs may differ from the commit: there were uncommitted changes")
    return found
