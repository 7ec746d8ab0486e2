"""Values of the chart: what is refused, with which sentence, and what an empty one means."""

import json
import pathlib
import tempfile
import unittest

import yaml

import chart
import tools


class WrongValuesTest(unittest.TestCase):
    """Each fails before anything is made, with a sentence that names the field."""

    CASES = [
        ({"workers": {"count": 0}}, "workers.?count"),
        ({"workers": {"count": "three"}}, "workers.?count"),
        ({"workers": {"replicas": 3}}, "replicas"),
        ({"worker": {}}, "worker"),
        ({"workers": {"memory": "lots"}}, "workers.?memory"),
        ({"workers": {"memory": "1Gi"}}, "workers.memory: expected at least 1280Mi"),
        (
            {"workers": {"memory": "2Gi", "count": 1}, "graphs": [{"name": "h", "preset": "hyves"}]},
            r"workers.memory: graphs take \d+Mi on each of 1 workers.*raise it to \d+Mi",
        ),
        (
            {"workers": {"memory": "2Gi", "graphMemory": "2GiB"}},
            "workers.graphMemory: 2GiB leaves less than 512Mi",
        ),
        ({"graphs": [{"name": "Hyves", "preset": "hyves"}]}, "graphs.*name"),
        ({"graphs": [{"name": "a", "preset": "myspace"}]}, "preset"),
        ({"graphs": [{"name": "a"}]}, r"graphs\[0\] \(a\): expected preset or import, found neither"),
        (
            {"graphs": [{"name": "a", "preset": "own"}, {"name": "a", "preset": "own"}]},
            "expected each name once",
        ),
        (
            {"graphs": [{"name": "a", "import": {"files": ["x"], "undirected": True}}]},
            "importVolume.existingClaim",
        ),
        (
            {
                "importVolume": {"existingClaim": "c"},
                "graphs": [{"name": "a", "members": 10, "linksPerMember": 2, "import": {"files": ["x"]}}],
            },
            "say what its rows mean",
        ),
        (
            {
                "importVolume": {"existingClaim": "c"},
                "graphs": [{"name": "a", "import": {"files": ["x"], "undirected": True}}],
            },
            "say how large it is",
        ),
        (
            {
                "importVolume": {"existingClaim": "c"},
                "graphs": [{"name": "a", "import": {"files": ["x"], "undirected": True, "row": "from,to"}}],
            },
            "expected two columns called member, .*found from,to",
        ),
        (
            {
                "importVolume": {"existingClaim": "c"},
                "graphs": [{"name": "a", "import": {"files": ["x"], "row": "member,member,kind"}}],
            },
            "expected import.undirected too",
        ),
        ({"graphs": [{"name": "a", "import": {"files": ["x; rm -rf /"], "undirected": True}}]}, "files"),
        (
            {
                "importVolume": {"existingClaim": "c"},
                "graphs": [
                    {
                        "name": "a",
                        "members": 10,
                        "linksPerMember": 10,
                        "import": {"files": ["x"], "undirected": True},
                    }
                ],
            },
            "expected fewer than its 10 members",
        ),
        ({"certificates": {"mode": "certManager"}}, "certificates.issuer.name"),
        ({"certificates": {"mode": "existing"}}, "certificates.existing"),
        ({"certificates": {"mode": "off"}}, "tokens.mode: certificates.mode is off"),
        ({"tokens": {"mode": "off"}}, "tokens.mode: off is only for"),
        ({"tokens": {"mode": "existing"}}, "tokens.existingSecret"),
        ({"certificates": {"days": 30, "renewBeforeDays": 30}}, "renewBeforeDays: expected less than"),
        ({"coordinator": {"storage": {"size": "lots"}}}, "coordinator.?storage.?size"),
        ({"coordinator": {"memory": "511Mi"}}, "coordinator.memory: expected at least 512Mi"),
        ({"jobs": {"nodes": "small"}}, "nodes"),
        (
            {"coordinator": {"service": {"type": "LoadBalancer"}}},
            "networkPolicy.clients: coordinator.service.type is LoadBalancer, .*expected an ipBlock",
        ),
        (
            {"coordinator": {"service": {"type": "NodePort"}}, "networkPolicy": {"clients": []}},
            "coordinator.service.type is NodePort",
        ),
        ({"coordinator": {"flags": ["--tokens=mine"]}}, "coordinator.?flags"),
        ({"coordinator": {"flags": ["--keep-results=7d"]}}, "coordinator.?flags"),
        ({"networkPolicy": {"apiServerPorts": []}}, "apiServerPorts"),
        ({"networkPolicy": {"apiServerPorts": [70000]}}, "apiServerPorts"),
        ({"certificates": {"publicNames": ["10.0.5"]}}, "expected names, or IPv4 addresses .*found 10.0.5"),
        ({"certificates": {"publicNames": ["10.0.0.256"]}}, "expected names, or IPv4 addresses"),
        (
            {"workers": {"podLabels": {"app.kubernetes.io/name": "x"}}},
            "workers.podLabels: the chart itself gives everything the label app.kubernetes.io/name",
        ),
        ({"coordinator": {"podLabels": {"app.kubernetes.io/component": "x"}}}, "coordinator.podLabels: "),
        ({"commonLabels": {"helm.sh/chart": "x"}}, "commonLabels: .* helm.sh/chart"),
        (
            {"commonLabels": {"tier": "data"}, "workers": {"podLabels": {"tier": "data"}}},
            "workers.podLabels: tier is in commonLabels too",
        ),
        ({"monitoring": {"alerts": {"enabled": True}}}, "monitoring.alerts.enabled: .*serviceMonitor too"),
    ]

    def test_each_is_refused_with_a_sentence(self):
        for values, sentence in self.CASES:
            with self.subTest(json.dumps(values)):
                done = chart.template(values, check=False)
                self.assertNotEqual(done.returncode, 0, "accepted")
                self.assertRegex(done.stderr.replace("\n", " "), sentence)

    def test_callers_from_outside_are_let_in_or_nobody_is_kept_out(self):
        outside = {"coordinator": {"service": {"type": "LoadBalancer"}}}
        callers = [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
        for policy in ({"clients": callers}, {"enabled": False}):
            with self.subTest(policy):
                chart.render({**outside, "networkPolicy": policy})

    def test_lint_refuses_them_too(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "values.yaml"
            path.write_text(yaml.safe_dump({"workers": {"count": 0}}))
            done = tools.run(tools.helm(), "lint", tools.CHART, "--values", path, check=False)
            self.assertNotEqual(done.returncode, 0)


class EmptyValuesTest(unittest.TestCase):
    """A key without a value, as in a file whose list is commented out: Helm then drops the default too."""

    # Of these nothing can be left, though the default is something.
    MAY_BE_NOTHING = ["networkPolicy.clients", "networkPolicy.monitoring", "monitoring.dashboard.labels"]

    def paths(self, values, above=()):
        for key, value in values.items():
            path = (*above, key)
            yield ".".join(path), value
            if isinstance(value, dict) and ".".join(path) not in self.MAY_BE_NOTHING:
                yield from self.paths(value, path)

    def test_each_is_as_its_empty_default_or_refused_by_name(self):
        tools.helm()
        default = chart.render()
        for path, value in self.paths(yaml.safe_load((tools.CHART / "values.yaml").read_text())):
            done = chart.template(more=["--set", f"{path}=null"], check=False)
            with self.subTest(path):
                if path in self.MAY_BE_NOTHING:
                    self.assertEqual(done.returncode, 0, done.stderr)
                elif value:
                    self.assertIn(f"missing property '{path.split('.')[-1]}'", done.stderr)
                else:
                    self.assertEqual(done.stderr, "")
                    self.assertEqual(chart.documents(done.stdout), default)


class KindsTest(unittest.TestCase):
    """Kinds that not every cluster has. Kinds of one are told by --api-versions; without any, no cluster is known."""

    CASES = [
        ({"monitoring": {"serviceMonitor": {"enabled": True}}}, "monitoring.coreos.com/v1"),
        ({"certificates": {"mode": "certManager", "issuer": {"name": "house"}}}, "cert-manager.io/v1"),
    ]

    def test_a_cluster_without_them_is_refused(self):
        cluster = ["--api-versions", "apps/v1/StatefulSet"]
        for values, group in self.CASES:
            with self.subTest(group):
                chart.render(values)
                chart.render(values, more=[*cluster, "--api-versions", group])
                done = chart.template(values, more=cluster, check=False)
                self.assertIn(f"this cluster has no kinds of {group}", done.stderr)

    def test_a_small_set_needs_none_of_them(self):
        for name in ("kind", "small", "hyves"):
            rendered = chart.render(files=[tools.CHART / "values" / f"{name}.yaml"])
            groups = {d["apiVersion"].split("/")[0] for d in rendered if "." in d["apiVersion"]}
            with self.subTest(name):
                self.assertEqual(groups, {"rbac.authorization.k8s.io", "networking.k8s.io"})


if __name__ == "__main__":
    unittest.main()
