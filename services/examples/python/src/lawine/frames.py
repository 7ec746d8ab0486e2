"""Data frames of rows, where pandas is there."""

from __future__ import annotations

import dataclasses
import typing

if typing.TYPE_CHECKING:
    import pandas


def of(rows: list | dict, columns: list[str] | None = None) -> "pandas.DataFrame":
    """Of dicts or dataclasses, a row each; or of columns by name."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("data frames need pandas: pip install 'lawine[frames]'") from error
    if isinstance(rows, list):
        rows = [dataclasses.asdict(r) if dataclasses.is_dataclass(r) else r for r in rows]
    return pandas.DataFrame(rows, columns=columns)
