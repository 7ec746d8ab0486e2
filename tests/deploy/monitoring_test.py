"""Alert rules and dashboard: rules with unit tests, and only metrics that the programs have."""

import json
import pathlib
import re
import tempfile
import unittest

import yaml

import chart
import tools

HERE = pathlib.Path(__file__).resolve().parent
# Of the platform: kubelet and kube-state-metrics.
OTHERS = {
    "up",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "kube_pod_container_resource_limits",
}


MONITORED = {"monitoring": {"serviceMonitor": {"enabled": True}, "alerts": {"enabled": True}}}


def rule_files():
    for path in chart.VALUE_SETS:
        rendered = chart.render(MONITORED, files=[path])
        yield path.stem, chart.find(rendered, "PrometheusRule", "net-lawine")["spec"]


class AlertsTest(unittest.TestCase):
    def test_rules_of_every_value_set_are_valid(self):
        promtool = tools.promtool()
        for name, spec in rule_files():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "rules.yaml"
                path.write_text(yaml.safe_dump(spec))
                tools.run(promtool, "check", "rules", "--lint-fatal", path)

    def test_rules_fire_when_they_should(self):
        promtool = tools.promtool()
        spec = dict(rule_files())["small"]
        # promtool would want every annotation word for word; `check rules` has expanded them.
        for rule in spec["groups"][0]["rules"]:
            rule.pop("annotations")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "rules.yaml").write_text(yaml.safe_dump(spec))
            (pathlib.Path(folder) / "alerts_test.yaml").write_text((HERE / "alerts_test.yaml").read_text())
            tools.run(promtool, "test", "rules", "alerts_test.yaml", cwd=folder)

    def test_every_alert_has_a_unit_test_and_a_page_of_the_guide(self):
        spec = yaml.safe_load((tools.CHART / "files" / "alerts.yaml").read_text())
        tested = (HERE / "alerts_test.yaml").read_text()
        guide = (tools.ROOT / "deploy" / "README.md").read_text()
        anchors = {
            re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in guide.split("\n")
            if line.startswith("#")
        }
        for rule in spec["groups"][0]["rules"]:
            with self.subTest(rule["alert"]):
                self.assertIn(f"alertname: {rule['alert']}", tested)
                self.assertIn(rule["annotations"]["runbook"].split("#")[1], anchors)


class ReleasesTest(unittest.TestCase):
    """A namespace may have two releases: what is told of one is not the other's."""

    def test_series_and_alerts_are_a_releases(self):
        rendered = chart.render(MONITORED)
        monitor = chart.find(rendered, "ServiceMonitor", "net-lawine")["spec"]["endpoints"][0]
        made = {r["targetLabel"]: r["sourceLabels"][0] for r in monitor["relabelings"]}
        self.assertRegex(made["release"], "service_label_app_kubernetes_io_instance$")
        for rule in chart.find(rendered, "PrometheusRule", "net-lawine")["spec"]["groups"][0]["rules"]:
            with self.subTest(rule["alert"]):
                self.assertEqual((rule["labels"]["namespace"], rule["labels"]["release"]), ("spread", "net"))
                for metric, labels in re.findall(r"\b([a-z_]+)\{(.*?)\}", rule["expr"]):
                    # kube-state-metrics tells no release: these are joined by their pods.
                    if metric != "kube_pod_container_resource_limits":
                        self.assertRegex(labels, r'release="net"|data-net-lawine-')

    def test_the_dashboard_may_show_one(self):
        dashboard = json.loads((tools.CHART / "files" / "dashboard.json").read_text())
        self.assertIn("release", [v["name"] for v in dashboard["templating"]["list"]])
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                for labels in re.findall(r"\{(.*?)\}", target["expr"]):
                    self.assertIn('release=~"$release"', labels)


class MetricsTest(unittest.TestCase):
    def test_alerts_and_dashboard_use_metrics_that_are_documented(self):
        dashboard = json.loads((tools.CHART / "files" / "dashboard.json").read_text())
        queries = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
        rules = yaml.safe_load((tools.CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]
        queries += [rule["expr"] for rule in rules]
        guide = (tools.ROOT / "deploy" / "README.md").read_text()
        for query in queries:
            for metric in re.findall(r"\b([a-z_]+)\s*\{", query):
                with self.subTest(metric):
                    base = re.sub(r"_bucket$", "", metric)
                    self.assertTrue(metric in OTHERS or base in guide, f"{metric} is not in deploy/README.md")


if __name__ == "__main__":
    unittest.main()
