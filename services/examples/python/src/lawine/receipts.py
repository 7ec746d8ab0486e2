"""Who received and forwarded when."""

from __future__ import annotations

import typing

from lawine import frames

if typing.TYPE_CHECKING:
    import pandas

_COLUMNS = ("member", "receipt_step", "forward_step")


class Receipts:
    """Rows of (member, step of receipt, step of forwarding or None), in the order of member keys, as they come. Each
    reading asks the server anew: Error where it has forgotten them since. Members are ints in graphs of integer ids,
    else strings."""

    def __init__(self, batches: typing.Callable[[], typing.Iterator], string_ids: bool):
        """`batches` gives lawine.v1.ListReceiptsResponse."""
        self._batches = batches
        self._string_ids = string_ids

    def _columns(self) -> typing.Iterator[tuple[list, list, list]]:
        """A batch at a time, as columns."""
        for batch in self._batches():
            yield (
                list(batch.members) if self._string_ids else list(map(int, batch.members)),
                list(batch.receipt_steps),
                [step - 1 if step else None for step in batch.forward_steps_plus_one],
            )

    def __iter__(self) -> typing.Iterator[tuple[int | str, int, int | None]]:
        for columns in self._columns():
            yield from zip(*columns)

    def frame(self) -> "pandas.DataFrame":
        """Columns member, receipt_step and forward_step (Int64: <NA> for members that did not forward)."""
        batches = list(self._columns())
        columns = {name: [v for batch in batches for v in batch[i]] for i, name in enumerate(_COLUMNS)}
        return frames.of(columns).astype({"forward_step": "Int64"})

    def to_parquet(self, path) -> int:
        """Writes a file of the same columns, a batch at a time, and returns the number of rows. Integer ids are uint64,
        steps uint32."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise ImportError("Parquet needs pyarrow: pip install 'lawine[parquet]'") from error
        member = pyarrow.string() if self._string_ids else pyarrow.uint64()
        schema = pyarrow.schema(zip(_COLUMNS, (member, pyarrow.uint32(), pyarrow.uint32())))
        rows = 0
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            for columns in self._columns():
                arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, schema)]
                writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
                rows += len(columns[0])
        return rows
