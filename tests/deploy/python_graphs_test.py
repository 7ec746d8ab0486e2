"""What the Python client takes for a graph, and what it says of one."""

import json
import unittest

from python_inputs_test import WithCluster

# `made` gives the graph of some edges, which is not kept, or the error.
MADE = """
import warnings, numpy, networkx, pandas, scipy.sparse, igraph
links = [(0, 1), (1, 2), (2, 0), (2, 3)]
def made(edges, **how):
    try: graph = c.create_graph("made", edges, **how)
    except (ValueError, TypeError) as e: return f"{type(e).__name__}: {e}"
    c.delete_graph("made")
    return graph
"""


class GraphsTest(WithCluster):
    def printed(self, body):
        return self.call(MADE + body).split("\n")

    def test_the_same_links_are_the_same_graph_whatever_they_are_kept_in(self):
        digests = self.printed("""
ends = numpy.array(links).T
for edges in (links, numpy.array(links), numpy.array(links, dtype=float), pandas.DataFrame(links, columns=["a", "b"]),
              networkx.DiGraph(links), networkx.DiGraph([(numpy.int64(u), numpy.int32(v)) for u, v in links]),
              igraph.Graph(links, directed=True), scipy.sparse.csr_matrix((numpy.ones(4), ends), shape=(4, 4)),
              scipy.sparse.coo_array(([1, 1, 1, 1, 0], ([*ends[0], 0], [*ends[1], 3])), shape=(4, 4))):
    knows = isinstance(edges, (networkx.DiGraph, igraph.Graph))
    graph = made(edges, directed=None if knows else True)
    print(graph.digest, graph.string_ids)""")
        self.assertEqual(len(digests), 9)
        self.assertEqual(set(digests), {digests[0]})
        self.assertTrue(digests[0].endswith(" False"))

    def test_friendships_and_probabilities_too(self):
        digests = self.printed("""
both = links + [(v, u) for u, v in links]
matrix = scipy.sparse.csr_matrix((numpy.full(8, 0.25), numpy.array(both).T), shape=(4, 4))
for graph in (made(links, directed=False), made(networkx.Graph(links)), made(igraph.Graph(links)), made(matrix, directed=False)):
    print(graph.digest)
weighted = networkx.Graph()
weighted.add_weighted_edges_from([(u, v, 0.25) for u, v in links])
numbered = igraph.Graph(links)
numbered.es["weight"] = 0.25
rows = [(u, v, 0.25) for u, v in both]
for graph in (made(weighted, probability="weight"), made(numbered, probability="weight"), made(rows, directed=True, probability=True),
              made(pandas.DataFrame(rows), directed=True, probability=True), made(matrix, directed=True, probability=True)):
    print(graph.digest)""")
        self.assertEqual([len(digests), len(set(digests[:4])), len(set(digests[4:]))], [9, 1, 1])

    def test_an_edge_without_its_probability_is_named(self):
        refused = self.printed("""
graph = networkx.DiGraph()
graph.add_weighted_edges_from([("ann", "bob", 0.5)])
graph.add_edge("bob", "cas")
print(made(graph, probability="weight"))
print(made(graph, probability="wieght"))
print(made(igraph.Graph(links), probability="weight"))""")
        self.assertEqual([line.split(":")[0] for line in refused], ["ValueError"] * 3)
        self.assertIn("'bob', 'cas': has no attribute 'weight'", refused[0])
        self.assertIn("'ann', 'bob': has no attribute 'wieght'", refused[1])

    def test_what_would_be_passed_over_is_refused(self):
        refused = self.printed("""
asymmetric = scipy.sparse.csr_matrix(([1], ([0], [1])), shape=(2, 2))
for edges, how in ((networkx.DiGraph(links), {"probability": True}), (networkx.DiGraph(links), {"directed": False}),
                   (networkx.Graph(links), {"directed": True}), (igraph.Graph(links), {"directed": True}),
                   (numpy.array(links) + 0.5, {"directed": True}), ([(2.0**60, 1)], {"directed": True}),
                   (links, {"directed": True, "probability": "weight"}), ([(1, 2), (2, 3, 4)], {"directed": True}),
                   (["ab", "cd"], {"directed": True}), ([1, 2], {"directed": True}), (asymmetric, {"directed": False}),
                   (asymmetric[:1], {"directed": True}), ([("ann", None)], {"directed": True}),
                   ([("ann", float("nan"))], {"directed": True})):
    print(made(edges, **how))""")
        self.assertEqual([line.split(":")[0] for line in refused], ["ValueError"] * 14, refused)

    def test_labels_of_any_kind_are_numbered_on_request(self):
        first, *others = self.printed("""
print(made(networkx.grid_2d_graph(2, 2)))
grid = c.create_graph("grid", networkx.grid_2d_graph(2, 2), number_members=True)
result = c.simulate("grid", cascade=1, seed_members=grid.numbers([(1, 0)]), receipts=True)
print(json.dumps([grid.members, grid.links, [(grid.labels[m], r) for m, r, f in c.receipts(result.run)]]))
c.delete_graph("grid")
print(json.dumps(made([("ann b", "#c"), ("#c", ("d", 1))], directed=True, number_members=True).labels))""")
        self.assertRegex(first, "ValueError: .*number_members=True")
        steps = [[[0, 0], 1], [[0, 1], 2], [[1, 0], 0], [[1, 1], 1]]
        self.assertEqual(json.loads(others[0]), [4, 8, steps])
        self.assertEqual(json.loads(others[1]), ["ann b", "#c", ["d", 1]])

    def test_the_report_is_kept_and_dropped_links_are_warned_of(self):
        said = self.printed("""
for rows in (links, links + [(0, 1), (0, 1), (3, 3)]):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        report = made(rows, directed=True).report
    told = [str(w.message) for w in warned if w.category is UserWarning]
    print(json.dumps([report.rows, report.duplicates_dropped, report.self_links_dropped, told]))""")
        self.assertEqual(json.loads(said[0]), [4, 0, 0, []])
        told = ["graph made: links dropped: 2 repeated, 1 of a member to itself"]
        self.assertEqual(json.loads(said[1]), [7, 2, 1, told])


if __name__ == "__main__":
    unittest.main()
