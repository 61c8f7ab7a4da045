"""Answers and lists of tables, for people and for programs."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from localaws.query.engine import Answer
from localaws.query.sources import TableRead
from localaws.query.tables import TableEntry

_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "HUGEINT")


def picture(answer: Answer) -> Table:
    """The rows as a table for a terminal."""
    table = Table(box=SIMPLE)
    for column in answer.columns:
        number = any(column.type.endswith(kind) for kind in _NUMBERS) or "(" in column.type
        table.add_column(escape(column.name), justify="right" if number else "left")
    for row in answer.rows:
        table.add_row(*("[dim]null[/]" if v is None else escape(_text(v)) for v in row))
    return table


def to_json(answer: Answer) -> dict[str, Any]:
    """One object; a row is a list, as two columns of an answer may have one name."""
    return {
        "columns": [{"name": column.name, "type": column.type} for column in answer.columns],
        "rows": [[_plain(value) for value in row] for row in answer.rows],
        "more": answer.more,
        "seconds": round(answer.seconds, 3),
        "read": [_read(table) for table in answer.read],
    }


def write_csv(answer: Answer, file: TextIO) -> None:
    """A header and the rows; null is an empty field."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in answer.columns])
    writer.writerows(["" if v is None else _text(v) for v in row] for row in answer.rows)


def footer(answer: Answer) -> list[str]:
    """What was printed and what was read for it, a sentence each."""
    count = _counted(len(answer.rows), "row")
    more = f"the first {count}, there are more: --limit" if answer.more else count
    unfit = [
        f"{table.table}.{column}: {_counted(number, 'value')} not of its type, shown as null"
        for table in answer.read
        for column, number in (table.unfit or {}).items()
    ]
    return [f"{more}, {answer.seconds:.2f} s", *map(_sentence, answer.read), *unfit]


def table_list(tables: Iterable[TableEntry]) -> Table:
    """Tables that a query may name, and streams that it may not."""
    table = Table(box=SIMPLE)
    table.add_column("table", no_wrap=True)
    table.add_column("stored as", no_wrap=True)
    table.add_column("columns", justify="right")
    table.add_column("partitioned by", no_wrap=True)
    table.add_column("rows", overflow="ellipsis")
    for entry in sorted(tables, key=lambda entry: entry.name):
        keys = ", ".join(name for name, _ in entry.partition_keys)
        columns = len(entry.columns) + len(entry.partition_keys)
        comment = entry.comment or entry.location
        table.add_row(
            escape(entry.name), entry.format or "?", str(columns or ""), keys, escape(comment)
        )
    return table


def tables_json(tables: Mapping[str, TableEntry]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "name": name,
            "format": entry.format,
            "location": entry.location,
            "columns": dict(entry.columns),
            "partition_keys": dict(entry.partition_keys),
        }
        for name, entry in sorted(tables.items())
    ]


def _sentence(read: TableRead) -> str:
    if not read.of_files and read.unfit is not None:
        return f"{read.table}: {_counted(read.items, 'item')} scanned"
    return (
        f"{read.table}: {read.files:,} of {read.of_files:,} files opened,"
        f" {_size(read.bytes)} of {_size(read.of_bytes)}"
    )


def _read(read: TableRead) -> dict[str, Any]:
    unfit = {} if read.unfit is None else {"unfit": dict(read.unfit)}
    if unfit and not read.of_files:
        return {"table": read.table, "items": read.items, **unfit}
    return {
        "table": read.table,
        "files": read.files,
        "of_files": read.of_files,
        "bytes": read.bytes,
        "of_bytes": read.of_bytes,
        **unfit,
    }


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(_plain(value))
    return str(value)


def _plain(value: Any) -> Any:
    """The value as JSON has it; what JSON has no form for is its text."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
