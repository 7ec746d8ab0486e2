"""NDlib: an independent cascade in Python."""

import time

import ndlib.models.epidemics
import ndlib.models.ModelConfig
import networkx
import numpy

import peer

asked = peer.question()
start = time.monotonic()
graph = networkx.DiGraph()
graph.add_nodes_from(range(asked.members))
graph.add_edges_from(zip(asked.sources.tolist(), asked.targets.tolist()))
configuration = ndlib.models.ModelConfig.Configuration()
for edge in graph.edges():
    configuration.add_edge_configuration("threshold", edge, asked.probability)
configuration.add_model_initial_configuration("Infected", [asked.seed])
load_seconds = time.monotonic() - start
numpy.random.seed(1)


def spread(_):
    model = ndlib.models.epidemics.IndependentCascadesModel(graph)
    model.set_initial_status(configuration)
    while True:
        counts = model.iteration(node_status=False)["node_count"]
        if counts[1] == 0:
            return counts[2]


peer.answer("ndlib", peer.INDEPENDENT, load_seconds, peer.repeat(asked, spread))
