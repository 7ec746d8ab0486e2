"""igraph: reach when everyone forwards is what can be got to; an independent cascade's reach is what can be
got to over the links that carry, each drawn beforehand ("live edges")."""

import time

import igraph
import numpy

import peer

asked = peer.question()
edges = numpy.column_stack([asked.sources, asked.targets])
start = time.monotonic()
graph = igraph.Graph(n=asked.members, edges=edges, directed=True)
load_seconds = time.monotonic() - start
peer.answer("igraph", peer.EVERYONE, load_seconds,
            peer.repeat(asked, lambda _: len(graph.subcomponent(asked.seed, mode="out"))))

luck = numpy.random.default_rng(1)


def spread(_):
    carrying = edges[luck.random(len(edges)) < asked.probability]
    live = igraph.Graph(n=asked.members, edges=carrying, directed=True)
    return len(live.subcomponent(asked.seed, mode="out"))


peer.answer("igraph", peer.INDEPENDENT, load_seconds, peer.repeat(asked, spread))
