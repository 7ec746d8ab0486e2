"""The report: the table P1 to P11, pages as Markdown and HTML, Google Benchmark's format."""

import unittest

import harness_path  # noqa: F401
import bar
import google_benchmark
import made_results
import page
import peers
import report
import text
from metrics import Metrics, spread_of
from session import BenchError
from works import Works


def rows_of(graph, row_id):
    return [row for row in bar.rows(graph) if row.id == row_id]


class BarTest(unittest.TestCase):

    def test_every_row_of_the_bar_is_there_measured_or_not(self):
        rows = bar.rows(made_results.graph())
        self.assertEqual({row.id for row in rows}, {f"P{i}" for i in range(1, 12)})
        unmeasured = [row for row in rows if row.id == "P10"]
        self.assertEqual(unmeasured[0].verdict(True), "not measured")
        self.assertEqual(unmeasured[0].missing, "left out of this bench")

    def test_a_part_that_was_not_available_says_why(self):
        graph = made_results.graph(ensemble={"missing": "not available in this build: no ensembles"})
        self.assertEqual(rows_of(graph, "P2")[0].missing, "not available in this build: no ensembles")

    def test_one_cascade_is_judged_by_its_median_makespan(self):
        row = rows_of(made_results.graph(), "P1")[0]
        self.assertAlmostEqual(row.median(), 0.11)
        self.assertEqual(row.verdict(True), "must met")
        self.assertEqual(row.verdict(False), "reported")
        self.assertAlmostEqual(row.ratio(), 0.41 / 0.11)

    def test_verdicts_follow_the_direction_that_is_better(self):

        def verdict(value, higher):
            return bar.Row("P", "", "x", [value], must=10, aim=5 if not higher else 20,
                           higher=higher).verdict(True)

        self.assertEqual([verdict(v, False) for v in (4, 5, 9, 10, 11)],
                         ["aim met", "aim met", "must met", "must met", "missed"])
        self.assertEqual([verdict(v, True) for v in (21, 20, 11, 10, 9)],
                         ["aim met", "aim met", "must met", "must met", "missed"])

    def test_tax_cost_and_coins_are_by_one_clock(self):
        # The cluster's state is there before its processing begins; what the others do is timed whole.
        cascade = {"single_thread": made_results.timed([0.4, 0.4, 0.4])}
        graph = made_results.graph(independent=made_results.cluster([0.1, 0.1, 0.1]))
        graph["baseline"]["independent_cascade"] = cascade
        self.assertAlmostEqual(rows_of(graph, "P7")[0].median(), 0.11 / 0.08)
        self.assertAlmostEqual(rows_of(graph, "P7")[1].median(), 0.1 / 0.08)  # CPU, of all they do
        self.assertAlmostEqual(rows_of(graph, "P8")[0].median(), 0.41 / 0.11)
        self.assertAlmostEqual(rows_of(graph, "P10")[0].ratio(), 0.4 / 0.11)

    def test_of_an_even_number_of_runs_every_median_is_between_the_middle_two(self):
        values = [1.0, 4.0, 2.0, 3.0]
        self.assertEqual(bar.Row("P", "", "s", values).median(), 2.5)
        self.assertEqual(spread_of(values)["median"], 2.5)
        self.assertEqual(report.median_of([{"seconds": value} for value in values] + [{}], "seconds"), 2.5)
        self.assertIsNone(report.median_of([{}], "seconds"))

    def test_an_ensemble_stands_beside_as_many_deliveries(self):
        ensemble = {"replicas": 10, "deliveries": 1500, "digest": made_results.DIGEST,
                    "runs": [{"makespan_seconds": 1.0}]}
        row = rows_of(made_results.graph(ensemble=ensemble), "P2")[0]
        self.assertAlmostEqual(row.baseline_value, 0.41 * 1500 / 300)

    def test_cpu_times_that_are_not_known_are_no_row(self):
        graph = made_results.graph()
        for run in graph["forward"]["warm"]:
            run["cpu_seconds"] = None
        self.assertEqual(rows_of(graph, "P7")[1].missing, "CPU times of a given cluster are not known")

    def test_the_bar_belongs_to_one_graph_at_full_size(self):
        row = bar.Row("P1", "", "s", [1.0])
        everyone = bar.Row("P11", "", "s", [1.0])
        self.assertTrue(bar.judged(row, "hyves-300", True))
        self.assertFalse(bar.judged(row, "hyves-300", False))
        self.assertFalse(bar.judged(row, "hyves", True))
        self.assertTrue(bar.judged(everyone, "hyves", True))


class PageTest(unittest.TestCase):

    def test_a_report_of_known_results_holds_their_numbers(self):
        rendered, _ = report.render(made_results.results(), made_results.described())
        markdown, html = rendered.markdown(), rendered.html()
        for words in ("110.0 ms", "100.0 ms", "150.0 ms", "must", "left out of this bench", made_results.DIGEST,
                      "load average 0.1 before"):
            self.assertIn(words, markdown)
            self.assertIn(words, html)

    def test_a_day_of_traffic_is_told_with_its_rates(self):
        day = {"messages": 1000, "senders": "uniform", "forward": 0.00035, "deliveries": 4_000_000,
               "digest": made_results.DIGEST, "seconds": spread_of([2.0, 2.0, 2.0])}
        graphs = {"hyves": made_results.graph(traffic={"stress": day})}
        markdown = report.render(made_results.results(graphs), made_results.described())[0].markdown()
        self.assertIn("0.00035", markdown)
        self.assertIn("500 /s", markdown)
        self.assertIn("2.00 M/s", markdown)

    def test_a_limit_of_memory_is_told_as_how_much_slower_it_is(self):
        limit = {"1/2": {"limit_bytes": 1 << 30, "peak_resident_bytes": 1 << 30,
                         "warm": [{"processing_seconds": s} for s in (0.2, 0.3, 0.25)]}}
        graphs = {"hyves": made_results.graph(limit=limit)}
        markdown = report.render(made_results.results(graphs), made_results.described())[0].markdown()
        self.assertIn("2.50 x", markdown)

    def test_html_stands_alone_and_escapes_what_it_is_given(self):
        rendered, _ = report.render(made_results.results(), made_results.described())
        html = rendered.html()
        self.assertIn("a &lt;fast&gt; CPU", html)
        self.assertNotIn("<script", html)
        self.assertNotRegex(html, r'(src|href)="http')

    def test_warnings_come_first(self):
        results = made_results.results()
        results["warnings"] = ["the machine was busy"]
        markdown = report.render(results, made_results.described())[0].markdown()
        self.assertLess(markdown.index("**Warning:** the machine was busy."), markdown.index("## P1 to P11"))

    def test_figures_are_inside_the_page_and_beside_the_text(self):
        made = page.Page("Title")
        made.figure("speed", "How fast", "<svg>drawn</svg>")
        made.figure("absent", "Not drawn", None)
        self.assertIn("<svg>drawn</svg>", made.html())
        self.assertIn("![How fast](plots/speed.svg)", made.markdown())
        self.assertNotIn("Not drawn", made.html())

    def test_bars_inside_cells_do_not_end_them(self):
        self.assertIn("a\\|b", page.markdown_table(("x",), [("a|b",)]))

    def test_numbers_are_short_and_keep_their_size(self):
        self.assertEqual([
            text.value(0.0941, "s"),
            text.value(1.5, "s"),
            text.value(150, "s"),
            text.value(2.1e9, "/s"),
            text.value(3 << 30, "B"),
            text.value(None, "s")
        ], ["94.1 ms", "1.50 s", "150 s", "2.10 G/s", "3.00 GiB", "-"])


class KeepingTest(unittest.TestCase):

    def test_metrics_keep_every_run_and_refuse_a_name_twice(self):
        metrics = Metrics()
        metrics.add("a", "s", [3.0, 1.0, 2.0], "dd")
        metrics.add("nothing", "s", [])
        self.assertEqual(metrics.to_json(), [{
            "name": "a", "unit": "s", "digest": "dd", "median": 2.0, "min": 1.0, "max": 3.0,
            "runs": [3.0, 1.0, 2.0]
        }])
        self.assertRaises(ValueError, metrics.add, "a", "s", [1.0])
        self.assertRaises(ValueError, metrics.add, "b", "furlongs", [1.0])

    def test_work_that_differs_ends_the_bench_naming_the_step(self):
        works = Works()
        works.add("w", "cluster", {"digest": "aa", "steps": made_results.STEPS})
        works.add("w", "ensemble", {"digest": "aa"})
        other = [made_results.STEPS[0], {**made_results.STEPS[1], "deliveries": 301}]
        with self.assertRaisesRegex(BenchError, "w, plain array: steps: found .*301.*, but cluster: .*300"):
            works.add("w", "plain array", {"digest": "aa", "steps": other})

    def test_google_benchmark_gets_every_run_and_the_median(self):
        metrics = Metrics()
        metrics.add("g/w/p/processing_seconds", "s", [1.0, 3.0, 2.0], "dd")
        metrics.add("g/w/p/cpu_seconds", "s", [0.5, 0.6, 0.7], "dd")
        metrics.add("g/space", "B/link", [2.0])
        found = google_benchmark.document(metrics.to_json(), made_results.described())["benchmarks"]
        self.assertEqual([(entry["name"], entry["real_time"], entry["cpu_time"]) for entry in found],
                         [("g/w/p/processing_seconds", 1.0, 0.5), ("g/w/p/processing_seconds", 3.0, 0.6),
                          ("g/w/p/processing_seconds", 2.0, 0.7),
                          ("g/w/p/processing_seconds_median", 2.0, 0.6)])

    def test_google_benchmark_gets_no_cpu_time_that_nobody_took(self):
        for runs in ([1.0], [1.0, 2.0]):
            metrics = Metrics()
            metrics.add("g/w/cluster/cpu_seconds", "s", runs, "dd")
            metrics.add("g/w/cluster/first_processing_seconds", "s", [9.0], "dd")
            metrics.add("g/restart/up_seconds", "s", [3.0], "dd")
            found = google_benchmark.document(metrics.to_json(), made_results.described())["benchmarks"]
            self.assertEqual([(entry["real_time"], entry["cpu_time"]) for entry in found],
                             [(9.0, 0), (9.0, 0), (3.0, 0), (3.0, 0)])


class PeersTest(unittest.TestCase):

    def test_spreads_that_agree_have_a_small_z(self):
        ours = peers.summary("ours", "", peers.INDEPENDENT, 1.0, 10.0, [10, 12, 11, 13])
        other = peers.summary("other", "1", peers.INDEPENDENT, 1.0, 10.0, [11, 12, 13, 12])
        self.assertEqual(peers.compare([ours, other]), [])
        self.assertAlmostEqual(other["z"], 0.5 / (5 / 3 / 4 + 2 / 3 / 4)**0.5)
        self.assertIsNone(ours["z"])

    def test_another_model_is_found_out(self):
        ours = peers.summary("ours", "", peers.INDEPENDENT, 1.0, 10.0, [10, 12, 11, 13])
        other = peers.summary("other", "1", peers.INDEPENDENT, 1.0, 10.0, [20, 22, 21, 23])
        self.assertRegex(peers.compare([ours, other])[0], "other, independent cascade: .* standard errors")

    def test_reach_without_luck_must_be_equal(self):
        ours = peers.summary("ours", "", peers.EVERYONE, 1.0, 1.0, [1000])
        same = peers.summary("same", "1", peers.EVERYONE, 1.0, 3.0, [1000, 1000])
        other = peers.summary("other", "1", peers.EVERYONE, 1.0, 3.0, [1000, 999])
        failed = {"program": "failed", "work": "any", "note": "not done in 30 s"}
        self.assertEqual(peers.compare([ours, same, failed]), [])
        self.assertEqual(len(peers.compare([ours, same, other])), 1)


if __name__ == "__main__":
    unittest.main()
