"""The Python client against processes: built, installed and called as its README says."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import tools

PACKAGE = tools.ROOT / "services" / "examples" / "python"
SCENARIOS = tools.ROOT / "services" / "cli" / "scenarios"


class LocalCluster:
    """A cluster kept by `lawine up`, in a directory that is removed."""

    def __init__(self, workers=2):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="clients-"))
        self.bin = tools.programs()
        up = tools.run(
            self.bin / "lawine", "--data", self.data, "-q", "-o", "json", "up", "--workers", workers
        )
        self.address = json.loads(up.stdout)["coordinator"]

    def lawine(self, *words):
        return tools.run(self.bin / "lawine", "--data", self.data, "-q", *words).stdout

    def close(self):
        tools.run(self.bin / "lawine", "--data", self.data, "-q", "down", check=False)
        shutil.rmtree(self.data)


class Proxy:
    """Stands between callers and a server, and cuts their connections when told."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._server = (host, int(port))
        self._open = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                ends = [self._listener.accept()[0], socket.create_connection(self._server)]
            except OSError:
                return  # closed
            self.connections += 1
            self._open += ends
            for source, sink in (ends, ends[::-1]):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # cut

    def cut(self):
        for end in self._open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # has ended by itself
        self._open.clear()

    def close(self):
        self.cut()
        self._listener.close()


def packages_of_the_example():
    """What the example's own line installs beside the client."""
    line = re.search(r"(?m)^#     pip install '.*' (.*)$", (PACKAGE / "ndlib_example.py").read_text())
    return ["ndlib==6.0.1" if name == "ndlib" else name for name in line[1].split()]


def environment():
    """Python of an environment with the package and what it likes to have."""
    where = tools.TOOLS / "python-client"
    python = where / "bin" / "python"
    stamp = where / "installed"
    contents = "".join(
        p.read_text()
        for p in sorted(
            [
                *PACKAGE.rglob("*.py"),
                PACKAGE / "pyproject.toml",
                *(tools.ROOT / "proto" / "lawine" / "v1").glob("*.proto"),
                *SCENARIOS.glob("*.json"),
            ]
        )
        if "build" not in p.parts
    )
    if stamp.exists() and stamp.read_text() == contents:
        return python
    # pip builds in the folder: in a copy, so that the repository stays clean.
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "services" / "examples" / "python"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        shutil.copytree(tools.ROOT / "proto", pathlib.Path(folder) / "proto")
        shutil.copytree(SCENARIOS, pathlib.Path(folder) / "services" / "cli" / "scenarios")
        needs = [
            "grpcio-tools==1.76.0",
            "setuptools==80.9.0",
            "wheel==0.45.1",
            "pandas",
            "numpy",
            "pyarrow",
            "networkx",
            *packages_of_the_example(),
            "scipy",
            "igraph==1.0.0",
        ]
        try:
            tools.run("python3", "-m", "venv", "--clear", where)
            done = tools.run(
                where / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *needs, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise unittest.SkipTest(f"no package index answers: {error}") from None
        if done.returncode != 0:
            raise unittest.SkipTest(f"packages cannot be had: {done.stderr.strip().splitlines()[-1:]}")
        tools.run(
            where / "bin" / "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--no-build-isolation",
            copy,
        )
    stamp.write_text(contents)
    return python


class PythonClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = environment()
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def call(self, body, address=None):
        """Prints of a program that has a client as `c`."""
        address = address or self.cluster.address
        program = f"import json, numpy, networkx, grpc\nimport lawine\nwith lawine.Client({address!r}) as c:\n"
        program += "\n".join("    " + line for line in body.strip().split("\n"))
        return tools.run(
            self.python, "-c", program, cwd=self.folder, env={**os.environ, "PYTHONPATH": ""}
        ).stdout.strip()

    def test_what_could_not_be_imported_is_not_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "services" / "examples" / "python"
            shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
            into = ["--target", pathlib.Path(folder) / "installed", "--no-deps", "--no-build-isolation"]
            done = tools.run(self.python, "-m", "pip", "install", *into, "-e", copy, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("install it without -e", done.stdout + done.stderr)

    def test_readme_example_runs(self):
        text = (PACKAGE / "README.md").read_text()
        program = (
            re.search(r"```python\n(import numpy.*?)```", text, re.DOTALL)
            .group(1)
            .replace("127.0.0.1:7070", self.cluster.address)
        )
        done = tools.run(self.python, "-c", program, cwd=self.folder)
        self.assertIn("deliveries", done.stdout)
        self.assertTrue((self.folder / "who.parquet").exists())

    def test_a_graph_of_an_array_gives_the_digest_that_the_command_line_gets(self):
        links = "\n".join(f"{a} {b}" for a in range(40) for b in range(a + 1, 40) if (a * b) % 7 == 1)
        (self.folder / "links.txt").write_text(links + "\n")
        self.cluster.lawine("graph", "import", "by-hand", self.folder / "links.txt", "--row", "from,to")
        result = json.loads(
            self.cluster.lawine("simulate", "by-hand", "--forward", "0.5", "--random", "2", "-o", "json")
        )
        out = self.call("""
links = numpy.loadtxt("links.txt", dtype=numpy.int64)
g = c.create_graph("by-array", links, directed=True)
r = c.simulate("by-array", forward=0.5, random=2)
print(json.dumps([g.digest, r.digest, r.totals.reach, r.members]))
c.delete_graph("by-array")""")
        graph = json.loads(self.cluster.lawine("graph", "list", "-o", "json"))["graphs"][0]
        self.assertEqual(
            json.loads(out), [graph["digest"], result["digest"], result["totals"]["reach"], graph["members"]]
        )

    def test_networkx_graphs_keep_members_without_links_names_and_probabilities(self):
        out = self.call("""
g = networkx.DiGraph()
g.add_weighted_edges_from([("ann", "bob", 1.0), ("bob", "cas", 0.0)])
g.add_node("dee")
stored = c.create_graph("named", g, probability="weight")
r = c.simulate("named", {"model": {"independent_cascade": {"link_weights": True}}}, seed_members=["ann"], receipts=True)
print(json.dumps([stored.members, stored.links, r.totals.reach, sorted(c.receipts(r.run))]))
c.delete_graph("named")""")
        self.assertEqual(json.loads(out), [4, 2, 2, [["ann", 0, 0], ["bob", 1, 1]]])

    def test_large_runs_are_started_and_watched(self):
        out = self.call("""
c.generate_graph("big", "hyves", members=200000)
r = c.simulate("big", forward=0.2, audience=100, replicas=20)
print(json.dumps([r.run.startswith("runs/"), r.replicas, len(r.replicas_frame()), r.distributions["reach"].p50 > 0]))
c.delete_graph("big")""")
        self.assertEqual(json.loads(out), [True, 20, 20, True])

    def test_a_run_is_waited_for_while_connections_break(self):
        self.cluster.lawine("graph", "create", "long", "--preset", "hyves", "--members", "100000")
        proxy, over = Proxy(self.cluster.address), threading.Event()
        self.addCleanup(proxy.close)

        def cut_twice():
            for connections in (1, 2):
                while not over.wait(0.05):
                    runs = json.loads(self.cluster.lawine("run", "list", "-o", "json"))["runs"]
                    running = any(run["state"].endswith("RUNNING") for run in runs)
                    if running and proxy.connections >= connections:
                        break
                proxy.cut()

        cutter = threading.Thread(target=cut_twice)
        cutter.start()
        self.addCleanup(cutter.join)
        self.addCleanup(over.set)
        out = self.call(
            """
r = c.wait(c.start({"graph": "long", "replicas": 1000, "model": {"forward": {"probability": 0.05}}}))
print(json.dumps([r.replicas, r.digest]))
c.delete_graph("long")""",
            proxy.address,
        )
        self.assertEqual(json.loads(out)[0], 1000)
        self.assertGreaterEqual(proxy.connections, 2)

    def test_what_if_is_answered(self):
        out = self.call("""
c.generate_graph("net", "hyves", members=5000)
s = c.sweep({"graph": "net", "replicas": 16}, "model.forward.probability", 0.001, 0.1, points=6, log=True)
d = c.compare({"base": {"graph": "net", "replicas": 16}, "variants": [{"name": "more", "change": {"model": {"forward": {"probability": 0.3}}}}]})
print(json.dumps([len(s.frame()), list(d.frame()["of"]), bool(d.recommendation)]))
c.delete_graph("net")""")
        self.assertEqual(json.loads(out), [6, ["more"], True])

    def test_errors_say_reason_and_field(self):
        out = self.call("""
try: c.simulate("nobody")
except lawine.NotFound as e: print(e.code.name, e.reason)
c.generate_graph("err", "own")
try: c.simulate("err", forward=1.5)
except lawine.Error as e: print(e.reason, e.fields[0].path)
try: lawine.Client("127.0.0.1:1", timeout=2).status()
except lawine.Error as e: print(e.code.name)
c.delete_graph("err")""")
        self.assertEqual(
            out.split("\n"), ["NOT_FOUND NOT_FOUND", "INVALID_FIELD model.forward.probability", "UNAVAILABLE"]
        )

    def test_callers_mistakes_are_found_before_the_call(self):
        out = self.call("""
for wrong in (lambda: c.create_graph("x", [(1, 2)]), lambda: c.create_graph("x", [], directed=True),
              lambda: c.simulate("x", audience=3, random=2), lambda: lawine.Client("example.org:7070", token="t")):
    try: wrong()
    except ValueError as e: print(e)""")
        self.assertEqual(len(out.split("\n")), 4)

    def test_an_ndlib_that_lacks_something_is_an_error(self):
        broken = self.folder / "broken" / "ndlib"
        broken.mkdir(parents=True)
        (broken / "__init__.py").write_text("import six_that_is_not_there\n")
        done = tools.run(
            self.python,
            PACKAGE / "ndlib_example.py",
            self.cluster.address,
            "--members",
            100,
            "--replicas",
            5,
            env={**os.environ, "PYTHONPATH": str(broken.parent)},
            check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("six_that_is_not_there", done.stderr)

    def test_ndlib_agrees(self):
        receipts = self.folder / "receipts.parquet"
        done = tools.run(
            self.python,
            PACKAGE / "ndlib_example.py",
            self.cluster.address,
            "--members",
            400,
            "--replicas",
            150,
            "--receipts",
            receipts,
        )
        self.assertIn("standard errors", done.stdout)
        rows = tools.run(
            self.python,
            "-c",
            f"import pandas; f = pandas.read_parquet({str(receipts)!r}); print(len(f), *f.columns)",
        ).stdout
        self.assertRegex(rows, r"\d+ member receipt_step forward_step")


if __name__ == "__main__":
    unittest.main()
