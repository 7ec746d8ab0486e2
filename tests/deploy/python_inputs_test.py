"""What callers give the Python client: scenario files, links, and how long they wait."""

import json
import os
import pathlib
import tempfile
import unittest

import tools
from python_test import SCENARIOS, LocalCluster, environment


def program(python, text, *words):
    """What a program prints that has the package."""
    env = {**os.environ, "PYTHONPATH": "", "GRPC_VERBOSITY": "NONE"}
    return tools.run(python, "-c", text, *words, env=env).stdout.strip()


class ScenarioFilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = environment()

    def parsed(self, text, kind="scenario.Scenario"):
        """A file's content as protobuf's JSON, or "ValueError: ..."."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "given.json"
            path.write_text(text)
            return self.parsed_of(path, kind)

    def parsed_of(self, given, kind="scenario.Scenario"):
        """The same of a path or a name."""
        module, message = kind.split(".")
        out = program(
            self.python,
            f"""
import sys
from google.protobuf import json_format
from lawine import scenario_files
from lawine.v1 import {module}_pb2
try:
    read = scenario_files.parse(sys.argv[1], {module}_pb2.{message}())
    print(json_format.MessageToJson(read, preserving_proto_field_name=True))
except ValueError as e: print("ValueError:", e)
except FileNotFoundError as e: print("FileNotFoundError:", e)""",
            given,
        )
        return json.loads(out) if out.startswith("{") else out

    def test_every_scenario_of_the_command_line_is_read(self):
        files = sorted(SCENARIOS.glob("*.json"))
        self.assertGreater(len(files), 10)
        for path in files:
            text = path.read_text()
            kind = (
                "comparison.Comparison"
                if '"variants"' in text
                else "traffic.TrafficSpec"
                if '"generated"' in text
                else "scenario.Scenario"
            )
            with self.subTest(path.name):
                self.assertIsInstance(self.parsed(text, kind), dict)

    def test_comments_go_and_strings_stay(self):
        read = self.parsed(
            """// one
{"graph": "g//1", /* "graph": "two",
*/ "message": {"kind": "a \\" /* b"}} // end"""
        )
        self.assertEqual(read, {"graph": "g//1", "message": {"kind": 'a " /* b'}})

    def test_rates_may_be_counts_and_words_short_and_ids_whole_numbers(self):
        counted = {"shares": 9, "receipts": 1200}
        read = self.parsed(
            json.dumps(
                {
                    "message": {"sentiment": "NEGATIVE"},
                    "seed_members": {"ids": [17, "ann"]},
                    "model": {"sir": {"infection": counted, "recovery": 0.5}},
                }
            )
        )
        self.assertEqual(read["message"], {"sentiment": "SENTIMENT_NEGATIVE"})
        self.assertEqual(read["seed_members"], {"ids": ["17", "ann"]})
        sir = read["model"]["sir"]
        self.assertEqual({k: int(v) for k, v in sir["infection_counts"].items()}, counted)
        self.assertEqual(sir["recovery"], 0.5)
        self.assertEqual(
            self.parsed('{"base": {}, "goal": "LEAST"}', "comparison.Comparison")["goal"], "GOAL_LEAST"
        )
        self.assertEqual(
            self.parsed('{"message": {"sentiment": "SENTIMENT_POSITIVE"}}')["message"]["sentiment"],
            "SENTIMENT_POSITIVE",
        )

    def test_names_may_be_as_protobuf_prints_them(self):
        given = {
            "seedMembers": {"ids": [17]},
            "model": {"independentCascade": {"probability": {"shares": 1, "receipts": 2}}},
        }
        read = self.parsed("\ufeff" + json.dumps(given))
        self.assertEqual(read["seed_members"], {"ids": ["17"]})
        self.assertEqual(
            read["model"]["independent_cascade"]["probability_counts"], {"shares": "1", "receipts": "2"}
        )

    def test_ids_of_a_dict_may_be_numpys_or_a_tuple(self):
        out = program(
            self.python,
            """
import lawine, numpy
for ids in ((1, 2), [numpy.int64(1), 2], numpy.array([1, 2])):
    print(*lawine.client.scenarios.scenario_of({"seed_members": {"ids": ids}}).seed_members.ids)""",
        )
        self.assertEqual(out.split("\n"), ["1 2"] * 3)

    def test_empty_lists_of_variants_which_would_take_nothing_away_are_refused(self):
        told = self.parsed(
            '{"base": {"messages": []}, "variants": [{"name": "b", "change": {"interventions": []}}]}',
            "comparison.Comparison",
        )
        self.assertIn("change.interventions: expected entries: an empty list takes nothing away", told)

    def test_names_of_the_command_lines_scenarios_are_known(self):
        self.assertEqual(self.parsed_of("rumour")["message"]["kind"], "rumour")
        self.assertRegex(self.parsed_of("rumuor"), "^FileNotFoundError: rumuor: .* article, .* rumour")

    def test_what_is_not_as_in_a_scenario_file_is_an_error_of_both_kinds(self):
        self.assertRegex(self.parsed('{"modell": {}}'), "given.json: .*modell")
        out = program(
            self.python,
            """
import lawine
for wrong in ({"modell": {}}, {"model": {"sir": {"infection": "often"}}}):
    try: lawine.client.scenarios.scenario_of(wrong)
    except lawine.InvalidScenario as e: print(isinstance(e, lawine.Error), isinstance(e, ValueError), e.code.name)""",
        )
        self.assertEqual(out.split("\n"), ["True True INVALID_ARGUMENT"] * 2)

    def test_what_says_two_things_is_refused(self):
        self.assertIn("replicas: set twice", self.parsed('{"replicas": 1, "replicas": 2}'))
        both = {"probability": {"shares": 1, "receipts": 2}, "probability_counts": {"shares": 1, "receipts": 3}}
        self.assertIn("contradicts probability", self.parsed(json.dumps({"model": {"forward": both}})))


class WithCluster(unittest.TestCase):
    """Tests that have a cluster, and programs with a client of it."""

    @classmethod
    def setUpClass(cls):
        cls.python = environment()
        cls.cluster = LocalCluster()
        cls.addClassCleanup(cls.cluster.close)

    def call(self, body):
        """Prints of a program that has a client as `c`."""
        head = "import json, time, grpc, lawine\nfrom lawine import errors\n"
        head += f"with lawine.Client({self.cluster.address!r}) as c:\n"
        return program(self.python, head + "\n".join("    " + line for line in body.strip().split("\n")))


class InputsTest(WithCluster):
    def test_files_give_the_digests_that_the_command_line_gets(self):
        self.cluster.lawine("graph", "create", "files", "--preset", "hyves", "--members", "5000")
        names = ("article", "last-message", "rumour")
        ours = [
            json.loads(self.cluster.lawine("simulate", "files", "--scenario", name, "-o", "json"))["digest"]
            for name in names
        ]
        paths = [str(SCENARIOS / f"{name}.json") for name in names]
        out = self.call(f"""
print(json.dumps([c.simulate("files", p).digest for p in {paths!r}]))
print(c.simulate("files", {paths[1]!r}, forward=0.01).reach > 0)
c.delete_graph("files")""")
        digests, counted = out.split("\n")
        self.assertEqual(json.loads(digests), ours)
        self.assertEqual(counted, "True")  # a rate that is given replaces the file's counts

    def test_names_that_an_import_would_not_read_back_are_refused(self):
        out = self.call("""
for name in ("#tag", "%x", "a b", "a;b", "a,b", "a'b", 'a"b', ""):
    for rows in ([(name, "bob")], [("bob", "ann"), ("ann", name)]):
        try: c.create_graph("names", rows, directed=True)
        except ValueError as e: print(type(e).__name__)
stored = c.create_graph("names", [("a#1", "bob"), ("bob", "50%")], directed=True)
print(stored.members, stored.links)
c.delete_graph("names")""")
        self.assertEqual(out.split("\n"), ["ValueError"] * 16 + ["3 2"])

    def test_what_the_callers_rows_raise_reaches_the_caller(self):
        out = self.call("""
def rows():
    yield (1, 2)
    raise LookupError("row 2 is not there")
try: c.create_graph("half", rows(), directed=True)
except LookupError as e: print(e)
try: c.create_graph("half", [(1, 2), (3, "bob")], directed=True)
except TypeError as e: print("TypeError")
print([g.name for g in c.graphs() if g.name == "half"])""")
        self.assertEqual(out.split("\n"), ["row 2 is not there", "TypeError", "[]"])

    def test_each_watch_of_a_wait_gets_what_is_left(self):
        out = self.call("""
given = []
def watch(run, timeout, after_steps):
    given.append(timeout)
    time.sleep(0.3)
    raise errors.Error(grpc.StatusCode.UNAVAILABLE, "gone")
    yield
c.watch = watch
try: c.wait("runs/1", timeout=1.5)
except lawine.Error as e: print(e.code.name)
print(len(given) > 1 and all(later <= first - 0.3 for first, later in zip(given, given[1:])))""")
        self.assertEqual(out.split("\n"), ["UNAVAILABLE", "True"])

    def test_the_timeout_of_a_simulation_is_for_all_of_it(self):
        out = self.call("""
given = []
def refuse(method, request, timeout=None):
    given.append(timeout)
    time.sleep(0.2)
    raise errors.Error(grpc.StatusCode.FAILED_PRECONDITION, "large", "RUN_TOO_LARGE")
def start(scenario, timeout, **kept):
    given.append(timeout)
    time.sleep(0.2)
c._call, c.start, c.wait = refuse, start, lambda run, timeout: given.append(timeout)
c.simulate("any", timeout=5)
print(len(given), all(later <= first - 0.2 for first, later in zip([5.2, *given], given)))""")
        self.assertEqual(out, "3 True")

    def test_arguments_that_contradict_each_other_are_refused(self):
        out = self.call("""
field = "model.forward.probability"
for wrong in (lambda: c.simulate("x", forward=0.1, cascade=0.2), lambda: c.simulate("x", seed_members="12"),
              lambda: c.simulate("x", seed_members=12), lambda: c.simulate("x", core=1, page_rank=1),
              lambda: c.simulate("x", forward="4-30"), lambda: c.sweep({}, field, 0.1),
              lambda: c.sweep({}, field, 0.1, 0.2, counts="1/2"), lambda: c.sweep({}, field)):
    try: wrong()
    except ValueError as e: print(e)""")
        self.assertEqual(len(out.split("\n")), 8, out)

    def test_tokens_are_read_without_their_lines_end_and_refused_by_their_file(self):
        out = self.call("""
import pathlib, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "token"
    for text in ("abc\\n", "ab\\u00e9"):
        path.write_text(text)
        for give in (lambda: {"token": text}, lambda: {"token_file": path}):
            try: print(len(lawine.Client(c.address, **give()).status().workers))
            except ValueError as e: print(str(e).replace(str(path), "its file"))""".replace("c.address", repr(self.cluster.address)))
        refused = "expected a token of printable ASCII characters, found others"
        self.assertEqual(out.split("\n"), ["2", "2", f"token: {refused}", f"its file: {refused}"])

    def test_all_ways_to_choose_reach_the_scenario(self):
        out = self.call("""
c.create_graph("path", [(1, 2), (2, 3)], directed=True)
def asked(**how): return c.simulate("path", **how).message.scenario
counted = asked(forward="4/30").model.forward.probability_counts
precision = c.simulate("path", forward=0.5, until_precision=0.5)
print(json.dumps([counted.shares, counted.receipts, asked(page_rank=2).seed_members.page_rank, asked(core=2).seed_members.core,
    precision.message.scenario.until_precision.relative_half_width, precision.replicas >= 32,
    asked(cascade="1/2").model.independent_cascade.probability_counts.receipts]))
c.delete_graph("path")""")
        self.assertEqual(json.loads(out), [4, 30, True, True, 0.5, True, 2])

    def test_waiting_for_a_run_that_is_paused_ends_with_that(self):
        self.cluster.lawine("graph", "create", "long", "--preset", "hyves", "--members", "100000")
        run = self.call("""
print(c.start({"graph": "long", "replicas": 10000, "model": {"forward": {"probability": 0.05}}}))""")
        self.cluster.lawine("run", "pause", run)
        out = self.call(f"""
try: c.wait({run!r}, timeout=60)
except lawine.Error as e: print(e.reason)""")
        self.cluster.lawine("run", "cancel", run)
        self.assertEqual(out, "WRONG_STATE")


if __name__ == "__main__":
    unittest.main()
