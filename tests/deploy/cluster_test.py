"""A rendered release, run from the image as processes: what an operator does to it, and what it answers."""

import json
import re
import shutil
import threading
import time
import unittest

import yaml

import image
import tools
from release import COORDINATOR, WORKER, Release


def metrics_of(text):
    """Names of the metrics that a process declares; some have no value before something happens."""
    return set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))


class ReleaseTest(unittest.TestCase):
    """One release; each test leaves it with two workers that are ready."""

    @classmethod
    def setUpClass(cls):
        cls.release = Release(image.unpacked().root)
        cls.addClassCleanup(cls.release.close)
        cls.ready_seconds = cls.release.install()
        code, log = cls.release.make_graphs()
        if code != 0:
            raise AssertionError(log + "".join(p.log_text() for p in cls.release.pods.values()))
        cls.digest = cls.release.digest()

    def pod(self, name):
        return self.release.pods[name]

    def eventually(self, what, seconds=30):
        """Repeats until it does not raise."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return what()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def check_digest(self):
        self.assertEqual(self.release.digest(), self.digest)

    def check_shards_are_named(self):
        done = self.release.lawine("simulate", "hyves", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"shards \d")

    def test_pods_are_ready_within_seconds(self):
        print("seconds until ready:", {name: round(s, 2) for name, s in self.ready_seconds.items()})
        self.assertEqual(len(self.ready_seconds), 3)
        for pod in self.release.pods.values():
            self.assertEqual(pod.get("/livez")[0], 200)
            self.assertIn("[+]", pod.get("/readyz?verbose")[1])

    def test_a_second_job_leaves_the_graphs_alone(self):
        code, log = self.release.make_graphs()
        self.assertEqual((code, log.strip()), (0, "graph hyves is there"))

    def test_helm_test_passes(self):
        code, log = self.release.helm_test()
        self.assertEqual(code, 0, log)
        self.assertIn("as expected", log)

    def test_processes_are_restricted(self):
        for pod in self.release.pods.values():
            status = pod.execute("cat", "/proc/1/status").stdout
            self.assertRegex(status, r"Uid:\s+65532\s+65532")
            for capabilities in ("CapEff", "CapPrm", "CapBnd"):
                self.assertRegex(status, rf"{capabilities}:\s+0{{16}}")
            self.assertRegex(status, r"NoNewPrivs:\s+1")
            self.assertNotEqual(pod.execute("touch", "/usr/x", check=False).returncode, 0)

    def call_without_token(self):
        pod = self.pod(f"{COORDINATOR}-0")
        return pod.execute(
            "lawine",
            "--cluster",
            f"{pod.address}:7070",
            "--tls-ca",
            "/certificates/public/ca.crt",
            "--tls-server-name",
            "net-lawine",
            "cluster",
            "status",
            check=False,
        )

    def test_callers_without_token_or_with_too_low_a_role_are_refused(self):
        done = self.call_without_token()
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "(?i)token")
        self.assertIn("hyves", self.release.lawine("graph", "list", token="read").stdout)
        done = self.release.lawine("graph", "delete", "hyves", token="run", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.check_digest()

    def test_a_caller_without_tls_gets_nothing(self):
        pod = self.pod(f"{COORDINATOR}-0")
        self.assertNotEqual(
            pod.execute(
                "lawine", "--cluster", f"{pod.address}:7070", "cluster", "status", check=False
            ).returncode,
            0,
        )

    def test_a_worker_with_a_certificate_of_another_ca_does_not_join(self):
        folder = self.release.cluster.folder
        tools.run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=foreign",
            "-days",
            "2",
            "-keyout",
            folder / "foreign.key",
            "-out",
            folder / "foreign.crt",
            "-addext",
            f"subjectAltName=DNS:*.{WORKER}.spread.svc.cluster.local",
        )
        foreign = {
            "tls.crt": (folder / "foreign.crt").read_bytes(),
            "tls.key": (folder / "foreign.key").read_bytes(),
            "ca.crt": (folder / "foreign.crt").read_bytes(),
        }
        secrets = self.release.cluster.secrets
        kept, secrets["net-lawine-internal"] = secrets["net-lawine-internal"], foreign
        spec = self.release.document("StatefulSet", WORKER)["spec"]
        stranger = self.release.cluster.pod(
            f"{WORKER}-9", spec["template"]["spec"], spec["serviceName"]
        ).start()
        secrets["net-lawine-internal"] = kept
        time.sleep(3)
        try:
            workers = json.loads(self.release.lawine("cluster", "status", "-o", "json").stdout)["workers"]
            self.assertEqual(len([w for w in workers if w["alive"]]), 2)
        finally:
            if stranger.running:
                stranger.kill()

    def test_metrics_of_alerts_and_dashboard_are_there(self):
        self.call_without_token()  # some metrics are there once they have something to count
        served = set()
        for pod in self.release.pods.values():
            code, text = pod.get("/metrics")
            self.assertEqual(code, 200)
            served |= metrics_of(text)
            tools.run(tools.promtool(), "check", "metrics", input=text)
        dashboard = json.loads((tools.CHART / "files" / "dashboard.json").read_text())
        queries = [t["expr"] for p in dashboard["panels"] for t in p["targets"]]
        queries += [
            r["expr"]
            for r in yaml.safe_load((tools.CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]
        ]
        wanted = {
            m.removesuffix("_bucket")
            for q in queries
            for m in re.findall(r"\b((?:lawine|process)_[a-z_]+)\s*\{", q)
        }
        self.assertGreater(len(wanted), 15)
        self.assertEqual(wanted - served, set())

    def test_config_shows_no_secrets(self):
        for pod in self.release.pods.values():
            code, text = pod.get("/config")
            self.assertEqual(code, 200)
            self.assertIn("/data", text)
            for secret in self.release.cluster.secrets.get("net-lawine-tokens", {}).values():
                self.assertNotIn(secret.decode().strip(), text)

    def test_fewer_workers_are_refused_while_they_hold_shards(self):
        refused = self.release.upgrade(workers={"count": 1, "cpus": 1})
        self.assertRegex(refused, rf"workers.count: 1 would remove {WORKER}-1, which holds \d+ shards")
        self.release.values["workers"] = {"count": 2, "cpus": 1}
        self.check_digest()

    def test_more_workers_join_a_running_release_and_go_again(self):
        expected = self.long_run_result()
        with LongRun(self.release) as run:
            self.assertIsNone(self.release.upgrade(workers={"count": 3, "cpus": 1}))
            self.assertEqual(len(self.release.pods), 4)
            code, log = self.release.helm_test()  # a graph that is spread over all three
            self.assertEqual(code, 0, log)
            self.assertIsNone(self.release.upgrade(workers={"count": 2, "cpus": 1}))
        self.assertEqual(run.result()["digest"], expected["digest"])

    def test_a_rolling_restart_at_new_addresses_keeps_the_digest(self):
        before = {name: pod.address for name, pod in self.release.pods.items()}
        for name in (WORKER, COORDINATOR):
            begun = time.monotonic()
            self.release.roll(name)
            self.eventually(self.check_digest)
            print(f"rolled {name} in {time.monotonic() - begun:.1f} s")
        self.assertTrue(all(pod.address != before[name] for name, pod in self.release.pods.items()))

    def test_a_killed_worker_is_named_and_comes_back(self):
        pod = self.pod(f"{WORKER}-1")
        pod.kill()
        self.eventually(self.check_shards_are_named)
        pod.start().await_ready()
        self.eventually(self.check_digest)

    def test_a_lost_volume_is_named_and_restored(self):
        pod, volume = self.pod(f"{WORKER}-1"), self.release.cluster.folder / f"data-{WORKER}-1"
        pod.stop()
        tools.run("cp", "-a", volume, volume.with_name("snapshot"))
        shutil.rmtree(volume)
        pod.start().await_ready()
        self.eventually(self.check_shards_are_named)
        pod.stop()
        shutil.rmtree(volume)
        volume.with_name("snapshot").rename(volume)
        pod.start().await_ready()
        self.eventually(self.check_digest)

    def test_a_coordinator_without_its_volume_learns_the_graphs_from_workers(self):
        pod = self.pod(f"{COORDINATOR}-0")
        pod.stop()
        shutil.rmtree(self.release.cluster.folder / f"data-{pod.name}")
        pod.start().await_ready()
        self.eventually(self.check_digest)

    def test_certificates_are_renewed_without_a_restart(self):
        secrets = self.release.cluster.secrets
        pods = {name: pod.started for name, pod in self.release.pods.items()}
        del secrets["net-lawine-internal"], secrets["net-lawine-public"]
        self.release.make_keys()
        for pod in self.release.pods.values():
            pod.refresh_volumes()
        time.sleep(5)
        self.check_digest()
        for name, pod in self.release.pods.items():
            self.assertEqual(pod.started, pods[name])
            self.assertRegex(
                pod.get("/metrics")[1], r'lawine_reloads_total\{[^}]*what="certificates"[^}]*\} [1-9]'
            )

    def test_a_run_outlives_restarts_of_all_pods(self):
        expected = self.long_run_result()
        with LongRun(self.release) as run:
            self.release.roll(WORKER)
            self.release.roll(COORDINATOR)
        self.eventually(lambda: self.assertEqual(run.result()["digest"], expected["digest"]), 120)

    def long_run_result(self):
        with LongRun(self.release) as run:
            pass
        return run.result()


class LongRun:
    """A run of some seconds that goes on while other things happen: started on entering, not waited for after leaving."""

    WORDS = ("simulate", "hyves", "--audience", "50", "--forward", "0.05", "--replicas", "6000", "-o", "json")

    def __init__(self, release):
        self._release = release

    def __enter__(self):
        before = self._runs()
        # Whoever waits for it may go away with a pod.
        self._waiting = threading.Thread(
            target=self._release.lawine, args=self.WORDS, kwargs={"check": False}
        )
        self._waiting.start()
        deadline = time.monotonic() + 20
        while not (new := self._runs() - before):
            if time.monotonic() > deadline:
                raise AssertionError("the run did not begin")
            time.sleep(0.05)
        self._name = new.pop()
        return self

    def __exit__(self, *_):
        self._waiting.join(300)

    def _runs(self):
        return {
            run["name"]
            for run in json.loads(self._release.lawine("run", "list", "-o", "json").stdout)["runs"]
        }

    def result(self):
        """Its result, once it has succeeded."""
        self._release.lawine("run", "watch", self._name)
        return json.loads(self._release.lawine("run", "result", self._name, "-o", "json").stdout)


if __name__ == "__main__":
    unittest.main()
