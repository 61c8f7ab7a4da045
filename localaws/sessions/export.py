"""Sessions as a file: CSV or JSON Lines."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from localaws.errors import LocalCloudError
from localaws.sessions.rows import Row, by_start, standing

# Column of the file: column of the table.
_COLUMNS = {
    "user_id": "user_id",
    "session_id": "session_id",
    "start": "started_at",
    "end": "ended_at",
    "events": "events",
}
Write = Callable[[TextIO, Iterable[dict[str, Any]]], None]


def check_target(path: Path, *, force: bool) -> Write:
    """How to write a file of that name.

    Raises:
        LocalCloudError: its suffix is none that is known, or it is there and `force` is not given.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise LocalCloudError(
            f"{path}: the suffix {path.suffix!r} is not known; use one of {', '.join(_WRITERS)}"
        )
    if path.exists() and not force:
        raise LocalCloudError(f"{path}: is there already; --force replaces it")
    return write


def export(rows: Iterable[Row], path: Path, write: Write) -> int:
    """Write the sessions that stand, by start, in one step; returns how many.

    Raises:
        LocalCloudError: the file cannot be written; one that was there is as it was.
    """
    found = [
        {name: row.get(column) for name, column in _COLUMNS.items()}
        for row in by_start(standing(rows))
    ]
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            write(file, found)
        part.replace(path)
    except OSError as error:
        raise LocalCloudError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return len(found)


def _write_csv(file: TextIO, rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(file, fieldnames=list(_COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_json_lines(file: TextIO, rows: Iterable[dict[str, Any]]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_WRITERS: dict[str, Write] = {".csv": _write_csv, ".jsonl": _write_json_lines}
