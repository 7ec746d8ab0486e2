"""Links of callers' graphs as the bytes of an import. What a graph is kept in is told by what it can do: nothing of
NetworkX, igraph, SciPy or pandas is imported."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import numbers
import operator
import typing

PIECE_ROWS = 50_000
_FLOATS_EXACT_BELOW = 1 << 53
_MISSING = {"None", "nan", "NaT", "<NA>"}


@dataclasses.dataclass(frozen=True)
class EdgeSource:
    """Rows to import. `pieces` yields bytes of at most 1 MiB; `members` names members that may have no links."""

    pieces: typing.Iterator[bytes]
    members: typing.Iterator[bytes]
    row: str  # empty: friendships
    string_ids: bool
    numbers: dict  # of labels, in their order, where members are numbered; filled while `pieces` are read


@dataclasses.dataclass(frozen=True)
class _Links:
    """What a caller's graph says: rows of (from, to), or (from, to, probability) where it is weighted."""

    rows: typing.Iterator
    directed: bool
    weighted: bool
    members: typing.Sequence | None  # None: who is in a row
    strings: bool


def _whole(value) -> int:
    """An integer id, of NumPy's integers and of floats without a fraction too."""
    try:
        return operator.index(value)
    except TypeError:
        pass
    if not isinstance(value, numbers.Real):
        raise TypeError(
            f"member {value!r}: expected a whole number, as the first ones are; number_members=True takes any label"
        )
    number = float(value)
    if not number.is_integer() or abs(number) >= _FLOATS_EXACT_BELOW:
        raise ValueError(f"member {value!r}: expected a whole number, or a float that is exactly one")
    return int(number)


def _word(value) -> str:
    """A name that the import reads back: separators end names, and a line that begins with # or % is a comment."""
    text = str(value)
    missing = text in _MISSING and not isinstance(value, str)
    if missing or not text or text[0] in "#%" or any(c.isspace() or c in ",;\"'" for c in text):
        raise ValueError(
            f"member {value!r}: expected a name without blanks , ; \" ' that does not begin with # or %; "
            "number_members=True takes any label"
        )
    return text


def _is_whole(label) -> bool:
    return isinstance(label, numbers.Integral) and not isinstance(label, bool)


def _lines(rows: typing.Iterable[tuple], form: str) -> typing.Iterator[bytes]:
    while piece := list(itertools.islice(rows, PIECE_ROWS)):
        text = "".join([form % row for row in piece]).encode()
        for start in range(0, len(text), 1 << 20):
            yield text[start : start + (1 << 20)]


def _of_width(rows: typing.Iterable, width: int) -> typing.Iterator:
    for row in rows:
        if isinstance(row, str) or not hasattr(row, "__len__") or len(row) != width:
            raise ValueError(f"expected rows of {width} values, found {row!r}")
        yield row


def _of_graph(graph, members, edges_with, directed: bool | None, probability) -> _Links:
    """Of an object that knows its direction. `edges_with` gives (u, v) without an attribute, else (u, v, value or None)."""
    if directed not in (None, graph.is_directed()):
        kind, other = ("directed", "undirected") if graph.is_directed() else ("undirected", "directed")
        raise ValueError(f"directed={directed} contradicts the graph, which is {kind}: make it {other} first")
    attribute = None if probability is False else probability
    if not isinstance(attribute, (str, type(None))):
        raise ValueError(f"probability={attribute!r}: expected the name of an edge attribute of the graph")

    def rows():
        for u, v, value in edges_with(attribute):
            if value is None:
                raise ValueError(
                    f"edge {u!r}, {v!r}: has no attribute {attribute!r}; every edge needs its probability"
                )
            yield u, v, value
            if not graph.is_directed():
                yield v, u, value

    weighted = attribute is not None
    strings = not all(map(_is_whole, members))
    return _Links(
        rows() if weighted else iter(edges_with(None)),
        weighted or graph.is_directed(),
        weighted,
        members,
        strings,
    )


def _networkx_edges(graph, attribute: str | None):
    return graph.edges() if attribute is None else graph.edges(data=attribute, default=None)


def _igraph_edges(graph, attribute: str | None):
    pairs = graph.get_edgelist()
    if attribute is None:
        return pairs
    values = graph.es[attribute] if attribute in graph.es.attributes() else itertools.repeat(None)
    return ((u, v, value) for (u, v), value in zip(pairs, values))


def _of_matrix(matrix, directed: bool, weighted: bool) -> _Links:
    """Of a SciPy sparse matrix: what is not 0 in row i and column j is a link from i to j."""
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"expected a square matrix, found one of shape {matrix.shape}")
    if not directed and (matrix != matrix.T).nnz:
        raise ValueError("expected a symmetric matrix for friendships: give m + m.T, or directed=True")
    found = matrix.tocoo()
    entries = zip(found.row.tolist(), found.col.tolist(), found.data.tolist())
    width = 3 if weighted else 2
    rows = (e[:width] for e in entries if (weighted or e[2]) and (directed or e[0] <= e[1]))
    return _Links(rows, directed, weighted, range(matrix.shape[0]), False)


def _values(edges) -> typing.Iterable:
    """Rows of a data frame or an array, or of what is iterable itself. Columns of frames keep their own types."""
    if hasattr(edges, "itertuples"):
        return edges.itertuples(index=False, name=None)
    if hasattr(edges, "to_numpy"):
        edges = edges.to_numpy()
    return edges.tolist() if hasattr(edges, "tolist") else edges


def _of_rows(edges, directed: bool, weighted: bool) -> _Links:
    rows = _of_width(_values(edges), 3 if weighted else 2)
    first = next(rows, None)
    if first is None:
        raise ValueError("expected edges, found none")
    strings = any(isinstance(name, str) for name in first[:2])
    return _Links(itertools.chain([first], rows), directed, weighted, None, strings)


def _links(edges, directed: bool | None, probability) -> _Links:
    if hasattr(edges, "edges") and hasattr(edges, "is_directed"):
        return _of_graph(edges, edges.nodes, functools.partial(_networkx_edges, edges), directed, probability)
    if hasattr(edges, "get_edgelist") and hasattr(edges, "vcount"):
        members = range(edges.vcount())
        return _of_graph(edges, members, functools.partial(_igraph_edges, edges), directed, probability)
    if directed is None:
        raise ValueError("say what rows mean: directed=True (from, to) or directed=False (friendships)")
    if not isinstance(probability, (bool, type(None))):
        raise ValueError(f"probability={probability!r}: expected True, for rows whose third value it is")
    if probability and not directed:
        raise ValueError("probabilities belong to directed links: give both directions with directed=True")
    of = _of_matrix if hasattr(edges, "tocoo") else _of_rows
    return of(edges, directed, bool(probability))


def source(
    edges, directed: bool | None, probability: str | bool | None, number_members: bool = False
) -> EdgeSource:
    """What to import of `Client.create_graph`'s arguments, which are told there."""
    links = _links(edges, directed, probability)
    strings = links.strings and not number_members
    given: dict = {}
    if number_members:
        given.update((label, number) for number, label in enumerate(links.members or ()))

    def number_of(label) -> int:
        return given.setdefault(label, len(given))

    name = number_of if number_members else _word if strings else _whole
    of_member = "%s" if strings else "%d"
    form = f"{of_member}\t{of_member}" + ("\t%.9g\n" if links.weighted else "\n")
    rows = ((name(row[0]), name(row[1]), *map(float, row[2:])) for row in links.rows)
    members: typing.Iterator[bytes] = iter(())
    if links.members is not None:
        named = ((name(label),) for label in links.members)
        members = itertools.chain([b"id\n"], _lines(named, of_member + "\n"))
    row = "from,to,probability" if links.weighted else "from,to" if links.directed else ""
    return EdgeSource(_lines(rows, form), members, row, strings, given)
