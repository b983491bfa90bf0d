"""Parquet files that are written slab by slab, and read back; the only user of pyarrow here.

Encodings, by what a column holds: time stamps of a device ascend, so their differences are
small numbers of few bits (DELTA_BINARY_PACKED); names, states, counts and readings rounded
to a resolution repeat (dictionary, RLE and bit packing); readings with all their digits
share their leading bytes at most (BYTE_STREAM_SPLIT). zstd at its fastest level goes over
all: lz4 and snappy save less than a tenth of the time for up to half again of the bytes,
and higher levels save no bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[Any]]

Kind = Literal["time", "name", "flag", "count", "repeating", "real"]
"""What a column holds, from which its encoding follows; ``name`` is a code and its names."""

REPEATING = ("name", "count", "repeating")
"""What is encoded by a dictionary."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Of the column.
        kind: What it holds.
        unit: Of its values, for readers.
        names: What the codes of a ``name`` stand for.
        wide: Whether a real has 64 bits, not 32.
        resolution: Step of its values, in that unit; 0 for none.
        missing: Whether values may be missing: times that are not finite. A column that has
            all its values is written in three quarters of the time.
        about: What it is, for readers.
    """

    name: str
    kind: Kind
    unit: str = ""
    names: Sequence[str] = field(default=(), repr=False)
    wide: bool = False
    resolution: float = 0.0
    missing: bool = False
    about: str = ""


class TableWriter:
    """Writes one table; a context that closes the file.

    Args:
        path: Of the file.
        columns: Its columns.
        origin: Time stamp of time 0, ms since 1970.
        sorted_by: Columns by which the rows of each row group ascend, the first of all first.
        about: What the file says of itself.

    Attributes:
        rows: Rows written so far.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[Column],
        *,
        origin: int,
        sorted_by: Sequence[str] = (),
        about: Mapping[str, str] | None = None,
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._columns, self._origin = columns, origin
        self._names = {c.name: pa.array(c.names, pa.string()) for c in columns if c.kind == "name"}
        self._schema = pa.schema([_field(c) for c in columns], dict(about or {}))
        self.rows = 0
        places = [[column.name for column in columns].index(name) for name in sorted_by]
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[c.name for c in columns if c.kind in REPEATING],
            column_encoding={c.name: e for c in columns if (e := _encoding(c)) is not None},
            # Only times differ from group to group, so that a reader may skip some.
            write_statistics=[c.name for c in columns if c.kind == "time"],
            sorting_columns=[pq.SortingColumn(at) for at in places] or None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, *pieces: Columns) -> None:
        """Add a row group: times in ms since time 0, or in s where reals; codes of names."""
        import pyarrow as pa

        batches = [
            pa.RecordBatch.from_arrays(
                [self._array(c, columns[c.name]) for c in self._columns], schema=self._schema
            )
            for columns in pieces
        ]
        table = pa.Table.from_batches(batches, self._schema)
        if table.num_rows:
            self._file.write_table(table, row_group_size=table.num_rows)
            self.rows += table.num_rows

    def _array(self, column: Column, values: NDArray[Any]) -> pa.Array:
        import pyarrow as pa

        if column.kind == "time":
            missing = ~np.isfinite(values) if column.missing else None
            if values.dtype.kind == "f":
                known = values if missing is None else np.where(missing, 0.0, values)
                values = np.rint(known * 1000).astype(np.int64)
            return pa.array(values + self._origin, pa.timestamp("ms"), mask=missing)
        if column.kind == "name":
            codes = pa.array(values, _code_type(column))
            return pa.DictionaryArray.from_arrays(codes, self._names[column.name])
        return pa.array(values)


def _code_type(column: Column) -> pa.DataType:
    import pyarrow as pa

    return pa.int8() if len(column.names) < 128 else pa.int32()


def _field(column: Column) -> pa.Field:
    import pyarrow as pa

    types = {
        "time": pa.timestamp("ms"),
        "name": pa.dictionary(_code_type(column), pa.string()),
        "flag": pa.bool_(),
        "count": pa.int64(),
    }
    real = pa.float64() if column.wide else pa.float32()
    about = {"unit": column.unit, "about": column.about}
    said = {key: text for key, text in about.items() if text}
    return pa.field(column.name, types.get(column.kind, real), column.missing, said)


def _encoding(column: Column) -> str | None:
    return {"time": "DELTA_BINARY_PACKED", "real": "BYTE_STREAM_SPLIT"}.get(column.kind)


@dataclass(frozen=True)
class Read:
    """A column that was read.

    Attributes:
        values: Its values; ms since 1970 of times, codes of names.
        names: What the codes stand for; empty where values are no codes.
    """

    values: NDArray[Any]
    names: tuple[str, ...] = ()

    def texts(self) -> list[str]:
        """Return the names themselves."""
        return [self.names[code] for code in self.values]

    def some(self, which: NDArray[np.bool_]) -> Read:
        """Return some rows of it."""
        return Read(self.values[which], self.names)


def row_groups(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Read]]:
    """Yield some columns of a file, row group by row group."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(columns))
            yield {name: _read(table.column(name)) for name in columns}


def _read(column: pa.ChunkedArray) -> Read:
    import pyarrow as pa

    kind = column.type
    array = pa.concat_arrays(column.unify_dictionaries().chunks or [pa.array([], kind)])
    if pa.types.is_dictionary(kind):
        codes = array.indices.to_numpy(zero_copy_only=False)
        return Read(codes, tuple(array.dictionary.to_pylist()))
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.int64())
    return Read(array.to_numpy(zero_copy_only=False))
