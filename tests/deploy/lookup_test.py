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


if __name__ == "__main__":
    unittest.main()
