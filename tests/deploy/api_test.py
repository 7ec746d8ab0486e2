"""The wire contract: lint, compatibility, reflection asked by a foreign client, and every example of its README."""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

import tools
from python_test import LocalCluster

PROTO = tools.ROOT / "proto"
RELEASED = PROTO / "released.binpb"
HEALTH = """
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; }
  ServingStatus status = 1;
}
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
"""


class ContractTest(unittest.TestCase):
    def test_lint_finds_nothing(self):
        self.assertEqual(tools.run(tools.buf(), "lint", PROTO, check=False).stdout, "")

    def test_released_callers_keep_working(self):
        done = tools.run(tools.buf(), "breaking", PROTO, "--against", RELEASED, check=False)
        self.assertEqual(done.stdout + done.stderr, "")

    def test_a_renumbered_field_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "proto"
            shutil.copytree(PROTO, changed)
            path = changed / "lawine" / "v1" / "scenario.proto"
            path.write_text(
                path.read_text().replace("optional uint64 run_seed = 7", "optional uint64 run_seed = 70")
            )
            done = tools.run(tools.buf(), "breaking", changed, "--against", RELEASED, check=False)
        self.assertIn("run_seed", done.stdout)

    def test_a_field_without_comment_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "proto"
            shutil.copytree(PROTO, changed)
            path = changed / "lawine" / "v1" / "scenario.proto"
            path.write_text(
                path.read_text().replace("message Stop {", "message Stop {\n  uint32 bare = 99;\n")
            )
            done = tools.run(tools.buf(), "lint", changed, check=False)
        self.assertIn("bare", done.stdout)


class ReflectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.grpcurl = tools.grpcurl()
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)

    def test_every_service_describes_itself(self):
        listed = tools.run(self.grpcurl, "-plaintext", self.cluster.address, "list").stdout.split()
        declared = [
            f"lawine.v1.{name}"
            for path in (PROTO / "lawine" / "v1").glob("*.proto")
            for name in re.findall(r"^service (\w+)", path.read_text(), re.MULTILINE)
        ]
        self.assertGreaterEqual(len(declared), 5)
        self.assertLessEqual({*declared, "grpc.health.v1.Health"}, set(listed))
        for service in declared:
            with self.subTest(service):
                told = tools.run(self.grpcurl, "-plaintext", self.cluster.address, "describe", service)
                self.assertIn("rpc ", told.stdout)

    def test_health_is_told(self):
        # gRPC C++ 1.51 answers health checks without describing them.
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "health.proto").write_text(HEALTH)
            flags = ["-plaintext", "-import-path", folder, "-proto", "health.proto", self.cluster.address]
            self.assertIn('"SERVING"', tools.run(self.grpcurl, *flags, "grpc.health.v1.Health/Check").stdout)

    def test_every_example_of_the_readme_does_what_it_says(self):
        text = (PROTO / "README.md").read_text()
        examples = re.findall(r"```sh( fails)?\n(.*?)```\n(?:```\n(.*?)```)?", text, re.DOTALL)
        self.assertGreater(len(examples), 10)
        for fails, command, expected in examples:
            with self.subTest(command.strip()[:100]):
                path = f"{self.grpcurl.parent}:/usr/bin:/bin"
                done = tools.run(
                    "sh", "-c", command, env={"PATH": path, "CLUSTER": self.cluster.address}, check=False
                )
                self.assertEqual(done.returncode != 0, bool(fails), done.stderr)
                at, out = 0, done.stdout + done.stderr
                for line in filter(None, map(str.strip, expected.split("\n"))):
                    found = out.find(line, at)
                    self.assertGreaterEqual(
                        found, 0, f"expected {line!r} after what came before it, found\n{out[:3000]}"
                    )
                    at = found


if __name__ == "__main__":
    unittest.main()
