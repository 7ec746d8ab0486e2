"""The Go client: generated, vetted, tested by itself and against processes."""

import os
import pathlib
import shutil
import tempfile
import unittest

import tools
from python_test import LocalCluster

SOURCE = tools.ROOT / "services" / "examples" / "go"


class GoClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tools.go("the client is built with it")
        tools.needs("protoc", "the wire contract is generated with it")
        # In a copy with the same surroundings, so that the repository stays clean.
        top = tools.TOOLS / "go-client"
        cls.where = top / "services" / "examples" / "go"
        shutil.rmtree(top, ignore_errors=True)
        shutil.copytree(SOURCE, cls.where, ignore=shutil.ignore_patterns("bin", "lawinev1"))
        shutil.copytree(tools.ROOT / "proto", top / "proto")
        cls.env = {**os.environ, "GOBIN": str(tools.TOOLS / "go" / "plugins"), "GOFLAGS": "-p=2"}
        done = tools.run("go", "mod", "download", cwd=cls.where, env=cls.env, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(
                f"the modules of the Go client cannot be had: {done.stderr.strip().splitlines()[-1:]}"
            )
        tools.run(cls.where / "generate", env=cls.env)
        tools.run("go", "build", "-o", "client", ".", cwd=cls.where, env=cls.env)
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)

    def client(self, *flags, check=True):
        return tools.run(self.where / "client", "-cluster", self.cluster.address, *flags, check=check)

    def test_code_is_formatted_and_vetted(self):
        self.assertEqual(tools.run("gofmt", "-l", SOURCE).stdout, "")
        tools.run("go", "vet", ".", cwd=self.where, env=self.env)

    def test_its_own_tests_pass(self):
        tools.run("go", "test", "./...", cwd=self.where, env=self.env)

    def test_a_run_is_created_watched_and_read(self):
        out = self.client().stdout
        self.assertRegex(out, r"step 1: \d+ deliveries")
        digest = out.strip().rsplit(" ", 1)[-1]
        self.assertIn(
            digest, self.cluster.lawine("simulate", "go-example", "--audience", "100", "--forward", "0.1")
        )
        self.assertEqual(self.client().stdout, out)

    def test_a_refused_field_is_named(self):
        done = self.client("-forward", "1.5", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("InvalidArgument INVALID_FIELD", done.stderr)
        self.assertIn("model.forward.probability:", done.stderr)

    def test_a_cluster_that_is_not_there_is_waited_for_until_the_deadline(self):
        done = tools.run(self.where / "client", "-cluster", "127.0.0.1:1", "-timeout", "1s", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Unavailable", done.stderr)

    def test_a_wrong_ca_file_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = pathlib.Path(folder) / "ca.crt"
            empty.write_text("")
            done = self.client("-tls-ca", empty, check=False)
        self.assertIn("expected certificates in PEM", done.stderr)


if __name__ == "__main__":
    unittest.main()
