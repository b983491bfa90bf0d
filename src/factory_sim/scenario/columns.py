"""Measured values from a column of a CSV or Parquet file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from factory_sim.scenario.readers import duration, shown

LARGEST_FILE = 50_000_000
"""Largest file of measured values that is read, bytes."""

LARGEST_COLUMN = 100_000
"""Most values of an empirical distribution."""


def read_column(folder: str, file: str, column: object = None) -> tuple[float, ...]:
    """Return the times in one column of a file, s, in the order of the file.

    Args:
        folder: Where relative paths start.
        file: A ``.csv`` file (comma, semicolon or tab; times as in the scenario) or a
            ``.parquet`` file (seconds).
        column: Name of the column; None if the file has only one.

    Raises:
        ValueError: If the file cannot be read, the column is unknown, or a value is no
            time; the message names the file and, for CSV, the line.
    """
    path = Path(folder, file)
    if column is not None and not isinstance(column, str):
        raise ValueError(f"column must be text (got {shown(column)}); put it in quotes")
    if not path.is_file():
        raise ValueError(f"file {file} not found; paths start at the scenario file")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"file {file} is larger than {LARGEST_FILE // 1_000_000} MB")
    read = _from_parquet if path.suffix == ".parquet" else _from_csv
    values = read(path, file, column)
    if not values:
        raise ValueError(f"file {file} has no values")
    if len(values) > LARGEST_COLUMN:
        raise ValueError(f"file {file} has more than {LARGEST_COLUMN:,} values")
    return values


def _from_csv(path: Path, file: str, column: str | None) -> tuple[float, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        delimiter = max(",;\t", key=lines[0].count) if lines else ","
        rows = [
            (number, [cell.strip() for cell in row])
            for number, row in enumerate(csv.reader(lines, delimiter=delimiter), start=1)
            if row
        ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"file {file} is not readable as CSV: {error}") from None
    if not rows:
        return ()
    header = rows[0][1]
    if column is None and len(header) == 1 and _is_time(header[0]):
        place = 0
    else:
        place = _place(header, file, column)
        rows = rows[1:]
    return tuple(_cell(file, number, row, place) for number, row in rows)


def _place(header: list[str], file: str, column: str | None) -> int:
    """Return which column of a table is meant."""
    if column is None and len(header) == 1:
        return 0
    if column is None:
        raise ValueError(f"file {file} has several columns; write column: {header[0]}")
    if column not in header:
        raise ValueError(f"file {file} has no column {column}; it has {', '.join(header)}")
    return header.index(column)


def _is_time(cell: str) -> bool:
    try:
        _time(cell)
    except ValueError:
        return False
    return True


def _time(cell: str) -> float:
    """Return the time in a cell, s: a bare number or a text with a unit."""
    try:
        number: float | str = float(cell)
    except ValueError:
        number = cell
    return duration(number)


def _cell(file: str, number: int, row: list[str], place: int) -> float:
    cell = row[place] if place < len(row) else ""
    try:
        return _time(cell)
    except ValueError as error:
        raise ValueError(f"file {file}, line {number}: {error}") from None


def _from_parquet(path: Path, file: str, column: str | None) -> tuple[float, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
        place = _place(schema.names, file, column)
        values: list[Any] = pq.read_table(path, columns=[schema.names[place]])[0].to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"file {file} is not readable as Parquet: {error}") from None
    try:
        return tuple(duration(value) for value in values)
    except ValueError as error:
        raise ValueError(f"file {file}: {error}") from None
