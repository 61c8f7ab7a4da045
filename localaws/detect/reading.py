"""A series as a CSV file has it: its rows in the order of the file, and what is wrong with some."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from localaws.detect import times
from localaws.errors import LocalCloudError
from transforms.detectors.forest import MAX_VALUE

TIMESTAMP: Final = "timestamp"
VALUE: Final = "value"


@dataclass(frozen=True)
class Columns:
    """Names of the two columns; None: by their usual names, or else the first two."""

    timestamp: str | None = None
    value: str | None = None


@dataclass
class Trouble:
    """Rows that something is wrong with: how many, and the line and text of the first."""

    reason: str
    count: int = 0
    line: int = 0
    text: str = ""

    def add(self, line: int, text: str) -> None:
        """Count another one."""
        if not self.count:
            self.line, self.text = line, text
        self.count += 1


@dataclass
class Series:
    """The rows of a file.

    Attributes:
        key: the path of the file below the folder that was asked for, with slashes.
        timestamps: as the file has them; so are `texts`, the values.
        values: NaN where the text is none that can be scored.
        times: microseconds since 1970; None where the timestamp is no time.
        latest: the last one of `times` that is one.
    """

    path: Path
    key: str
    timestamps: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    times: list[int | None] = field(default_factory=list)
    latest: int | None = None
    unusable: Trouble = field(default_factory=lambda: Trouble("value that is no finite number"))
    untimed: Trouble = field(default_factory=lambda: Trouble("timestamp that is no time"))
    unordered: Trouble = field(
        default_factory=lambda: Trouble("timestamp that is not after the one before")
    )

    def warnings(self) -> list[str]:
        """What is wrong, a sentence each."""
        meanings = (
            (self.unusable, f"allowed are numbers up to {MAX_VALUE:g}; its score is 0"),
            (self.untimed, f"allowed are {times.ALLOWED}; it is scored all the same"),
            (self.unordered, "rows are scored in the order of the file"),
        )
        return [
            f"{self.path}: {found.count:,} x {found.reason}, first in line {found.line}: "
            f"found {found.text!r}; {meaning}"
            for found, meaning in meanings
            if found.count
        ]


def read_series(path: Path, key: str, columns: Columns) -> Series:
    """The rows of a CSV file with a header.

    Raises:
        LocalCloudError: it cannot be read, is empty, or has no header or no such column.
    """
    series = Series(path, key)
    try:
        # Excel writes a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            timestamp, value = _places(path, next(_filled(rows), None), columns)
            for row in _filled(rows):
                _take(series, rows.line_num, _cell(row, timestamp), _cell(row, value))
    except OSError as error:
        raise LocalCloudError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LocalCloudError(f"{path}: is not UTF-8; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise LocalCloudError(f"{path}: is no CSV: {error}") from error
    return series


def number(text: str) -> float:
    """The number that a text is; NaN where it is none that can be scored."""
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found if abs(found) <= MAX_VALUE else math.nan


def _filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if row)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _take(series: Series, line: int, timestamp: str, text: str) -> None:
    value, time = number(text), times.microseconds(timestamp)
    if math.isnan(value):
        series.unusable.add(line, text)
    if time is None:
        series.untimed.add(line, timestamp)
    else:
        if series.latest is not None and time <= series.latest:
            series.unordered.add(line, timestamp)
        series.latest = time
    series.timestamps.append(timestamp)
    series.texts.append(text)
    series.values.append(value)
    series.times.append(time)


def _places(path: Path, header: Sequence[str] | None, columns: Columns) -> tuple[int, int]:
    """Where the timestamp and the value stand in a row."""
    if header is None:
        raise LocalCloudError(f"{path}: is empty; a header with two columns and rows are needed")
    if any(times.microseconds(name) is not None for name in header):
        raise LocalCloudError(
            f"{path}: has no header: found {','.join(header)!r} in the first line; "
            f"put the names of the columns there, such as {TIMESTAMP},{VALUE}"
        )
    value = _named(path, header, columns.value, VALUE)
    timestamp = _named(path, header, columns.timestamp, TIMESTAMP)
    if timestamp is None:
        timestamp = 1 if value == 0 else 0
    if value is None:
        value = timestamp + 1 if timestamp + 1 < len(header) else 0
    if timestamp == value or timestamp >= len(header):
        raise _no_column(path, header, VALUE if timestamp == value else TIMESTAMP)
    return timestamp, value


def _named(path: Path, header: Sequence[str], wanted: str | None, usual: str) -> int | None:
    names = [name.strip().lower() for name in header]
    name = (wanted or usual).strip().lower()
    if name in names:
        return names.index(name)
    if wanted is not None:
        raise _no_column(path, header, usual, wanted)
    return None


def _no_column(
    path: Path, header: Sequence[str], usual: str, wanted: str | None = None
) -> LocalCloudError:
    return LocalCloudError(
        f"{path}: has no column {wanted or usual!r}; found {', '.join(header)!r}; "
        f"name the column with --{usual}-column"
    )
