"""The image: what is in it, and what is not."""

import json
import re
import unittest

import image
import tools

COMPRESSED_BYTES_MAX = 80 << 20
UNPACKED_BYTES_MAX = 200 << 20


class DockerfileTest(unittest.TestCase):
    def test_lint_finds_nothing_but_the_base_being_an_argument(self):
        program = tools.npm("dockerfilelint", "dockerfilelint@1.8.0") / "node_modules" / ".bin" / "dockerfilelint"
        done = tools.run(
            program, "-o", "json", tools.ROOT / "deploy" / "image" / "Dockerfile", check=False
        )
        found = [issue["title"] for file in json.loads(done.stdout)["files"] for issue in file["issues"]]
        self.assertEqual(set(found) - {"Base Image Missing Tag"}, set())


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = image.unpacked()
        tools.needs("bwrap", "deploy/install-deps --image installs it")

    def inside(self, *words, check=True):
        root = self.image.root
        return tools.run(
            "bwrap",
            "--ro-bind",
            root,
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--unshare-net",
            "--cap-drop",
            "ALL",
            "--clearenv",
            "--setenv",
            "PATH",
            "/usr/local/bin:/usr/bin:/bin",
            *words,
            check=check,
        )

    def test_it_is_slim(self):
        size = f"{self.image.layers_bytes / 1e6:.0f} MB compressed, {self.image.unpacked_bytes() / 1e6:.0f} MB unpacked"
        print(f"image: {size}")
        self.assertLess(self.image.layers_bytes, COMPRESSED_BYTES_MAX, size)
        self.assertLess(self.image.unpacked_bytes(), UNPACKED_BYTES_MAX, size)
        for compiler in ("usr/bin/g++", "usr/bin/cmake", "usr/bin/python3", "usr/bin/git"):
            self.assertFalse((self.image.root / compiler).exists(), compiler)

    def test_programs_find_their_libraries(self):
        for program in ("lawine", "lawine-coordinator", "lawine-worker"):
            with self.subTest(program):
                self.assertIn("0.1.0", self.inside(program, "--version").stdout)
                libraries = self.inside("ldd", f"/usr/local/bin/{program}").stdout
                self.assertNotIn("not found", libraries)
                if program != "lawine":
                    self.assertIn("libjemalloc", libraries)

    def test_it_runs_as_nobody_in_particular(self):
        self.assertEqual(self.image.config["config"]["User"], "65532:65532")
        set_uid = [
            p
            for p in self.image.root.rglob("*")
            if p.is_file() and not p.is_symlink() and p.stat().st_mode & 0o2000 and "local" in p.parts
        ]
        self.assertEqual(set_uid, [])

    def test_labels_say_what_it_is(self):
        labels = self.image.config["config"]["Labels"]
        self.assertEqual(labels["org.opencontainers.image.version"], "0.1.0")
        self.assertEqual(labels["org.opencontainers.image.licenses"], "Apache-2.0")
        self.assertEqual(labels["org.opencontainers.image.revision"], image.revision())
        self.assertRegex(labels["org.opencontainers.image.created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_bill_of_materials_is_what_is_installed(self):
        bill = json.loads((self.image.root / "usr/share/lawine/sbom.spdx.json").read_text())
        self.assertEqual(bill["spdxVersion"], "SPDX-2.3")
        listed = {(p["name"], p["versionInfo"]) for p in bill["packages"] if p["name"] != "lawine"}
        installed = self.inside("dpkg-query", "-W", "-f", "${Package} ${Version}\\n").stdout
        self.assertEqual(listed, {tuple(line.split()) for line in installed.splitlines()})
        for package in bill["packages"]:
            self.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            for reference in package.get("externalRefs", []):
                self.assertRegex(reference["referenceLocator"], r"^pkg:deb/debian/[^@]+@[^?]+\?arch=\w+$")
        self.assertEqual(len({p["SPDXID"] for p in bill["packages"]}), len(bill["packages"]))

    def test_nothing_of_the_build_is_left(self):
        root = self.image.root
        self.assertEqual(list((root / "tmp").iterdir()), [])
        self.assertEqual(list((root / "var/lib/apt/lists").glob("*")), [])
        self.assertFalse((root / "src").exists())
        self.assertEqual(
            [p for p in (root / "etc/apt").rglob("*") if re.search("auth|proxy", p.name) and p.is_file()], []
        )


if __name__ == "__main__":
    unittest.main()
