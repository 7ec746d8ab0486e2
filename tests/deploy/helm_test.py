"""The chart: lint, placing, notes, sizes, names that never change."""

import json
import math
import pathlib
import re
import tempfile
import unittest

import yaml

import chart
import tools

GIB = 1 << 30


class LintTest(unittest.TestCase):
    def test_every_value_set_passes_strict_lint(self):
        for path in chart.VALUE_SETS:
            with self.subTest(path.stem):
                tools.run(tools.helm(), "lint", "--strict", tools.CHART, "--values", path)

    def test_value_sets_are_the_four(self):
        tools.helm()
        self.assertEqual([p.stem for p in chart.VALUE_SETS], ["hyves", "kind", "production", "small"])


class PlacingTest(unittest.TestCase):
    JOBS = {
        "nodeSelector": {"pool": "small"},
        "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        "priorityClassName": "low-priority",
    }

    def test_jobs_run_where_they_are_told_and_servers_do_not(self):
        values = {"jobs": self.JOBS, "graphs": [{"name": "a", "preset": "own"}]}
        jobs = 0
        for name, _, spec in chart.pod_templates(chart.render(values, more=["--is-upgrade"])):
            with self.subTest(name):
                placed = {field: spec[field] for field in self.JOBS if field in spec}
                server = name.startswith("StatefulSet")
                self.assertEqual(placed, {} if server else self.JOBS)
                jobs += not server
        self.assertGreaterEqual(jobs, 5)  # keys, once and again, graphs, two checks, the release's test


class NotesTest(unittest.TestCase):
    def test_they_lead_to_a_first_simulation(self):
        for path in chart.VALUE_SETS:
            rendered = chart.render(files=[path])
            done = tools.run(
                tools.helm(),
                "install",
                "net",
                tools.CHART,
                "--namespace",
                "spread",
                "--dry-run=client",
                "--values",
                path,
            )
            notes = done.stdout.split("NOTES:")[1]
            with self.subTest(path.stem):
                chart.find(rendered, "Service", re.search(r"port-forward service/(\S+) 7070", notes).group(1))
                graphs = (yaml.safe_load(path.read_text()) or {}).get("graphs")
                self.assertIn(f"simulate {graphs[0]['name'] if graphs else 'first'} ", notes)
                self.assertEqual("get secret" in notes, "LAWINE_TOKEN_FILE" in notes)
                self.assertIn("There is one copy of each shard", notes)
                self.assertIn("graph restore --missing", notes)

    def test_they_tell_the_name_that_the_certificate_has(self):
        secrets = {"internalSecret": "inner", "publicSecret": "outer"}
        own = {"certificates": {"mode": "existing", "existing": secrets, "publicNames": ["lawine.example.org"]}}
        for values, name in (({}, "net-lawine"), (own, "lawine.example.org")):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "values.yaml"
                path.write_text(yaml.safe_dump(values))
                words = ["install", "net", tools.CHART, "--dry-run=client", "--values", path]
                self.assertRegex(
                    tools.run(tools.helm(), *words).stdout, rf"(?m) LAWINE_TLS_SERVER_NAME={name}$"
                )


class SizesTest(unittest.TestCase):
    @staticmethod
    def sizes(rendered):
        worker = chart.find(rendered, "StatefulSet", "net-lawine-worker")
        container = worker["spec"]["template"]["spec"]["containers"][0]
        limit = next(a for a in container["args"] if a.startswith("--memory-limit="))
        claim = worker["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
        return (
            in_bytes(container["resources"]["limits"]["memory"]),
            in_bytes(limit.split("=")[1]),
            in_bytes(claim),
        )

    def test_memory_and_disk_follow_the_formula(self):
        graph = {"name": "h", "preset": "hyves", "members": 6_000_000, "linksPerMember": 300}
        for workers, shards in ((1, 4), (2, 4), (8, 8)):
            memory, limit, disk = self.sizes(chart.render({"workers": {"count": workers}, "graphs": [graph]}))
            need = (1.8e9 * 6 + 6e6 * 8 + 6e6 * 6 * shards) / workers
            self.assertAlmostEqual(limit, need, delta=2 << 20)
            self.assertEqual(memory, limit + GIB)
            self.assertAlmostEqual(
                disk, max(8 * GIB, 2 * (1.8e9 * 2.2 + 6e6 * 32) / workers + 2 * GIB), delta=2 << 20
            )

    def test_formula_is_above_what_was_measured(self):
        # hyves-300, four workers: 5.37 bytes a link in memory, 1.99 on disk.
        memory, limit, disk = self.sizes(
            chart.render({"workers": {"count": 4}, "graphs": [{"name": "h", "preset": "hyves-300"}]})
        )
        self.assertGreater(limit, 1.8e9 * 5.37 / 4)
        self.assertLess(limit, 1.8e9 * 5.37 / 4 * 1.2)
        self.assertGreater(disk, 1.8e9 * 1.99 / 4)

    def test_shards_are_dealt_whole(self):
        for workers, shards, share in ((3, None, 2 / 4), (3, 7, 3 / 7), (8, 2, 1 / 2), (5, None, 1 / 5)):
            graph = {"name": "h", "preset": "hyves-300", **({"shards": shards} if shards else {})}
            _, limit, disk = self.sizes(chart.render({"workers": {"count": workers}, "graphs": [graph]}))
            shards = shards or max(workers, 4)
            with self.subTest(workers=workers, shards=shards):
                self.assertAlmostEqual(
                    limit, (1.8e9 * 6 + 6e6 * 8 + 6e6 * 6 * shards) * share, delta=2 << 20
                )
                self.assertAlmostEqual(
                    disk, max(8 * GIB, 2 * (1.8e9 * 2.2 + 6e6 * 32) * share + 2 * GIB), delta=2 << 20
                )

    def test_the_formula_of_the_guide_is_the_charts(self):
        guide = (tools.ROOT / "deploy" / "README.md").read_text()
        line = r"(?m)^(share|memory|volume) {3,}(.+?)(?: +\+ (\d) GiB +at least (\d) GiB .*)?$"
        formulas = {name: words for name, *words in re.findall(line, guide)}
        for workers, shards in ((3, 4), (8, 8)):
            graph = {"name": "h", "preset": "hyves-300", "shards": shards}
            memory, _, disk = self.sizes(chart.render({"workers": {"count": workers}, "graphs": [graph]}))
            known = {"ceil": math.ceil, "workers": workers, "shards": shards, "members": 6e6, "links": 1.8e9}
            for name, (formula, more, least) in formulas.items():
                known[name] = eval(formula.replace(" x ", " * "), {}, known)  # of our own guide
                if more:
                    known[name] = max(known[name] + int(more) * GIB, int(least) * GIB)
            self.assertAlmostEqual(memory, known["memory"], delta=2 << 20)
            self.assertAlmostEqual(disk, known["volume"], delta=2 << 20)

    def test_imports_size_the_coordinator(self):
        def sizes(graphs, links=0):
            values = {"importVolume": {"existingClaim": "c"}, "graphs": graphs, "sizing": {"importLinks": links}}
            spec = chart.find(chart.render(values), "StatefulSet", "net-lawine-coordinator")["spec"]
            limits = spec["template"]["spec"]["containers"][0]["resources"]["limits"]
            claim = spec["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
            return in_bytes(limits["memory"]), in_bytes(claim)

        def imported(name, members):
            files = {"files": ["x"], "undirected": True}
            return {"name": name, "members": members, "linksPerMember": 40, "import": files}

        generated = {"name": "h", "preset": "hyves-300"}
        self.assertEqual(sizes([generated]), (GIB, 4 * GIB))
        memory, disk = sizes([imported("a", 20_000_000), imported("b", 10_000_000), generated])
        self.assertAlmostEqual(memory, GIB + 60 * 20e6, delta=2 << 20)
        self.assertAlmostEqual(disk, 2 * GIB + 12 * 800e6, delta=2 << 20)
        memory, disk = sizes([imported("a", 20_000_000)], links=2_000_000_000)
        self.assertAlmostEqual(memory, GIB + 60 * 20e6, delta=2 << 20)
        self.assertAlmostEqual(disk, 2 * GIB + 12 * 2e9, delta=2 << 20)

    def test_nothing_to_size_from_gives_the_least(self):
        memory, limit, disk = self.sizes(chart.render())
        self.assertEqual((memory, limit, disk), (2 * GIB, GIB, 8 * GIB))

    def test_members_and_links_made_by_callers_count(self):
        values = {"workers": {"count": 2}, "sizing": {"otherMembers": 1_000_000, "otherLinks": 1_000_000_000}}
        _, limit, _ = self.sizes(chart.render(values))
        self.assertAlmostEqual(limit, (1e9 * 6 + 1e6 * 8 + 1e6 * 6 * 4) / 2, delta=2 << 20)

    def test_table_of_presets_is_the_programs(self):
        presets = json.loads(tools.run(tools.programs() / "lawine", "graph", "presets", "-o", "json").stdout)[
            "presets"
        ]
        text = (tools.CHART / "templates" / "_sizing.tpl").read_text()
        table = yaml.safe_load(
            re.search(r'define "lawine.presets" -}}\n(.*?){{- end', text, re.DOTALL).group(1)
        )
        self.assertEqual(
            {p["name"]: (p["members"], p["links_per_member"]) for p in presets},
            {name: (p["members"], p["linksPerMember"]) for name, p in table.items()},
        )


def in_bytes(quantity):
    number, unit = re.fullmatch(r"(\d+)([MGT]i)B?", quantity).groups()
    return int(number) * {"Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}[unit]


class ShapeTest(unittest.TestCase):
    """What operators rely on, whatever the values."""

    def test_what_kubernetes_cannot_change_depends_on_no_value_or_version(self):
        def fixed(rendered):
            return [
                (
                    d["metadata"]["name"],
                    d["spec"]["selector"],
                    d["spec"]["serviceName"],
                    [c["metadata"] for c in d["spec"]["volumeClaimTemplates"]],
                )
                for d in rendered
                if d["kind"] == "StatefulSet"
            ]

        first = fixed(chart.render())
        for name, rendered in chart.every_rendering():
            with self.subTest(name):
                self.assertEqual(fixed(rendered), first)
        self.assertNotIn("version", json.dumps(first))

    def test_pods_are_told_their_own_limits(self):
        for name, rendered in chart.every_rendering():
            for pod, _, spec in chart.pod_templates(rendered):
                for container in spec["containers"]:
                    with self.subTest(f"{name}: {pod}"):
                        self.assertIn("memory", container["resources"]["limits"])
                        self.assertIn("cpu", container["resources"]["requests"])
                        self.assertFalse(spec["automountServiceAccountToken"])

    def test_drain_ends_before_the_kill(self):
        for _, rendered in chart.every_rendering():
            for document in rendered:
                if document["kind"] != "StatefulSet":
                    continue
                spec = document["spec"]["template"]["spec"]
                container = spec["containers"][0]
                drain = next(a for a in container["args"] if a.startswith("--drain-seconds="))
                stop = container["lifecycle"]["preStop"]["exec"]["command"][-1]
                seconds = [int(x.split("=")[1]) for x in (drain, stop)] + [
                    spec["terminationGracePeriodSeconds"]
                ]
                self.assertEqual(seconds, sorted(set(seconds)), "expected drain < preStop < grace")

    def test_flags_are_ones_the_programs_have(self):
        known = {}
        for program in ("lawine-worker", "lawine-coordinator"):
            known[program] = set(
                re.findall(r"--[a-z-]+", tools.run(tools.programs() / program, "--help").stdout)
            )
        for name, rendered in chart.every_rendering():
            for pod, _, spec in chart.pod_templates(rendered):
                for container in spec["containers"]:
                    program = container["command"][0]
                    used = {a.split("=")[0] for a in container.get("args", [])}
                    with self.subTest(f"{name}: {pod}"):
                        self.assertLessEqual(used, known.get(program, set()))

    def test_more_workers_change_nothing_but_their_number_and_sizes(self):
        three, five = (
            chart.find(
                chart.render({"workers": {"count": n, "memory": "4Gi", "storage": {"size": "9Gi"}}}),
                "StatefulSet",
                "net-lawine-worker",
            )
            for n in (3, 5)
        )
        five["spec"]["replicas"] = 3
        self.assertEqual(three, five)

    def test_network_policies_select_every_pod(self):
        for name, rendered in chart.every_rendering():
            selectors = [
                d["spec"]["podSelector"]["matchLabels"] for d in rendered if d["kind"] == "NetworkPolicy"
            ]
            if not selectors:
                self.assertEqual(name, "open")
                continue
            for pod, metadata, _ in chart.pod_templates(rendered):
                with self.subTest(f"{name}: {pod}"):
                    self.assertTrue(any(s.items() <= metadata["labels"].items() for s in selectors))


if __name__ == "__main__":
    unittest.main()
