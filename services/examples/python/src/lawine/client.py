"""The client."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import time
import typing
import uuid

import grpc

from lawine import addresses, errors, results, scenario_files
from lawine import edges as edge_sources
from lawine.v1 import (
    cluster_pb2,
    cluster_pb2_grpc,
    comparison_pb2,
    graph_pb2,
    graph_pb2_grpc,
    scenario_pb2,
    simulation_pb2,
    simulation_pb2_grpc,
    sweep_pb2,
    what_if_pb2,
    what_if_pb2_grpc,
)

_RESPONSE_BYTES_MAX = 64 << 20
_OPTIONS = [
    ("grpc.max_receive_message_length", _RESPONSE_BYTES_MAX),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
]
_STREAM_SECONDS = 24 * 3600.0


@dataclasses.dataclass(frozen=True)
class Graph:
    """A graph of the cluster."""

    name: str
    members: int
    links: int
    digest: str
    missing_shards: tuple[int, ...]

    @classmethod
    def of(cls, message) -> "Graph":
        return cls(
            message.name, message.members, message.links, message.digest, tuple(message.missing_shards)
        )


class Client:
    """Calls a coordinator. May be shared by threads. Close it, or use it in a `with`.

    tls_ca       file with the CA of the public port; None: connections are not protected
    server_name  name expected in the certificate, where the address is another's (a port-forward)
    token        the bearer token; token_file: a file whose first line is it, read for every call: tokens are replaced
    timeout      seconds that a call may take unless it says otherwise
    """

    def __init__(
        self,
        address: str,
        *,
        tls_ca: str | pathlib.Path | None = None,
        server_name: str | None = None,
        token: str | None = None,
        token_file: str | pathlib.Path | None = None,
        timeout: float = 60,
    ):
        if (token or token_file) and tls_ca is None and not addresses.is_loopback(address):
            raise ValueError("a token must not cross a connection that anyone can read: give tls_ca")
        self._token = token
        self._token_file = token_file
        self._timeout = timeout
        options = [*_OPTIONS, *([("grpc.ssl_target_name_override", server_name)] if server_name else [])]
        if tls_ca is None:
            self._channel = grpc.insecure_channel(address, options)
        else:
            credentials = grpc.ssl_channel_credentials(pathlib.Path(tls_ca).read_bytes())
            self._channel = grpc.secure_channel(address, credentials, options)
        self._graphs = graph_pb2_grpc.GraphServiceStub(self._channel)
        self._simulations = simulation_pb2_grpc.SimulationServiceStub(self._channel)
        self._what_if = what_if_pb2_grpc.WhatIfServiceStub(self._channel)
        self._cluster = cluster_pb2_grpc.ClusterServiceStub(self._channel)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    # Graphs.

    def generate_graph(
        self,
        name: str,
        preset: str,
        *,
        members: int | None = None,
        links_per_member: float | None = None,
        graph_seed: int | None = None,
        shards: int | None = None,
        timeout: float = 3600,
        progress: typing.Callable[[str, int, int], None] | None = None,
    ) -> Graph:
        """Makes a graph of a preset's shape. `progress` gets a phase, links done and links expected."""
        request = graph_pb2.CreateGraphRequest(
            name=name,
            preset=preset,
            members=members,
            links_per_member=links_per_member,
            graph_seed=graph_seed,
            shards=shards,
            request_id=uuid.uuid4().hex,
        )
        return Graph.of(self._last(self._graphs.CreateGraph, request, timeout, progress).graph)

    def create_graph(
        self,
        name: str,
        edges,
        *,
        directed: bool | None = None,
        probability: str | bool | None = None,
        shards: int | None = None,
        timeout: float = 3600,
        progress: typing.Callable[[str, int, int], None] | None = None,
    ) -> Graph:
        """Makes a graph of links: a NetworkX graph, an array of shape (links, 2), or rows.

        directed     of an array: rows are (from, to), what `from` sends reaches `to`; False: friendships. A NetworkX graph knows
        probability  of links: the edge attribute of a NetworkX graph; True for arrays with a third column

        Raises ValueError for names that an import would not read back, and whatever the rows raise.
        """
        source = edge_sources.source(edges, directed, probability)
        options = graph_pb2.ImportOptions(
            name=name,
            undirected=not source.row,
            row=source.row,
            string_ids=source.string_ids,
            shards=shards,
            request_id=uuid.uuid4().hex,
        )

        def requests():
            yield graph_pb2.ImportGraphRequest(options=options)
            yield graph_pb2.ImportGraphRequest(begin_file="edges")
            for piece in source.pieces:
                yield graph_pb2.ImportGraphRequest(data=piece)
            for number, piece in enumerate(source.members):
                if number == 0:
                    yield graph_pb2.ImportGraphRequest(begin_members_file="members")
                yield graph_pb2.ImportGraphRequest(data=piece)

        sending = errors.Sending(requests())
        try:
            return Graph.of(self._last(self._graphs.ImportGraph, sending, timeout, progress).graph)
        except errors.Error:
            if sending.failure is not None:
                raise sending.failure from None
            raise

    def graph(self, name: str) -> Graph:
        return Graph.of(self._call(self._graphs.GetGraph, graph_pb2.GetGraphRequest(name=name)).graph)

    def graphs(self) -> list[Graph]:
        found, token = [], ""
        while True:
            page = self._call(self._graphs.ListGraphs, graph_pb2.ListGraphsRequest(page_token=token))
            found += [Graph.of(g) for g in page.graphs]
            token = page.next_page_token
            if not token:
                return found

    def delete_graph(self, name: str) -> None:
        self._call(self._graphs.DeleteGraph, graph_pb2.DeleteGraphRequest(name=name))

    # Runs.

    def simulate(
        self,
        graph: str | None = None,
        scenario: dict | str | pathlib.Path | None = None,
        *,
        forward: float | None = None,
        cascade: float | None = None,
        seed_members: typing.Sequence | None = None,
        audience: int | None = None,
        highest_audience: int | None = None,
        random: int | None = None,
        max_steps: int | None = None,
        replicas: int | None = None,
        run_seed: int | None = None,
        receipts: bool = False,
        timeout: float | None = None,
    ) -> results.Result:
        """Runs a scenario and waits for its result: a small one in one call, a larger one as a run that is watched.

        scenario     as in a scenario file (a dict, or its path); what else is given overrides it
        forward      chance that a member passes it on; cascade: instead, that a link carries
        seed_members ids where it starts; or members by audience, highest_audience (so many), random (so many)
        receipts     keep who received when: see `receipts`
        """
        wanted = scenario_of(scenario)
        if graph is not None:
            wanted.graph = graph
        if forward is not None:
            wanted.model.forward.probability = forward
            wanted.model.forward.ClearField("probability_counts")
        if cascade is not None:
            wanted.model.independent_cascade.probability = cascade
            wanted.model.independent_cascade.ClearField("probability_counts")
        _choose_seed_members(wanted, seed_members, audience, highest_audience, random)
        if max_steps is not None:
            wanted.stop.max_steps = max_steps
        if replicas is not None:
            wanted.replicas = replicas
        if run_seed is not None:
            wanted.run_seed = run_seed
        if not receipts:
            try:
                request = simulation_pb2.SimulateRequest(scenario=wanted)
                return results.Result(self._call(self._simulations.Simulate, request, timeout).result)
            except errors.Error as error:
                if error.reason != "RUN_TOO_LARGE":
                    raise
        return self.wait(self.start(wanted, receipts=receipts), timeout or _STREAM_SECONDS)

    def start(self, scenario, *, receipts: bool = False) -> str:
        """Starts a run and returns its name at once; the run goes on without the caller. While the coordinator starts
        again, or is busy, the call is repeated: it is one run."""
        request = simulation_pb2.CreateRunRequest(
            scenario=scenario_of(scenario), record_receipts=receipts, request_id=uuid.uuid4().hex
        )
        return errors.persistently(
            lambda: self._call(self._simulations.CreateRun, request).run.name, self._timeout
        )

    def watch(
        self, run: str, timeout: float = _STREAM_SECONDS, after_steps: int = 0
    ) -> typing.Iterator[simulation_pb2.WatchRunResponse]:
        """Steps as they happen, or replicas done; ends with the run. A stream that broke is taken up after some steps."""
        request = simulation_pb2.WatchRunRequest(name=run, after_steps=after_steps)
        with _translated():
            yield from self._simulations.WatchRun(request, timeout=timeout, metadata=self._metadata())

    def wait(self, run: str, timeout: float = _STREAM_SECONDS) -> results.Result:
        """The result of a run, once it has ended, also when the coordinator starts again meanwhile. Raises Error with the
        run's own if it failed or was cancelled, with WRONG_STATE when it is paused: resume it, and wait again."""
        seen, end = 0, time.monotonic() + timeout

        def follow():
            nonlocal seen
            for told in self.watch(run, end - time.monotonic(), seen):
                seen += told.HasField("step")
            return self.result(run)

        return errors.persistently(follow, timeout)

    def result(self, run: str) -> results.Result:
        return results.Result(
            self._call(self._simulations.GetRunResult, simulation_pb2.GetRunResultRequest(name=run)).result
        )

    def cancel(self, run: str) -> None:
        self._call(self._simulations.CancelRun, simulation_pb2.CancelRunRequest(name=run))

    def receipts(self, run: str, timeout: float = 3600) -> results.Receipts:
        """Who received and forwarded when, of a run with receipts."""

        def batches():
            with _translated():
                yield from self._simulations.ListReceipts(
                    simulation_pb2.ListReceiptsRequest(name=run), timeout=timeout, metadata=self._metadata()
                )

        return results.Receipts(batches())

    # What if.

    def compare(
        self, comparison: dict | str | pathlib.Path, timeout: float = 3600
    ) -> results.ComparisonResult:
        """Named variants of one base, under the same luck: as in a comparison file."""
        parsed = scenario_files.parse(comparison, comparison_pb2.Comparison())
        request = what_if_pb2.CompareRequest(comparison=parsed)
        return results.ComparisonResult(self._last(self._what_if.Compare, request, timeout).result)

    def sweep(
        self,
        scenario,
        field: str,
        start: float,
        stop: float,
        *,
        points: int = 20,
        log: bool = False,
        timeout: float = 3600,
    ) -> results.SweepResult:
        """A scenario at every value of one of its numeric fields, such as model.forward.probability."""
        scale = sweep_pb2.SWEEP_SCALE_LOG if log else sweep_pb2.SWEEP_SCALE_LINEAR
        sweep = sweep_pb2.Sweep(
            scenario=scenario_of(scenario),
            field=field,
            to=stop,
            points=points,
            scale=scale,
            **{"from": start},
        )
        return results.SweepResult(
            self._last(self._what_if.Sweep, what_if_pb2.SweepRequest(sweep=sweep), timeout).result
        )

    # The cluster.

    def status(self) -> cluster_pb2.GetClusterStatusResponse:
        return self._call(self._cluster.GetClusterStatus, cluster_pb2.GetClusterStatusRequest())

    def _metadata(self) -> list[tuple[str, str]]:
        about, token = [("x-request-id", uuid.uuid4().hex)], self._token
        if self._token_file is not None:
            token = pathlib.Path(self._token_file).read_text(encoding="ascii").split("\n")[0].strip()
        return [*about, ("authorization", f"Bearer {token}")] if token else about

    def _call(self, method, request, timeout: float | None = None):
        with _translated():
            return method(request, timeout=timeout or self._timeout, metadata=self._metadata())

    def _last(self, method, request, timeout, progress=None):
        """The last response of a stream that tells progress first."""
        last = None
        with _translated():
            for last in method(request, timeout=timeout, metadata=self._metadata()):
                if progress and hasattr(last.progress, "phase") and last.HasField("progress"):
                    progress(last.progress.phase, last.progress.links_done, last.progress.links_expected)
        return last


@contextlib.contextmanager
def _translated():
    try:
        yield
    except grpc.RpcError as error:
        raise errors.from_call(error) from None


def scenario_of(given) -> scenario_pb2.Scenario:
    """A scenario of a dict or file as the command line takes them; a message is copied."""
    scenario = scenario_pb2.Scenario()
    if isinstance(given, scenario_pb2.Scenario):
        scenario.CopyFrom(given)
    elif given is not None:
        scenario_files.parse(given, scenario)
    return scenario


def _choose_seed_members(scenario, ids, audience, highest_audience, random) -> None:
    chosen = [v is not None for v in (ids, audience, highest_audience, random)]
    if sum(chosen) > 1:
        raise ValueError("expected one of seed_members, audience, highest_audience, random")
    if not any(chosen):
        return
    scenario.ClearField("seed_members")
    if ids is not None:
        scenario.seed_members.ids.extend(str(i) for i in ids)
    elif audience is not None:
        scenario.seed_members.audience = audience
    elif highest_audience is not None:
        scenario.seed_members.highest_audience = True
        scenario.seed_members.count = highest_audience
    else:
        scenario.seed_members.random = True
        scenario.seed_members.count = random
