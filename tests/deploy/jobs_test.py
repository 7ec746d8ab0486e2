"""The chart's Jobs: when they are there, what they are called, whom they reach, and the one that makes graphs."""

import os
import pathlib
import tempfile
import unittest

import chart
import tools
from python_test import LocalCluster

GRAPHS = [{"name": "a", "preset": "own"}]
# Values beside GRAPHS that are nothing to the Job.
OTHERS = [
    {},
    {"workers": {"count": 5}},
    {"workers": {"memory": "8Gi", "cpus": 4}},
    {"certificates": {"mode": "certManager", "issuer": {"name": "house"}}},
    {"networkPolicy": {"enabled": False}, "coordinator": {"cpus": 2}},
]
# All that its pod takes from values.
CHANGES = [
    {"graphs": [{"name": "b", "preset": "own"}]},
    {"graphs": [{"name": "a", "preset": "own", "members": 2000}]},
    {"commonLabels": {"team": "spread"}},
    {"image": {"tag": "0.1.1"}},
    {"image": {"pullPolicy": "Always"}},
    {"image": {"pullSecrets": [{"name": "pull"}]}},
    {"clusterDomain": "example.org"},
    {"importVolume": {"existingClaim": "files"}},
    {"certificates": {"mode": "off"}, "tokens": {"mode": "off"}},
    {
        "certificates": {
            "mode": "existing",
            "existing": {"internalSecret": "inner", "publicSecret": "outer"},
            "publicNames": ["lawine.example.org"],
        }
    },
    {"tokens": {"mode": "existing", "existingSecret": "mine"}},
]


def graphs_job(rendered):
    return next(d for d in rendered if d["kind"] == "Job" and "-graphs-" in d["metadata"]["name"])


def environment(spec):
    return {e["name"]: e["value"] for e in spec["containers"][0]["env"]}


class GraphsJobNameTest(unittest.TestCase):
    """Kubernetes lets no Job be changed, so that a name is for one Job, and of its graphs."""

    @classmethod
    def setUpClass(cls):
        rendered = [(change, chart.render({"graphs": GRAPHS, **change})) for change in OTHERS + CHANGES]
        cls.jobs = [(change, graphs_job(documents), documents) for change, documents in rendered]

    def test_the_same_name_means_the_same_job_for_the_same_graphs(self):
        seen = {}
        for change, job, documents in self.jobs:
            graphs = chart.find(documents, "ConfigMap", "net-lawine-scripts")["data"]["graphs.list"]
            told = (job["spec"], graphs)
            with self.subTest(change):
                self.assertEqual(seen.setdefault(job["metadata"]["name"], told), told)
        self.assertEqual(len(seen), 1 + len(CHANGES))

    def test_what_is_not_its_own_leaves_its_name(self):
        names = {job["metadata"]["name"] for change, job, _ in self.jobs if change in OTHERS}
        self.assertEqual(len(names), 1)


class GraphsJobTest(unittest.TestCase):
    """files/create-graphs.sh against processes."""

    def setUp(self):
        self.cluster = LocalCluster(workers=2)
        self.addCleanup(self.cluster.close)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "list").write_text("tiny create --preset own --members 1000\n")

    def make(self, workers):
        (self.folder / "count").write_text(str(workers))
        script = tools.CHART / "files" / "create-graphs.sh"
        env = {**os.environ, "LAWINE_CLUSTER": self.cluster.address, "TRIES_MAX": "0"}
        env["PATH"] = f"{tools.programs()}:/usr/bin:/bin"
        return tools.run("sh", script, self.folder / "count", self.folder / "list", env=env, check=False)

    def test_graphs_are_made_once_all_workers_are_there(self):
        early = self.make(3)
        self.assertNotEqual(early.returncode, 0)
        self.assertIn("not all of 3 workers came in time", early.stderr)
        self.assertIn("making graph tiny", self.make(2).stdout)
        self.assertEqual(self.make(2).stdout, "graph tiny is there\n")


class GraphsThatCannotBeTest(unittest.TestCase):
    """The chart refuses what the coordinator would, before anything is made, and nothing else."""

    # (graph, whether it can be), on two workers.
    CASES = [
        ({"preset": "own", "members": 41}, True),
        ({"preset": "own", "members": 40}, False),
        ({"preset": "own", "linksPerMember": 499.5}, True),
        ({"preset": "own", "linksPerMember": 499.6}, False),
        ({"preset": "own", "members": 2, "linksPerMember": 0.5}, True),
        ({"preset": "own", "members": 30000, "linksPerMember": 10001}, False),
        ({"preset": "own", "linksPerMember": 0.1}, True),
        ({"preset": "own", "linksPerMember": 0.0994}, False),
        ({"preset": "hyves", "members": 201}, True),
        ({"preset": "hyves", "members": 200}, False),
        ({"preset": "hyves", "members": 268435457}, False),
        ({"preset": "own", "shards": 513}, False),
        ({"preset": "nl-2009", "members": 10000}, True),
        ({"preset": "nl-2009", "members": 9999}, False),
        # Twitter's 272 members carry a mean of 135.5, which is 0.35576 of the whole's.
        ({"preset": "nl-2009", "members": 10000, "linksPerMember": 380.8}, True),
        ({"preset": "nl-2009", "members": 10000, "linksPerMember": 380.9}, False),
        ({"preset": "nl-2009", "members": 10000, "linksPerMember": 0.3}, True),
        ({"preset": "nl-2009", "members": 10000, "linksPerMember": 0.2}, False),
    ]

    def test_chart_and_coordinator_agree(self):
        cluster = LocalCluster(workers=2)
        self.addCleanup(cluster.close)
        for number, (graph, can_be) in enumerate(self.CASES):
            named = {"name": f"g{number}", **graph}
            values = {"workers": {"count": 2}, "graphs": [named]}
            done = chart.template(values, check=False)
            with self.subTest(graph):
                self.assertEqual(done.returncode == 0, can_be, done.stderr)
                if not can_be:
                    self.assertRegex(done.stderr, rf"graphs\[0\] \(g{number}\): .*expected .*, found ")
                made = self.make(cluster, graph, named["name"])
                self.assertEqual(made.returncode == 0, can_be, made.stderr)

    @staticmethod
    def make(cluster, graph, name):
        flags = {"preset": "--preset", "members": "--members", "shards": "--shards"}
        flags["linksPerMember"] = "--links-per-member"
        words = [word for key, value in graph.items() for word in (flags[key], value)]
        lawine = [cluster.bin / "lawine", "--data", cluster.data, "-q", "graph", "create", name]
        return tools.run(*lawine, *words, check=False)


class ChecksTest(unittest.TestCase):
    def test_scale_in_check_is_part_of_upgrades_only(self):
        def names(**options):
            return [d["metadata"]["name"] for d in chart.render(**options)]

        self.assertNotIn("net-lawine-scale-in-check", names())
        self.assertIn("net-lawine-scale-in-check", names(more=["--is-upgrade"]))

    def test_a_rollback_is_checked_by_what_was_rendered_before_it(self):
        for more in ([], ["--is-upgrade"]):
            rendered = chart.render({"workers": {"count": 4}}, more=more)
            job = chart.find(rendered, "Job", "net-lawine-rollback-check")
            self.assertEqual(job["metadata"]["annotations"]["helm.sh/hook"], "pre-rollback")
            command = job["spec"]["template"]["spec"]["containers"][0]["command"]
            self.assertEqual(command[1:4], ["/scripts/scale-in-check.sh", "net-lawine-worker", "4"])
        upgrade = chart.find(rendered, "Job", "net-lawine-scale-in-check")
        self.assertEqual(upgrade["spec"], job["spec"])
        scripts = chart.find(rendered, "ConfigMap", "net-lawine-scripts")
        self.assertIn("pre-rollback", scripts["metadata"]["annotations"]["helm.sh/hook"])

    def test_how_many_run_is_told_by_no_hook(self):
        # A hook would say so before the check has let it pass.
        count = chart.find(chart.render({"workers": {"count": 4}}), "ConfigMap", "net-lawine-worker")
        self.assertEqual(count["data"], {"count": "4"})
        self.assertNotIn("annotations", count["metadata"])

    def test_without_a_check_there_is_none(self):
        names = [d["metadata"]["name"] for d in chart.render({"scaleInCheck": {"enabled": False}})]
        self.assertNotIn("net-lawine-rollback-check", names)


class ReachTest(unittest.TestCase):
    def test_the_job_of_keys_reaches_the_api_where_it_listens(self):
        def ports(values):
            policy = chart.find(chart.render(values), "NetworkPolicy", "net-lawine-keys")
            return [p["port"] for p in policy["spec"]["egress"][0]["ports"]]

        self.assertEqual(ports({}), [443, 6443, 8443, 16443])
        self.assertEqual(ports({"networkPolicy": {"apiServerPorts": [9443]}}), [9443])

    def existing(self, *names):
        secrets = {"internalSecret": "inner", "publicSecret": "outer"}
        certificates = {"mode": "existing", "existing": secrets, "publicNames": list(names)}
        return {"graphs": GRAPHS, "certificates": certificates}

    def test_jobs_expect_a_name_that_your_certificate_has(self):
        for names, expected in (
            (["lawine.example.org", "other.example.org"], "lawine.example.org"),
            (["*.example.org"], "net-lawine.example.org"),
            ([], None),
        ):
            jobs = 0
            for pod, metadata, spec in chart.pod_templates(chart.render(self.existing(*names))):
                if metadata["labels"]["app.kubernetes.io/component"] != "job":
                    continue
                jobs += 1
                with self.subTest(f"{pod}: {names}"):
                    self.assertEqual(environment(spec).get("LAWINE_TLS_SERVER_NAME"), expected)
            self.assertEqual(jobs, 3)

    def test_certificates_of_the_chart_have_the_name_that_is_called(self):
        rendered = chart.render({"graphs": GRAPHS, "certificates": {"publicNames": ["lawine.example.org"]}})
        told = environment(graphs_job(rendered)["spec"]["template"]["spec"])
        self.assertNotIn("LAWINE_TLS_SERVER_NAME", told)
        keys = chart.find(rendered, "Job", "net-lawine-keys")["spec"]["template"]["spec"]
        names = next(e["value"] for e in keys["containers"][0]["env"] if e["name"] == "PUBLIC_NAMES")
        self.assertIn(told["LAWINE_CLUSTER"].split(":")[0], names.split(","))


if __name__ == "__main__":
    unittest.main()
