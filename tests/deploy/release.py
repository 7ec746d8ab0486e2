"""A release of the chart, run as processes."""

import json

import chart
import tools
from fake_api import FakeApi
from pods import Cluster

NAME = "net"
WORKER = f"{NAME}-lawine-worker"
COORDINATOR = f"{NAME}-lawine-coordinator"
GRAPHS = [{"name": "hyves", "preset": "hyves", "members": 30000}]
VALUES = {"workers": {"count": 2, "cpus": 1}, "graphs": GRAPHS}


class Release:
    """Install, upgrade and look into it. Values are the chart's."""

    def __init__(self, root, values=None):
        self.values = {**VALUES, **(values or {})}
        self.cluster = Cluster(root)
        self.pods = {}
        self.api = FakeApi()
        self.api.__enter__()
        self.rendered = chart.render(self.values, release=NAME, namespace=self.cluster.namespace)

    def close(self):
        self.cluster.close()
        self.api.__exit__()

    def document(self, kind, name):
        return chart.find(self.rendered, kind, name)

    def install(self):
        """Hooks by their weight, then the rest, as Helm would; returns when all pods are ready. Graphs are the caller's to make."""
        self._configure()
        self.make_keys()
        for document in self.rendered:
            if document["kind"] == "StatefulSet":
                self._scale(document)
        return {name: pod.await_ready() for name, pod in self.pods.items()}

    def _configure(self):
        for document in self.rendered:
            if document["kind"] == "ConfigMap":
                self.cluster.config_maps[document["metadata"]["name"]] = document["data"]

    def make_keys(self):
        """The Job of certificates and tokens, in the image; its API server is on this machine's loopback."""
        found = [d for d in self.rendered if d["kind"] == "Job" and d["metadata"]["name"].endswith("-keys")]
        for document in found:
            spec = document["spec"]["template"]["spec"]
            self.cluster.secrets = self.api.secrets
            spec["containers"][0]["env"] += [{"name": "API_SERVER", "value": self.api.address}]
            pod = self.cluster.pod("keys", spec)
            tools.run(*pod._inside([], pod._command()))  # outside of the switch, which leads nowhere

    def _scale(self, document):
        name, spec = document["metadata"]["name"], document["spec"]
        wanted = [f"{name}-{number}" for number in range(spec["replicas"])]
        for pod in [p for p in self.pods if p.startswith(f"{name}-") and p not in wanted]:
            self.pods.pop(pod).stop()
        for pod in wanted:
            if pod not in self.pods:
                self.pods[pod] = self.cluster.pod(pod, spec["template"]["spec"], spec["serviceName"]).start()

    def upgrade(self, **values):
        """Other values. Returns what the check before it said, or None when it let the upgrade pass."""
        self.values = {**self.values, **values}
        rendered = chart.render(
            self.values, release=NAME, namespace=self.cluster.namespace, more=["--is-upgrade"]
        )
        check = chart.find(rendered, "Job", f"{NAME}-lawine-scale-in-check")
        code, log = self.run_job("check", check["spec"]["template"]["spec"])
        if code != 0:
            return log
        self.rendered = rendered
        self._configure()
        self._scale(self.document("StatefulSet", WORKER))
        for pod in self.pods.values():
            pod.await_ready()
        return None

    def roll(self, name):
        """A rolling restart of a StatefulSet, the last pod first; each comes back at another address."""
        for pod in sorted((p for p in self.pods if p.startswith(f"{name}-")), reverse=True):
            self.pods[pod].stop()
            self.pods[pod].start()
            self.pods[pod].await_ready()

    def run_job(self, name, spec, seconds=300):
        """(exit code, log) of a pod that ends by itself."""
        pod = self.cluster.pod(name, spec).start()
        code = pod.wait(seconds)
        text = pod.log_text()
        pod.log.unlink()
        return code, text

    def make_graphs(self):
        job = next(d for d in self.rendered if d["kind"] == "Job" and "-graphs-" in d["metadata"]["name"])
        return self.run_job("graphs", job["spec"]["template"]["spec"])

    def helm_test(self):
        return self.run_job("helm-test", self.document("Pod", f"{NAME}-lawine-test")["spec"])

    def lawine(self, *words, token="admin", check=True):
        """The command line in the coordinator's pod, with a role's token."""
        files = self.cluster.folder / "data-net-lawine-coordinator-0"
        flags = []
        if self.cluster.secrets:
            (files / "token").write_bytes(self.cluster.secrets["net-lawine-tokens"][token])
            flags = [
                "--tls-ca",
                "/certificates/public/ca.crt",
                "--token-file",
                "/data/token",
                "--tls-server-name",
                "net-lawine",
            ]
        pod = self.pods[f"{COORDINATOR}-0"]
        return pod.execute("lawine", "--cluster", f"{pod.address}:7070", "-q", *flags, *words, check=check)

    def digest(self, *flags):
        done = self.lawine("simulate", "hyves", "--audience", "50", "--forward", "0.05", *flags, "-o", "json")
        return json.loads(done.stdout)["digest"]
