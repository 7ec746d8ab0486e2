"""Graphs of the cluster, and what an import noticed."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ImportReport:
    """What an import saw. A friendship is two links, and one that is told twice repeats both."""

    rows: int
    self_links_dropped: int
    duplicates_dropped: int
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, message) -> "ImportReport":
        return cls(
            message.rows, message.self_links_dropped, message.duplicates_dropped, tuple(message.warnings)
        )

    def dropped(self) -> str:
        """What was dropped, in words; empty where nothing was."""
        counted = (
            (self.duplicates_dropped, "repeated"),
            (self.self_links_dropped, "of a member to itself"),
        )
        return ", ".join(f"{count} {what}" for count, what in counted if count)


@dataclasses.dataclass(frozen=True)
class Graph:
    """A graph of the cluster.

    string_ids  members' ids are strings; else integers
    report      what the import noticed; only of `create_graph`
    labels      of members that were numbered: labels[i] is member i's; only of `create_graph`
    """

    name: str
    members: int
    links: int
    digest: str
    missing_shards: tuple[int, ...]
    string_ids: bool
    report: ImportReport | None = None
    labels: tuple = dataclasses.field(default=(), repr=False)

    @classmethod
    def of(cls, message, report: ImportReport | None = None, labels: tuple = ()) -> "Graph":
        return cls(
            message.name,
            message.members,
            message.links,
            message.digest,
            tuple(message.missing_shards),
            message.string_ids,
            report,
            labels,
        )

    def numbers(self, labels) -> list[int]:
        """Ids of members by their labels, for `seed_members`. KeyError of a label that there is not."""
        of = {label: number for number, label in enumerate(self.labels)}
        return [of[label] for label in labels]
