"""Generates lawine.v1 from proto/ of the repository while the package is built, and takes the command line's scenarios."""

import importlib.metadata
import pathlib
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parents[2] / "proto"
SCENARIOS = HERE.parents[1] / "cli" / "scenarios"


class BuildWithContract(build_py):
    def run(self):
        super().run()
        contract = sorted(
            path.relative_to(PROTO).as_posix() for path in (PROTO / "lawine" / "v1").glob("*.proto")
        )
        if not contract:
            raise RuntimeError(f"no proto files in {PROTO}: build from a clone of the repository")
        out = self.build_lib
        subprocess.run(
            [
                sys.executable,
                "-m",
                "grpc_tools.protoc",
                f"-I{PROTO}",
                f"--python_out={out}",
                f"--pyi_out={out}",
                f"--grpc_python_out={out}",
                *contract,
            ],
            check=True,
        )
        library = pathlib.Path(out) / "lawine" / "scenarios"
        library.mkdir(exist_ok=True)
        for scenario in SCENARIOS.glob("*.json"):
            shutil.copy(scenario, library)


class NotEditable(editable_wheel):
    """Sources are used in place there, and lawine.v1 is not among them: it is generated into what is built."""

    def run(self):
        raise RuntimeError("install it without -e: lawine.v1 is generated into the package, not into its sources")


def at_least(package, made_by=None):
    return f"{package}>={importlib.metadata.version(made_by or package)}"


setup(
    cmdclass={"build_py": BuildWithContract, "editable_wheel": NotEditable},
    install_requires=[
        at_least("grpcio", "grpcio-tools"),
        at_least("protobuf"),
        "googleapis-common-protos>=1.63",
    ],
)
