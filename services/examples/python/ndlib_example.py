# %% [markdown]
# # An NDlib example, on a cluster
#
# NDlib's tutorial spreads an epidemic over an Erdos-Renyi graph and follows node counts by iteration. Here the same
# independent cascade runs in NDlib (in this process) and on a Lawine cluster, and the mean reach of both is compared.
#
#     pip install 'services/examples/python[frames,networkx,parquet]' ndlib six
#     python ndlib_example.py 127.0.0.1:7070

# %%
import argparse
import importlib.util
import math
import statistics
import sys

import networkx

from lawine import Client

parser = argparse.ArgumentParser(description="NDlib and Lawine, side by side")
parser.add_argument("cluster", help="HOST:PORT of the coordinator")
parser.add_argument("--tls-ca", help="file with the CA of the public port")
parser.add_argument("--server-name", help="name expected in the certificate")
parser.add_argument("--token-file", help="file with the token")
parser.add_argument("--members", type=int, default=1000)
parser.add_argument("--replicas", type=int, default=200)
parser.add_argument("--receipts", help="write who received when to this Parquet file")
asked = parser.parse_args()

# %% [markdown]
# ## The network, and what spreads
#
# `networkx.erdos_renyi_graph` as in NDlib's tutorial; a link carries with probability 0.12, from member 0.

# %%
graph = networkx.erdos_renyi_graph(asked.members, 10 / asked.members, seed=7)
PROBABILITY, SEED_MEMBER = 0.12, 0

# %% [markdown]
# ## NDlib


# %%
def with_ndlib():
    """Reach of each realisation, or None without NDlib. One that is there and lacks something is an error: NDlib 6 does
    not ask pip for `six`, which it needs."""
    if importlib.util.find_spec("ndlib") is None:
        print("NDlib left out: it is not installed", file=sys.stderr)
        return None
    import ndlib.models.epidemics as epidemics
    import ndlib.models.ModelConfig as configurations
    import numpy

    configuration = configurations.Configuration()
    for edge in graph.edges():
        configuration.add_edge_configuration("threshold", edge, PROBABILITY)
    configuration.add_model_initial_configuration("Infected", [SEED_MEMBER])
    numpy.random.seed(1)
    reached = []
    for _ in range(asked.replicas):
        model = epidemics.IndependentCascadesModel(graph, seed=None)
        model.set_initial_status(configuration)
        counts = {1: 1}
        while counts[1]:
            counts = model.iteration(node_status=False)["node_count"]
        reached.append(counts[2])
    return reached


# %% [markdown]
# ## Lawine
#
# The graph crosses once; every realisation is replica i of the run seed, the same on any cluster.

# %%
with Client(
    asked.cluster, tls_ca=asked.tls_ca, server_name=asked.server_name, token_file=asked.token_file
) as client:
    if "ndlib-example" in [g.name for g in client.graphs()]:
        client.delete_graph("ndlib-example")
    stored = client.create_graph("ndlib-example", graph)
    result = client.simulate(
        "ndlib-example", cascade=PROBABILITY, seed_members=[SEED_MEMBER], replicas=asked.replicas, run_seed=1
    )
    print(stored)
    print(result.distributions_frame().to_string(index=False))
    print(result.steps_frame().head(8).to_string(index=False))

    # One realisation with everyone's receipt.
    one = client.simulate(
        "ndlib-example", cascade=PROBABILITY, seed_members=[SEED_MEMBER], run_seed=1, receipts=True
    )
    if asked.receipts:
        print(client.receipts(one.run).to_parquet(asked.receipts), "receipts in", asked.receipts)
    client.delete_graph("ndlib-example")

# %% [markdown]
# ## The same?

# %%
reach = result.distributions["reach"]
print(
    f"Lawine: mean reach {reach.mean:.1f} of {graph.number_of_nodes()}, standard deviation {reach.standard_deviation:.1f}"
)
theirs = with_ndlib()
if theirs:
    mean, deviation = statistics.fmean(theirs), statistics.stdev(theirs)
    error = math.sqrt(deviation**2 / len(theirs) + reach.standard_deviation**2 / asked.replicas)
    z = (reach.mean - mean) / error
    print(f"NDlib:  mean reach {mean:.1f}, standard deviation {deviation:.1f}")
    print(f"difference of the means: {z:+.2f} standard errors")
    if abs(z) > 4:
        sys.exit("the two programs disagree")
