"""What the chart does with the release that is there already, as an API server tells it."""

import unittest

import chart
import tools
from fake_api import FakeApi


def running(count, storage="9Gi"):
    def statefulset(name, replicas, size):
        claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}
        return {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": name, "namespace": "spread"},
            "spec": {"replicas": replicas, "volumeClaimTemplates": [claim]},
        }

    return [statefulset("net-lawine-worker", count, storage), statefulset("net-lawine-coordinator", 1, "4Gi")]


def memory(worker):
    container = worker["spec"]["template"]["spec"]["containers"][0]
    limit = next(a for a in container["args"] if a.startswith("--memory-limit="))
    return container["resources"]["limits"]["memory"], limit.split("=")[1]


class LookupTest(unittest.TestCase):
    def upgrade(self, statefulsets, values, check=True):
        tools.helm()
        with FakeApi(statefulsets) as api:
            return chart.template(
                values,
                more=[
                    "--is-upgrade",
                    "--dry-run=server",
                    "--disable-openapi-validation",
                    "--kube-apiserver",
                    api.address,
                ],
                check=check,
            )

    def names(self, statefulsets, values):
        return [d["metadata"]["name"] for d in chart.documents(self.upgrade(statefulsets, values).stdout)]

    def test_fewer_workers_are_checked_before_the_upgrade(self):
        self.assertIn("net-lawine-scale-in-check", self.names(running(5), {"workers": {"count": 4}}))

    def test_as_many_or_more_workers_need_no_check(self):
        for count in (5, 6):
            self.assertNotIn(
                "net-lawine-scale-in-check", self.names(running(5), {"workers": {"count": count}})
            )

    def test_fewer_workers_without_a_check_are_refused(self):
        done = self.upgrade(
            running(5), {"workers": {"count": 4}, "scaleInCheck": {"enabled": False}}, check=False
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(
            "workers.count: 5 workers run, and 4 would lose the shards of those that go", done.stderr
        )

    def test_claims_keep_their_size_when_graphs_are_added(self):
        values = {"graphs": [{"name": "h", "preset": "hyves-300"}]}
        worker = chart.find(
            chart.documents(self.upgrade(running(3), values).stdout), "StatefulSet", "net-lawine-worker"
        )
        claim = worker["spec"]["volumeClaimTemplates"][0]
        self.assertEqual(claim["spec"]["resources"]["requests"]["storage"], "9Gi")

    def memory_after(self, before, after):
        """(memory, --memory-limit) of workers before an upgrade, and after it."""
        was = chart.find(chart.render(before), "StatefulSet", "net-lawine-worker")
        will = chart.find(
            chart.documents(self.upgrade([was], after).stdout), "StatefulSet", "net-lawine-worker"
        )
        return memory(was), memory(will)

    def test_more_workers_leave_those_that_hold_shards_their_memory(self):
        graphs = [{"name": "h", "preset": "hyves-300"}]
        before, after = self.memory_after(
            {"workers": {"count": 3}, "graphs": graphs}, {"workers": {"count": 8}, "graphs": graphs}
        )
        self.assertEqual(after, before)

    def test_memory_that_is_given_counts(self):
        graphs = [{"name": "h", "preset": "hyves-300"}]
        _, after = self.memory_after(
            {"workers": {"count": 3}, "graphs": graphs},
            {"workers": {"count": 8, "memory": "4Gi"}, "graphs": graphs},
        )
        self.assertEqual(after, ("4Gi", "3072MiB"))

    def test_memory_grows_with_graphs(self):
        before, after = self.memory_after({}, {"graphs": [{"name": "h", "preset": "hyves"}]})
        self.assertEqual(before, ("2Gi", "1024MiB"))
        self.assertGreater(int(after[1].removesuffix("MiB")), 1800)

    def test_graphs_keep_what_they_were_allowed_of_the_memory(self):
        given = {"workers": {"memory": "4Gi", "graphMemory": "3584MiB"}}
        self.assertEqual(self.memory_after(given, {})[1], ("4Gi", "3584MiB"))

    def test_memory_in_other_units_is_understood(self):
        for quantity, wanted in (("5Gi", "5Gi"), ("6000000Ki", "5859Mi"), ("7000000000", "6675Mi")):
            was = chart.find(chart.render(), "StatefulSet", "net-lawine-worker")
            was["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = quantity
            rendered = chart.documents(self.upgrade([was], {}).stdout)
            with self.subTest(quantity):
                self.assertEqual(
                    memory(chart.find(rendered, "StatefulSet", "net-lawine-worker"))[0], wanted
                )


if __name__ == "__main__":
    unittest.main()
