"""CyNetDiff: a compiled independent cascade."""

import array
import time

import numpy
from cynetdiff.models import IndependentCascadeModel

import peer

asked = peer.question()
start = time.monotonic()
order = numpy.argsort(asked.sources, kind="stable")
starts = numpy.searchsorted(asked.sources[order], numpy.arange(asked.members)).astype(numpy.uint32)
model = IndependentCascadeModel(array.array("I", starts.tobytes()),
                                array.array("I", asked.targets[order].astype(numpy.uint32).tobytes()),
                                activation_prob=asked.probability, rng=1)
model.set_seeds([asked.seed])
load_seconds = time.monotonic() - start


def spread(_):
    model.reset_model()
    model.advance_until_completion()
    return model.get_num_activated_nodes()


peer.answer("cynetdiff", peer.INDEPENDENT, load_seconds, peer.repeat(asked, spread))
