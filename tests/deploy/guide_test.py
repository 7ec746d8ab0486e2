"""deploy/README.md: its commands are run, or held against the chart."""

import json
import os
import pathlib
import re
import shlex
import shutil
import tempfile
import unittest

import chart
import tools

GUIDE = tools.ROOT / "deploy" / "README.md"


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE.read_text(), re.DOTALL)


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

    def test_files_that_the_guide_names_are_there(self):
        for path in set(re.findall(r"(?<!tests/)\bdeploy/[\w./-]*\w", GUIDE.read_text())):
            with self.subTest(path):
                self.assertTrue((tools.ROOT / path).exists())
        for name in set(re.findall(r"`(\w+_test\.py)`", GUIDE.read_text())):
            with self.subTest(name):
                self.assertTrue((pathlib.Path(__file__).parent / name).exists())


if __name__ == "__main__":
    unittest.main()
