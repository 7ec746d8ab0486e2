"""The client."""

from __future__ import annotations

import pathlib
import time
import typing
import uuid
import warnings

import grpc

from lawine import addresses, errors, results, scenario_files, scenarios, tokens
from lawine import edges as edge_sources
from lawine.graphs import Graph, ImportReport
from lawine.receipts import Receipts
from lawine.v1 import (
    cluster_pb2,
    cluster_pb2_grpc,
    comparison_pb2,
    graph_pb2,
    graph_pb2_grpc,
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
        self._token = tokens.checked(token, "token") if token else None
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
        number_members: bool = False,
        shards: int | None = None,
        timeout: float = 3600,
        progress: typing.Callable[[str, int, int], None] | None = None,
    ) -> Graph:
        """Makes a graph of links. `edges` is one of

        * a NetworkX graph; or an igraph graph, whose members are its vertices' numbers
        * a SciPy sparse matrix of shape (members, members): not 0 in row i and column j is a link from i to j
        * an array or data frame of shape (links, 2), or (links, 3) with probabilities; or rows like that

        A link from -> to carries what `from` sends to `to`. Ids are whole numbers, also as floats, or strings.

        directed        of arrays, rows and matrices: links as above; False: friendships. A graph object knows
        probability     of links, 0 to 1: the edge attribute of a graph object, which every edge must have; True: the
                        third value of rows, or a matrix's values
        number_members  labels may be anything hashable: members are numbered, and Graph.labels keeps which is which

        Warns when links were dropped: repeated ones, and those of members to themselves. Graph.report tells.
        Raises ValueError for names that an import would not read back, numbers that are not whole, edges without their
        probability and what contradicts the graph object; TypeError for ids of mixed kinds; and whatever the rows raise.
        """
        source = edge_sources.source(edges, directed, probability, number_members)
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
            made = self._last(self._graphs.ImportGraph, sending, timeout, progress)
        except errors.Error:
            if sending.failure is not None:
                raise sending.failure from None
            raise
        report = ImportReport.of(made.report)
        if dropped := report.dropped():
            warnings.warn(f"graph {name}: links dropped: {dropped}", stacklevel=2)
        return Graph.of(made.graph, report, tuple(source.numbers))

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
        forward: float | str | None = None,
        cascade: float | str | None = None,
        seed_members: typing.Iterable | None = None,
        audience: int | None = None,
        highest_audience: int | None = None,
        random: int | None = None,
        page_rank: int | None = None,
        core: int | None = None,
        max_steps: int | None = None,
        replicas: int | None = None,
        until_precision: float | dict | None = None,
        run_seed: int | None = None,
        receipts: bool = False,
        attribution: bool = False,
        as_run: bool = False,
        timeout: float | None = None,
    ) -> results.Result:
        """Runs a scenario and waits for its result: a small one in one call, a larger one as a run that is watched.

        scenario         as in a scenario file: a dict, its path, or a name of `lawine scenario list`; what else is given
                         overrides it
        forward          chance that a member passes it on, or its counts such as "4/30"
        cascade          instead: that a link carries
        seed_members     ids where it starts; or one member of an audience; or so many by highest_audience, random,
                         page_rank, core
        until_precision  replicas until half the 95% interval of the mean reach is this part of it, such as 0.01; or a dict
                         as in a scenario file
        receipts         keep who received when: see `receipts`
        attribution      keep who brought it to whom: see Result.attribution; receipts too
        as_run           a small one as a run, too, which is kept and told by step: see Result.ensemble_steps_frame
        timeout          seconds for all of it; a run that was started goes on without the caller. Default: the client's
                         for a call, and a day for a run

        Raises ValueError for arguments that contradict each other, InvalidScenario, and Error.
        """
        wanted = scenarios.scenario_of(scenario)
        if graph is not None:
            wanted.graph = graph
        scenarios.choose_model(wanted, forward, cascade)
        scenarios.choose_seed_members(
            wanted,
            seed_members,
            audience,
            highest_audience=highest_audience,
            random=random,
            page_rank=page_rank,
            core=core,
        )
        if max_steps is not None:
            wanted.stop.max_steps = max_steps
        if replicas is not None:
            wanted.replicas = replicas
        if until_precision is not None:
            scenarios.choose_precision(wanted, until_precision)
        if run_seed is not None:
            wanted.run_seed = run_seed
        kept = {"receipts": receipts, "attribution": attribution}
        return self._finished(wanted, kept, as_run or receipts or attribution, timeout)

    def _finished(self, scenario, kept: dict, as_run: bool, timeout: float | None) -> results.Result:
        """The result of a scenario, within `timeout` in all. `kept`: what `start` is to keep."""
        end = None if timeout is None else time.monotonic() + timeout

        def left(otherwise: float) -> float:
            return otherwise if end is None else end - time.monotonic()

        if not as_run:
            try:
                request = simulation_pb2.SimulateRequest(scenario=scenario)
                said = self._call(self._simulations.Simulate, request, left(self._timeout))
                return results.Result(said.result)
            except errors.Error as error:
                if error.reason != "RUN_TOO_LARGE":
                    raise
        run = self.start(scenario, timeout=left(self._timeout), **kept)
        return self.wait(run, left(_STREAM_SECONDS))

    def start(
        self, scenario, *, receipts: bool = False, attribution: bool = False, timeout: float | None = None
    ) -> str:
        """Starts a run and returns its name at once; the run goes on without the caller. While the coordinator starts
        again, or is busy, the call is repeated: it is one run. `timeout` is for all repetitions; default: the client's."""
        request = simulation_pb2.CreateRunRequest(
            scenario=scenarios.scenario_of(scenario),
            record_receipts=receipts,
            record_attribution=attribution,
            request_id=uuid.uuid4().hex,
        )
        timeout = self._timeout if timeout is None else timeout
        end = time.monotonic() + timeout
        return errors.persistently(
            lambda: self._call(self._simulations.CreateRun, request, end - time.monotonic()).run.name, timeout
        )

    def watch(
        self, run: str, timeout: float = _STREAM_SECONDS, after_steps: int = 0
    ) -> typing.Iterator[simulation_pb2.WatchRunResponse]:
        """Steps as they happen, or replicas done; ends with the run. A stream that broke is taken up after some steps."""
        request = simulation_pb2.WatchRunRequest(name=run, after_steps=after_steps)
        with errors.translated():
            yield from self._simulations.WatchRun(request, timeout=timeout, metadata=self._metadata())

    def wait(self, run: str, timeout: float = _STREAM_SECONDS) -> results.Result:
        """The result of a run, once it has ended, also when the coordinator starts again meanwhile. Raises Error with the
        run's own if it failed or was cancelled, with WRONG_STATE when it is paused: resume it, and wait again."""
        seen, end = 0, time.monotonic() + timeout

        def follow():
            nonlocal seen
            for told in self.watch(run, end - time.monotonic(), seen):
                seen += told.HasField("step")
            return self.result(run, min(self._timeout, end - time.monotonic()))

        return errors.persistently(follow, timeout)

    def result(self, run: str, timeout: float | None = None) -> results.Result:
        request = simulation_pb2.GetRunResultRequest(name=run)
        return results.Result(self._call(self._simulations.GetRunResult, request, timeout).result)

    def cancel(self, run: str) -> None:
        self._call(self._simulations.CancelRun, simulation_pb2.CancelRunRequest(name=run))

    def receipts(self, run: str, timeout: float = 3600) -> Receipts:
        """Who received and forwarded when, of a run with receipts; each reading takes at most `timeout` seconds."""
        graph = self._call(
            self._simulations.GetRun, simulation_pb2.GetRunRequest(name=run)
        ).run.scenario.graph

        def batches():
            with errors.translated():
                yield from self._simulations.ListReceipts(
                    simulation_pb2.ListReceiptsRequest(name=run), timeout=timeout, metadata=self._metadata()
                )

        return Receipts(batches, self.graph(graph).string_ids)

    # What if.

    def compare(
        self, comparison: dict | str | pathlib.Path, timeout: float = 3600
    ) -> results.ComparisonResult:
        """Named variants of one base, under the same luck: as in a comparison file (a dict, its path, or a name)."""
        parsed = scenario_files.parse(comparison, comparison_pb2.Comparison())
        request = what_if_pb2.CompareRequest(comparison=parsed)
        return results.ComparisonResult(self._last(self._what_if.Compare, request, timeout).result)

    def sweep(
        self,
        scenario,
        field: str,
        start: float | None = None,
        stop: float | None = None,
        *,
        points: int = 20,
        log: bool = False,
        counts: str | None = None,
        measure: str | None = None,
        timeout: float = 3600,
    ) -> results.SweepResult:
        """A scenario at every value of one of its numeric fields, such as model.forward.probability.

        start, stop  the ends; `points` values, evenly spaced; with `log` by equal factors
        counts       instead, of a field that is a rate: "4/30", and the values are quantiles of what that says of it
        measure      what the answer is about, such as "cost". Default: reach

        Raises ValueError where it is neither or both of start to stop and counts, InvalidScenario, and Error.
        """
        given = [value is not None for value in (start, stop, counts)]
        if given != ([False, False, True] if counts else [True, True, False]) or (counts and log):
            raise ValueError("expected start and stop, or counts alone")
        sweep = sweep_pb2.Sweep(
            scenario=scenarios.scenario_of(scenario), field=field, points=points, measure=measure
        )
        if counts is not None:
            sweep.counts.successes, sweep.counts.trials = scenarios.counts_of(counts)
        else:
            sweep.scale = sweep_pb2.SWEEP_SCALE_LOG if log else sweep_pb2.SWEEP_SCALE_LINEAR
            setattr(sweep, "from", start)
            sweep.to = stop
        return results.SweepResult(
            self._last(self._what_if.Sweep, what_if_pb2.SweepRequest(sweep=sweep), timeout).result
        )

    # The cluster.

    def status(self) -> cluster_pb2.GetClusterStatusResponse:
        return self._call(self._cluster.GetClusterStatus, cluster_pb2.GetClusterStatusRequest())

    def _metadata(self) -> list[tuple[str, str]]:
        about = [("x-request-id", uuid.uuid4().hex)]
        token = self._token if self._token_file is None else tokens.of_file(self._token_file)
        return [*about, ("authorization", f"Bearer {token}")] if token else about

    def _call(self, method, request, timeout: float | None = None):
        with errors.translated():
            timeout = self._timeout if timeout is None else timeout
            return method(request, timeout=timeout, metadata=self._metadata())

    def _last(self, method, request, timeout, progress=None):
        """The last response of a stream that tells progress first."""
        last = None
        with errors.translated():
            for last in method(request, timeout=timeout, metadata=self._metadata()):
                if progress and hasattr(last.progress, "phase") and last.HasField("progress"):
                    progress(last.progress.phase, last.progress.links_done, last.progress.links_expected)
        return last
