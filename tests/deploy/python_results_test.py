"""What the Python client says of results: by step, over replicas, by member; and recipes of its README."""

import json
import math
import unittest

from python_inputs_test import WithCluster

HEAD = """
import pandas, tempfile
c.create_graph("wheel", [(0, i) for i in range(1, 9)] + [(i, i % 8 + 1) for i in range(1, 9)], directed=False)
c.create_graph("names", [("ann", "bob"), ("bob", "cas")], directed=True)
c.create_graph("pair", [(1, 2)], directed=True)
"""
FOOT = """
for graph in ("wheel", "names", "pair"): c.delete_graph(graph)"""


class ResultsTest(WithCluster):
    def told(self, body):
        """What each line of the program's prints says, which is JSON."""
        return [json.loads(line) for line in self.call(HEAD + body + FOOT).split("\n")]

    def test_members_of_epidemics_are_susceptible_exposed_infectious_or_removed(self):
        sir, seir, plain = self.told("""
rates = {"infection": 0.3, "recovery": 0.4}
f = c.simulate("wheel", {"model": {"sir": rates}}, seed_members=[1], replicas=40).steps_frame()
print(json.dumps([int(f["acting"].max()) > 40, bool((f["reached"] == f["acting"] + f["recoveries"].cumsum()).all())]))
f = c.simulate("wheel", {"model": {"seir": {**rates, "onset": 0.5}}}, seed_members=[1], replicas=40).steps_frame()
exposed = f["first_receipts"].cumsum() - f["forwards"].cumsum()
print(json.dumps([int(exposed.max()) > 0, bool((f["reached"] == exposed + f["acting"] + f["recoveries"].cumsum()).all())]))
f = c.simulate("wheel", forward=0.5, seed_members=[1]).steps_frame()
print(json.dumps([str(f["recoveries"].dtype), bool(f["recoveries"].isna().all())]))""")
        self.assertEqual([sir, seir, plain], [[True, True], [True, True], ["Int64", True]])

    def test_steps_are_told_over_replicas(self):
        means, columns, refused = self.told("""
how = {"cascade": 0.4, "seed_members": [1], "replicas": 25}
kept = c.simulate("wheel", as_run=True, **how)
f = kept.ensemble_steps_frame()
reach = f[f["measure"] == "reach"]
means = reach["mean"] * 25 - kept.steps_frame()["reached"].to_numpy()
print(json.dumps([bool((means.abs() < 1e-6).all()), bool((reach["low"] <= reach["mean"]).all()), sorted(set(f["measure"]))]))
print(json.dumps(list(f.columns)))
try: c.simulate("wheel", **how).ensemble_steps_frame()
except ValueError as e: print(json.dumps(str(e)))""")
        self.assertEqual(means, [True, True, ["deliveries", "first_receipts", "forwards", "reach"]])
        self.assertEqual(columns[:5], ["step", "measure", "mean", "low", "high"])
        self.assertIn("as_run=True", refused)

    def test_members_ids_are_integers_where_the_graph_has_such_and_are_read_again(self):
        whole, words = self.told("""
for graph, seed, kind in (("pair", 1, "pair"), ("names", "ann", "names")):
    receipts = c.receipts(c.simulate(graph, forward=0, seed_members=[seed], receipts=True).run)
    frame, again = receipts.frame(), receipts.frame()
    with tempfile.NamedTemporaryFile() as file:
        receipts.to_parquet(file.name)
        stored = pandas.read_parquet(file.name)
    print(json.dumps([frame["member"].tolist(), again.equals(frame), str(frame["forward_step"].dtype),
                      frame["forward_step"].isna().tolist(), stored["member"].tolist(), sorted(receipts)]))""")
        self.assertEqual(whole, [[1, 2], True, "Int64", [False, True], [1, 2], [[1, 0, 0], [2, 1, None]]])
        names = sorted(words[0])
        self.assertEqual(names, ["ann", "bob"])
        self.assertEqual([words[4], words[5]], [words[0], [["ann", 0, 0], ["bob", 1, None]]])

    def test_attribution_is_told(self):
        depths, none = self.told("""
print(json.dumps(list(c.simulate("names", cascade=1, seed_members=["ann"], attribution=True).attribution.members_by_depth)))
print(json.dumps(c.simulate("names", cascade=1, seed_members=["ann"]).attribution))""")
        self.assertEqual([depths, none], [[1, 1, 1], None])

    def test_who_got_it_need_not_have_accepted(self):
        (found,) = self.told("""
r = c.simulate("wheel", {"model": {"threshold": {"count": 2}}}, seed_members=[1], replicas=2)
print(json.dumps([r.reach, r.distributions["forwards"].mean]))""")
        self.assertEqual(found, [4, 1])

    def test_measures_are_chosen_by_name(self):
        sweep, counted, difference, shown, *refused = self.told("""
base = {"graph": "wheel", "replicas": 16}
s = c.sweep(base, "model.forward.probability", 0.1, 0.9, points=3, measure="deliveries")
print(json.dumps([list(s.frame().columns)[:3], list(s.frame("reach").columns)[:3]]))
s = c.sweep(base, "model.forward.probability", counts="4/30")
print(json.dumps([len(s.frame()), s.message.sweep.counts.trials]))
variants = [{"name": "more", "change": {"model": {"forward": {"probability": 0.9}}}}]
d = c.compare({"base": base, "variants": variants, "measure": "deliveries"})
print(json.dumps([d.frame().equals(d.frame("deliveries")), d.frame().equals(d.frame("reach"))]))
print(json.dumps([repr(s)[:30], repr(d)[:42]]))
for result in (s, d):
    try: result.frame("reech")
    except ValueError as e: print(json.dumps(str(e)))""")
        self.assertEqual(sweep, [["value", "deliveries", "low"], ["value", "reach", "low"]])
        self.assertEqual(counted, [20, 30])
        self.assertEqual(difference, [True, False])
        self.assertEqual(
            shown, ["SweepResult(field='model.forwa", "ComparisonResult(variants=['base', 'more']"]
        )
        self.assertRegex(refused[0], "reech.*reach, deliveries, forwards")
        self.assertEqual(len(refused), 2)

    def test_a_link_carries_in_long_steps_as_often_as_in_continuous_time(self):
        tau, gamma, step = 0.8, 0.5, 1.5
        recovery = 1 - math.exp(-gamma * step)
        infection = tau * recovery / (gamma + tau * recovery)
        ((low, high),) = self.told(f"""
sir = {{"infection": {infection!r}, "recovery": {recovery!r}}}
reach = c.simulate("pair", {{"model": {{"sir": sir}}}}, seed_members=[1], replicas=10000).distributions["reach"]
print(json.dumps([reach.low, reach.high]))""")
        self.assertLess(low, 1 + tau / (tau + gamma))
        self.assertGreater(high, 1 + tau / (tau + gamma))
        self.assertLess(high - low, 0.03)


if __name__ == "__main__":
    unittest.main()
