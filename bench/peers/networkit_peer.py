"""NetworKit: reach when everyone forwards, by its breadth-first search."""

import time

import networkit
import numpy

import peer

asked = peer.question()
start = time.monotonic()
ones = numpy.ones(len(asked.sources))
graph = networkit.GraphFromCoo((ones, (asked.sources, asked.targets)), asked.members, directed=True)
load_seconds = time.monotonic() - start


def spread(_):
    search = networkit.distance.BFS(graph, asked.seed, storePaths=False)
    search.run()
    return numpy.count_nonzero(numpy.asarray(search.getDistances()) < asked.members)


peer.answer("networkit", peer.EVERYONE, load_seconds, peer.repeat(asked, spread))
