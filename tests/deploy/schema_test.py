"""Rendered manifests against Kubernetes' own types: unknown fields, missing ones, wrong types; and restricted pods."""

import json
import pathlib
import shutil
import tempfile
import unittest

import chart
import tools

MODELS = [
    "kubernetes-models@5.1.0",
    "@kubernetes-models/prometheus-operator@6.0.0",
    "@kubernetes-models/cert-manager@6.0.0",
    "typescript@5.9.3",
]
CRDS = {
    "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
    "cert-manager.io": "@kubernetes-models/cert-manager",
}


def module_of(document):
    api = document["apiVersion"]
    group = api.split("/")[0] if "/" in api else ""
    return f"{CRDS.get(group, 'kubernetes-models')}/{api}"


def typescript(rendered):
    """A program that gives each document its kind's type, and at run time its schema."""
    lines = []
    for number, document in enumerate(rendered):
        kind = document["kind"]
        lines.append(
            f"import {{ {kind} as K{number}, I{kind} as I{number} }} from {json.dumps(module_of(document))};"
        )
    for number, document in enumerate(rendered):
        lines.append(f"const d{number}: I{number} = {json.dumps(document)};")
        lines.append(f"new K{number}(d{number}).validate();")
    return "\n".join(lines) + "\n"


def distinct(renderings):
    seen = {}
    for name, rendered in renderings:
        for document in rendered:
            seen.setdefault(json.dumps(document, sort_keys=True), (name, document))
    return list(seen.values())


class SchemaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.where = tools.npm("models", *MODELS)
        cls.documents = distinct(chart.every_rendering())

    def check(self, rendered):
        """What is wrong with the documents; empty when nothing is."""
        with tempfile.TemporaryDirectory(dir=self.where) as folder:
            program = pathlib.Path(folder) / "manifests.ts"
            program.write_text(typescript(rendered))
            options = {
                "compilerOptions": {
                    "strict": True,
                    "target": "es2022",
                    "module": "nodenext",
                    "moduleResolution": "nodenext",
                    "skipLibCheck": True,
                    "types": [],
                },
                "files": ["manifests.ts"],
            }
            (pathlib.Path(folder) / "tsconfig.json").write_text(json.dumps(options))
            tsc = self.where / "node_modules" / ".bin" / "tsc"
            typed = tools.run(tsc, "-p", folder, check=False)
            ran = tools.run("node", program.with_suffix(".js"), check=False, cwd=self.where)
            return (typed.stdout if typed.returncode else "") + (ran.stderr if ran.returncode else "")

    def test_all_manifests_fit_their_schemas(self):
        self.assertGreater(len(self.documents), 60)
        self.assertEqual(self.check([document for _, document in self.documents]), "")

    def test_an_unknown_field_is_found(self):
        worker = json.loads(json.dumps(next(d for _, d in self.documents if d["kind"] == "StatefulSet")))
        worker["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
        self.assertIn("livenessProb", self.check([worker]))

    def test_a_missing_field_is_found(self):
        monitor = json.loads(json.dumps(next(d for _, d in self.documents if d["kind"] == "ServiceMonitor")))
        del monitor["spec"]["selector"]
        self.assertIn("selector", self.check([monitor]))


class PodSecurityTest(unittest.TestCase):
    """Kubernetes' own evaluation of the level `restricted`."""

    @classmethod
    def setUpClass(cls):
        tools.needs("go", "the evaluation is a Go module")
        cls.program = tools.TOOLS / "go" / "pod_security"
        source = tools.TOOLS / "go" / "pod_security_source"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(pathlib.Path(__file__).parent / "pod_security", source)
        done = tools.run("go", "mod", "tidy", cwd=source, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(
                f"the modules of the evaluation cannot be had: {done.stderr.strip().splitlines()[-1:]}"
            )
        tools.run("go", "build", "-p", "2", "-o", cls.program, ".", cwd=source)

    def refused(self, pods):
        given = json.dumps(
            [{"name": name, "metadata": metadata, "spec": spec} for name, metadata, spec in pods]
        )
        return tools.run(self.program, input=given).stdout

    def test_every_pod_is_restricted(self):
        pods = [pod for _, rendered in chart.every_rendering() for pod in chart.pod_templates(rendered)]
        self.assertGreater(len(pods), 20)
        self.assertEqual(self.refused(pods), "")

    def test_a_privileged_pod_is_found(self):
        name, metadata, spec = next(iter(chart.pod_templates(chart.render())))
        spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
        self.assertIn("allowPrivilegeEscalation", self.refused([(name, metadata, spec)]))

    def test_roots_are_read_only(self):
        for name, rendered in chart.every_rendering():
            for pod, _, spec in chart.pod_templates(rendered):
                with self.subTest(f"{name}: {pod}"):
                    self.assertTrue(
                        all(c["securityContext"]["readOnlyRootFilesystem"] for c in spec["containers"])
                    )
                    self.assertGreater(spec["securityContext"]["runAsUser"], 0)


if __name__ == "__main__":
    unittest.main()
