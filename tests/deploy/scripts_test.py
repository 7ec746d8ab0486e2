"""Scripts that build, install and test, with stand-ins for what they call."""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

import tools

JUNIT = """<testsuite>
<testcase name="a.Passes" status="run"><system-out></system-out></testcase>
<testcase name="a.NeedsData" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>[ RUN ] A.NeedsData
a_test.cc:17: Skipped
skipped: no data

[  SKIPPED ] A.NeedsData (0 ms)
</system-out></testcase>
<testcase name="a.Browser" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>test_looks ... skipped 'skipped: no chromium'
OK (skipped=1)
</system-out></testcase>
</testsuite>
"""


class ScriptTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="scripts-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.stubs = self.folder / "stubs"
        self.stubs.mkdir()
        self.env = {**os.environ, "PATH": f"{self.stubs}:{os.environ['PATH']}"}

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    def stub(self, name, text=""):
        self.write(self.stubs / name, text)

    def hide(self, name):
        """No command has that name but by stub()."""
        others = self.folder / "others"
        others.mkdir()
        for directory in map(pathlib.Path, os.environ["PATH"].split(":")):
            for command in directory.glob("*"):
                if command.name != name and not os.path.lexists(others / command.name):
                    (others / command.name).symlink_to(command)
        self.env["PATH"] = f"{self.stubs}:{others}"


class InstallDepsTest(ScriptTest):
    def installed(self, *words):
        """Packages that would be installed where there are none."""
        asked = self.folder / "asked"
        for name in ("dpkg-query", "sudo"):
            self.stub(name)
        self.stub("id", "echo 0")
        self.stub("apt-get", f'[ "$1" = update ] || echo "$@" > {asked}')
        tools.run(tools.ROOT / "deploy" / "install-deps", *words, env=self.env)
        return set(asked.read_text().split())

    def test_tests_get_what_they_cut_cables_with(self):
        self.assertLessEqual({"iproute2", "iptables"}, self.installed())
        self.assertFalse({"iproute2", "iptables"} & self.installed("--runtime"))

    def test_the_bench_gets_what_its_environments_are_made_with(self):
        self.assertLessEqual({"python3-matplotlib", "python3-venv"}, self.installed("--bench"))

    def test_what_tries_chart_and_contract_gets_npm_where_there_is_none(self):
        self.hide("npm")
        self.assertLessEqual({"npm", "python3-venv", "iproute2"}, self.installed("--image"))
        self.stub("npm")
        self.assertNotIn("npm", self.installed("--image"))


class PresetTest(ScriptTest):
    def test_who_configures_after_the_quickstart_gets_tests_and_benchmarks(self):
        tools.needs("ninja", "the presets generate for it")
        shutil.copy(tools.ROOT / "CMakePresets.json", self.folder)
        (self.folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(made NONE)\n"
            'option(LAWINE_TESTS "" ON)\noption(LAWINE_BENCH "" ON)\n'
        )
        quickstart = (tools.ROOT / "deploy" / "quickstart").read_text()
        left_out = re.search(r"--preset release (-D.*?) >", quickstart)[1].split()
        self.assertEqual(self.configured(*left_out), {"LAWINE_TESTS": "OFF", "LAWINE_BENCH": "OFF"})
        self.assertEqual(self.configured(), {"LAWINE_TESTS": "ON", "LAWINE_BENCH": "ON"})

    def configured(self, *words):
        tools.run("cmake", "--preset", "release", *words, cwd=self.folder)
        cache = (self.folder / "build" / "release" / "CMakeCache.txt").read_text()
        return dict(re.findall(r"^(LAWINE_(?:TESTS|BENCH)):BOOL=(\w+)$", cache, re.MULTILINE))


class TestsRunTest(ScriptTest):
    def run_all(self):
        """tests/run --full where every suite is JUNIT, in a folder whose name has blanks."""
        top = self.folder / "a clone: mine"
        for name in ("tests/run", "tests/support/count_junit.py", "tests/support/skips.py", "tests/tsan.supp"):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tools.ROOT / name, top / name)
        self.write(top / "deploy" / "install-deps", '[ "$1" != --browser ]')
        self.write(
            top / "tests" / "deploy" / "run",
            "echo skipped: ChartTest: no npm; echo 2 passed, 0 failed, 1 skipped",
        )
        (self.folder / "junit.xml").write_text(JUNIT)
        self.stub("cmake", 'mkdir -p "build/$2" "build/$3"')
        self.stub("ctest", f'''printf %s "$TSAN_OPTIONS" > {self.folder}/tsan_options
while [ "$1" != --output-junit ]; do shift; done
cp {self.folder}/junit.xml "$2"''')
        return top, tools.run(top / "tests" / "run", "--full", env=self.env).stdout

    def test_what_was_skipped_and_why_is_listed_at_the_end(self):
        lines = self.run_all()[1].strip().split("\n")
        end = next(i for i, line in enumerate(lines) if line.startswith("== done"))
        expected = ["skipped: browser: none can be had; reports are not looked at in one"]
        for suite in ("release", "asan-ubsan", "tsan"):
            expected += [f"skipped: {suite}: a.NeedsData: no data", f"skipped: {suite}: a.Browser: no chromium"]
        expected += ["skipped: deploy: ChartTest: no npm", "5 passed, 0 failed, 7 skipped"]
        self.assertEqual(lines[end + 1 :], expected)

    def test_the_thread_sanitizer_finds_its_suppressions_below_a_path_with_blanks(self):
        tools.needs("g++", "a program is built with the sanitizer")
        top, _ = self.run_all()
        options = (self.folder / "tsan_options").read_text()
        self.assertIn(str(top), options)
        source, program = self.folder / "empty.cc", self.folder / "empty"
        source.write_text("int main() {}\n")
        tools.run("g++", "-fsanitize=thread", source, "-o", program)
        done = tools.run(program, env={**self.env, "TSAN_OPTIONS": options}, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
