"""Links of callers' graphs as the bytes of an import."""

from __future__ import annotations

import dataclasses
import itertools
import typing

PIECE_ROWS = 50_000


@dataclasses.dataclass(frozen=True)
class EdgeSource:
    """Rows to import. `pieces` yields bytes of at most 1 MiB; `members` names members that may have no links."""

    pieces: typing.Iterator[bytes]
    members: typing.Iterator[bytes]
    row: str  # empty: friendships
    string_ids: bool


def _is_networkx(edges) -> bool:
    return hasattr(edges, "edges") and hasattr(edges, "is_directed")


def _lines(rows: typing.Iterable, form: str) -> typing.Iterator[bytes]:
    rows = iter(rows)
    while piece := list(itertools.islice(rows, PIECE_ROWS)):
        text = "".join([form % tuple(row) for row in piece]).encode()
        for start in range(0, len(text), 1 << 20):
            yield text[start : start + (1 << 20)]


def _word(value) -> str:
    """A name that the import reads back: separators end names, and a line that begins with # or % is a comment."""
    text = str(value)
    if not text or text[0] in "#%" or any(c.isspace() or c in ",;\"'" for c in text):
        raise ValueError(
            f"member {value!r}: expected a name without blanks , ; \" ' that does not begin with # or %"
        )
    return text


def from_networkx(graph, probability: str | None) -> EdgeSource:
    """An edge u -> v of a DiGraph carries from u to v; an edge of a Graph carries both ways."""
    strings = any(not isinstance(node, int) or isinstance(node, bool) for node in graph.nodes)
    name = _word if strings else int
    form = "%s\t%s" if strings else "%d\t%d"
    if probability is None:
        rows = ((name(u), name(v)) for u, v in graph.edges())
    elif graph.is_directed():
        rows = ((name(u), name(v), float(p)) for u, v, p in graph.edges(data=probability, default=1.0))
    else:
        rows = (
            (name(a), name(b), float(p))
            for u, v, p in graph.edges(data=probability, default=1.0)
            for a, b in ((u, v), (v, u))
        )
    row = "from,to,probability" if probability else "from,to" if graph.is_directed() else ""
    members = itertools.chain(
        [b"id\n"], _lines(((name(n),) for n in graph.nodes), "%s\n" if strings else "%d\n")
    )
    return EdgeSource(_lines(rows, form + ("\t%.9g\n" if probability else "\n")), members, row, strings)


def from_rows(edges, directed: bool, probability: bool) -> EdgeSource:
    """Of an array or an iterable of (from, to) or (from, to, probability)."""
    rows = edges.tolist() if hasattr(edges, "tolist") else edges
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        raise ValueError("expected edges, found none")
    if len(first) != (3 if probability else 2):
        raise ValueError(
            f"expected rows of {3 if probability else 2} values, found one of {len(first)}: {first!r}"
        )
    if probability and not directed:
        raise ValueError("probabilities belong to directed links: give both directions with directed=True")
    strings = any(isinstance(name, str) for name in first[:2])
    rows = itertools.chain([first], rows)
    if strings:
        rows = ((_word(row[0]), _word(row[1]), *row[2:]) for row in rows)
    form = ("%s\t%s" if strings else "%d\t%d") + ("\t%.9g\n" if probability else "\n")
    row = "from,to,probability" if probability else "from,to" if directed else ""
    return EdgeSource(_lines(rows, form), iter(()), row, strings)


def source(edges, directed: bool | None, probability: str | bool | None) -> EdgeSource:
    if _is_networkx(edges):
        return from_networkx(edges, probability if isinstance(probability, str) else None)
    if directed is None:
        raise ValueError("say what rows mean: directed=True (from, to) or directed=False (friendships)")
    return from_rows(edges, directed, bool(probability))
