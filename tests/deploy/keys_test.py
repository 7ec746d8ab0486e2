"""The Job that makes certificates and tokens: once, again when due, and never without need."""

import hashlib
import os
import pathlib
import shutil
import tempfile
import unittest

import chart
import tools
from fake_api import FakeApi


def environment(values=None):
    job = chart.find(chart.render(values or {}), "Job", "net-lawine-keys")
    return {e["name"]: str(e["value"]) for e in job["spec"]["template"]["spec"]["containers"][0]["env"]}


class KeysTest(unittest.TestCase):
    def setUp(self):
        tools.needs("openssl", "certificates are made with it")
        tools.needs("curl", "the script asks the API server with it")
        tools.helm()
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "account").mkdir()
        (self.folder / "account" / "token").write_text("secret-of-the-account")
        (self.folder / "account" / "ca.crt").write_text("")
        self.api = self.enterContext(FakeApi(token="secret-of-the-account"))

    def job(self, check=True, values=None, **changes):
        """Runs the Job's script with what is stored mounted, as the kubelet would."""
        now = self.folder / "now"
        shutil.rmtree(now, ignore_errors=True)
        for name, folder in (
            ("net-lawine-ca", "ca"),
            ("net-lawine-internal", "internal"),
            ("net-lawine-public", "public"),
            ("net-lawine-tokens", "tokens"),
        ):
            (now / folder).mkdir(parents=True)
            for key, data in self.api.secrets.get(name, {}).items():
                (now / folder / key).write_bytes(data)
        self.api.calls.clear()
        env = {
            **environment(values),
            "PATH": os.environ["PATH"],
            "NOW_DIR": str(now),
            "API_SERVER": self.api.address,
            "ACCOUNT_DIR": str(self.folder / "account"),
            **changes,
        }
        return tools.run("sh", tools.CHART / "files" / "make-keys.sh", env=env, check=check)

    def openssl(self, *words, secret=None, key="tls.crt"):
        path = self.folder / "looked-at"
        if secret:
            path.write_bytes(self.api.secrets[secret][key])
            words = [*words, "-in", path]
        return tools.run("openssl", *words).stdout

    def test_first_run_makes_all_four_secrets(self):
        self.job()
        self.assertEqual(
            sorted(self.api.secrets),
            ["net-lawine-ca", "net-lawine-internal", "net-lawine-public", "net-lawine-tokens"],
        )
        (self.folder / "ca.crt").write_bytes(self.api.secrets["net-lawine-ca"]["tls.crt"])
        for name in ("net-lawine-internal", "net-lawine-public"):
            certificate = self.folder / f"{name}.crt"
            certificate.write_bytes(self.api.secrets[name]["tls.crt"])
            tools.run("openssl", "verify", "-CAfile", self.folder / "ca.crt", certificate)
            self.assertEqual(self.api.secrets[name]["ca.crt"], self.api.secrets["net-lawine-ca"]["tls.crt"])

    def test_certificates_are_for_the_names_that_are_called(self):
        self.job()
        text = self.openssl("x509", "-noout", "-text", secret="net-lawine-internal")
        self.assertIn("DNS:*.net-lawine-worker.spread.svc.cluster.local", text)
        self.assertIn("DNS:net-lawine-coordinator.spread.svc.cluster.local", text)
        self.assertIn("TLS Web Client Authentication", text)
        text = self.openssl("x509", "-noout", "-text", secret="net-lawine-public")
        self.assertIn("DNS:net-lawine.spread.svc", text)
        self.assertNotIn("TLS Web Client Authentication", text)

    def test_addresses_are_no_names(self):
        values = {"certificates": {"publicNames": ["10.0.0.5", "lawine.example.org"]}}
        self.job(values=values)
        text = self.openssl("x509", "-noout", "-text", secret="net-lawine-public")
        self.assertIn("IP Address:10.0.0.5", text)
        self.assertIn("DNS:lawine.example.org", text)
        self.assertNotIn("DNS:10.0.0.5", text)
        self.job(values=values)
        self.assertEqual(self.api.calls, [])

    def test_the_longest_names_have_certificates(self):
        self.job(NAMESPACE="n" * 63, INSTANCE="r" * 53)
        subject = self.openssl("x509", "-noout", "-subject", secret="net-lawine-ca")
        self.assertIn("n" * 63, subject)
        self.assertIn("r" * 53, subject)

    def test_tokens_are_stored_with_their_hashes(self):
        self.job()
        stored = self.api.secrets["net-lawine-tokens"]
        lines = [line.split() for line in stored["tokens"].decode().splitlines()]
        self.assertEqual([line[:2] for line in lines], [["read", "read"], ["run", "run"], ["admin", "admin"]])
        for name, _, digest in lines:
            self.assertEqual(hashlib.sha256(stored[name]).hexdigest(), digest)
            self.assertEqual(len(stored[name]), 64)

    def test_second_run_asks_for_nothing(self):
        self.job()
        done = self.job()
        self.assertEqual(self.api.calls, [])
        self.assertIn("will do", done.stderr)

    def test_certificates_that_are_due_are_renewed_by_the_same_ca(self):
        self.job(DAYS="20", RENEW_BEFORE_DAYS="10")
        before = {name: dict(data) for name, data in self.api.secrets.items()}
        self.job(RENEW_BEFORE_DAYS="60")
        self.assertEqual([method for method, _, _ in self.api.calls], ["POST", "PATCH", "POST", "PATCH"])
        self.assertEqual(self.api.secrets["net-lawine-ca"], before["net-lawine-ca"])
        self.assertEqual(self.api.secrets["net-lawine-tokens"], before["net-lawine-tokens"])
        self.assertNotEqual(
            self.api.secrets["net-lawine-public"]["tls.crt"], before["net-lawine-public"]["tls.crt"]
        )

    def test_a_name_added_renews_the_public_certificate_alone(self):
        self.job()
        before = {name: dict(data) for name, data in self.api.secrets.items()}
        self.job(values={"certificates": {"publicNames": ["lawine.example.org"]}})
        self.assertEqual(self.api.secrets["net-lawine-internal"], before["net-lawine-internal"])
        self.assertIn(
            "DNS:lawine.example.org", self.openssl("x509", "-noout", "-text", secret="net-lawine-public")
        )

    def test_a_lost_ca_brings_new_certificates(self):
        self.job()
        del self.api.secrets["net-lawine-ca"]
        self.job()
        (self.folder / "ca.crt").write_bytes(self.api.secrets["net-lawine-ca"]["tls.crt"])
        (self.folder / "leaf.crt").write_bytes(self.api.secrets["net-lawine-internal"]["tls.crt"])
        tools.run("openssl", "verify", "-CAfile", self.folder / "ca.crt", self.folder / "leaf.crt")

    def test_an_issuer_is_asked_for_addresses_too(self):
        certificates = {"mode": "certManager", "issuer": {"name": "house"}, "publicNames": ["10.0.0.5", "a.example.org"]}
        rendered = chart.render({"certificates": certificates})
        asked = chart.find(rendered, "Certificate", "net-lawine-public")["spec"]
        self.assertEqual(asked["ipAddresses"], ["10.0.0.5"])
        self.assertIn("a.example.org", asked["dnsNames"])
        self.assertNotIn("10.0.0.5", asked["dnsNames"])
        self.assertNotIn("ipAddresses", chart.find(rendered, "Certificate", "net-lawine-internal")["spec"])

    def test_an_api_server_that_refuses_is_quoted(self):
        (self.folder / "account" / "token").write_text("another")
        done = self.job(check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the API server answered 401", done.stderr)


if __name__ == "__main__":
    unittest.main()
