"""deploy/README.md: its commands are run, or held against the chart."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import chart
import tools

GUIDE = tools.ROOT / "deploy" / "README.md"


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE.read_text(), re.DOTALL)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ServersTest(unittest.TestCase):
    """Blocks that start servers by hand: all lines but the last are left running, and the last must see a worker."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="servers-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.env = {**os.environ, "PATH": f"{tools.programs()}:/usr/bin:/bin"}
        self.admin = []

    def here(self, block):
        """The block's lines, with this machine's names, folders and ports."""
        ports = {port: free_port() for port in ("7070", "7071", "7072")}
        block = re.sub(r":(707\d)\b", lambda m: f":{ports[m.group(1)]}", block)
        block = re.sub(r"\b(c|w1)\.example\.org", "localhost", block).replace("/srv/lawine/", f"{self.folder}/")
        lines = [line for line in block.replace("\\\n", " ").splitlines() if line]
        return [line.replace("DIR", str(self.folder / f"data-{i}")) for i, line in enumerate(lines)]

    def start(self, line):
        log = self.folder / f"{len(self.admin)}.log"
        with open(log, "w") as out:
            process = subprocess.Popen(
                shlex.split(line) + ["--admin-listen", "127.0.0.1:0"],
                cwd=self.folder,
                env=self.env,
                stdout=out,
                stderr=out,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        deadline = time.monotonic() + 30
        while not (found := re.search(r"^admin port on (\S+)", log.read_text(), re.MULTILINE)):
            self.assertIsNone(process.poll(), f"{line}\n{log.read_text()}")
            self.assertLess(time.monotonic(), deadline, f"{line}\n{log.read_text()}")
            time.sleep(0.05)
        self.admin.append(found.group(1))

    def serve(self, block):
        *servers, call = self.here(block)
        for line in servers:
            self.start(line)
        deadline = time.monotonic() + 30
        while "alive" not in (said := tools.run("sh", "-ec", call, cwd=self.folder, env=self.env).stdout):
            self.assertLess(time.monotonic(), deadline, said)
            time.sleep(0.1)

    def certify(self):
        """The files that the protected servers are given."""

        def openssl(*words):
            tools.run("openssl", *words, cwd=self.folder)

        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new, "-subj", "/CN=ca", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt")
        for name, uses in (("tls", "serverAuth,clientAuth"), ("public", "serverAuth")):
            (self.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:localhost\nextendedKeyUsage={uses}\n")
            openssl("req", *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
            files = ["-extfile", f"{name}.ext", "-in", f"{name}.csr", "-out", f"{name}.crt"]
            openssl("x509", "-req", *signing, *files)
        for block in blocks("tokens"):
            tools.run("sh", "-ec", block, cwd=self.folder, env=self.env)

    def test_open_servers_serve_and_tell_how_they_are(self):
        self.serve(blocks("servers")[0])
        (commands,) = blocks("admin")
        for address in self.admin:
            for line in commands.replace("127.0.0.1:7080", address).splitlines():
                with self.subTest(line):
                    self.assertRegex(tools.run("sh", "-ec", line).stdout, r"\[\+\]|\"version\"")

    def test_protected_servers_serve(self):
        tools.needs("openssl", "certificates are made with it")
        self.certify()
        self.serve(blocks("servers")[1])


class GuideTest(unittest.TestCase):
    def test_commands_on_one_machine_do_what_the_guide_says(self):
        data = pathlib.Path(tempfile.mkdtemp(prefix="guide-"))
        self.addCleanup(shutil.rmtree, data)
        (data / "lawine").mkdir()
        env = {**os.environ, "LAWINE_DATA": str(data / "lawine"), "PATH": f"{tools.programs()}:/usr/bin:/bin"}

        def shell(text):
            return tools.run("sh", "-ec", text, cwd=data, env=env).stdout

        shell("lawine up --workers 2")
        self.addCleanup(tools.run, "sh", "-c", "lawine down", cwd=data, env=env, check=False)
        commands = blocks("sh")
        self.assertGreaterEqual(len(commands), 5)
        for block in commands:
            with self.subTest(block):
                shell(block)
        graphs = json.loads(shell("lawine graph list -o json"))["graphs"]
        self.assertEqual(
            sorted((g["name"], g["missing_shards"]) for g in graphs),
            [("friends", []), ("small", []), ("small-2", [])],
        )

    def test_up_names_the_processes_that_have_ended(self):
        data = pathlib.Path(tempfile.mkdtemp(prefix="guide-"))
        self.addCleanup(shutil.rmtree, data)
        lawine = [tools.programs() / "lawine", "--data", str(data)]
        up = json.loads(tools.run(*lawine, "up", "--workers", "2", "-o", "json").stdout)
        self.addCleanup(tools.run, *lawine, "down", check=False)
        again = tools.run(*lawine, "up", check=False)
        self.assertIn(f"already kept in {data}, at {up['coordinator']}\n", again.stderr)
        worker = next(process for process in up["processes"] if process["name"] == "worker-1")
        os.kill(worker["pid"], signal.SIGKILL)
        for _ in range(500):  # it is gone when whoever started it has taken note
            again = tools.run(*lawine, "up", check=False)
            if "has ended" in again.stderr:
                break
            time.sleep(0.02)
        self.assertIn(f"; worker-1 has ended, see {data}/logs\n", again.stderr)
        self.assertIn("down stops it; lawine up then starts all of it again", again.stderr)

    def test_helm_commands_render(self):
        found = 0
        for line in "".join(blocks("helm")).splitlines():
            words = shlex.split(line)
            self.assertEqual(words[:2], ["helm", "upgrade"])
            words = [w for w in words[2:] if w not in ("--install", "--create-namespace")]
            with self.subTest(line):
                rendered = chart.documents(tools.run(tools.helm(), "template", *words, cwd=tools.ROOT).stdout)
                self.assertGreater(len(rendered), 10)
                found += 1
        self.assertGreaterEqual(found, 4)

    def test_kubectl_commands_name_what_the_release_has(self):
        rendered = chart.render(files=[tools.CHART / "values" / "small.yaml"])
        names = {d["metadata"]["name"] for d in rendered} | {
            "net",
            "net-lawine-ca",
            "net-lawine-internal",
            "net-lawine-public",
            "net-lawine-tokens",
        }
        for document in rendered:
            if document["kind"] == "StatefulSet":
                name, replicas = document["metadata"]["name"], document["spec"]["replicas"]
                for claim in document["spec"]["volumeClaimTemplates"]:
                    names |= {f"{claim['metadata']['name']}-{name}-{i}" for i in range(replicas)}
                names |= {f"{name}-{i}" for i in range(replicas)}
        lines = "".join(blocks("kubectl")).splitlines()
        self.assertGreater(len(lines), 10)
        for line in lines:
            for name in re.findall(r"\b(?:data-)?net-[a-z0-9-]+", line):
                with self.subTest(line):
                    self.assertIn(name, names)

    def test_examples_of_protected_clusters_name_the_release_of_the_guide(self):
        job = chart.find(chart.render(), "Job", "net-lawine-keys")["spec"]["template"]["spec"]
        environment = {e["name"]: str(e["value"]) for e in job["containers"][0]["env"]}
        names = environment["PUBLIC_NAMES"].split(",")
        for path in ("proto", "services/examples/python", "services/examples/go"):
            text = (tools.ROOT / path / "README.md").read_text()
            called = re.findall(r'([\w.-]+\.spread):7070|server_name="([^"]+)"', text)
            with self.subTest(path):
                self.assertGreater(len(called), 0)
                for name in filter(None, sum(called, ())):
                    self.assertIn(name, names)

    def test_files_that_the_guide_names_are_there(self):
        for path in set(re.findall(r"(?<!tests/)\bdeploy/[\w./-]*\w", GUIDE.read_text())):
            with self.subTest(path):
                self.assertTrue((tools.ROOT / path).exists())
        for name in set(re.findall(r"`(\w+_test\.py)`", GUIDE.read_text())):
            with self.subTest(name):
                self.assertTrue((pathlib.Path(__file__).parent / name).exists())


if __name__ == "__main__":
    unittest.main()
