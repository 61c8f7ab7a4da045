"""Labels in the formats of the Numenta Anomaly Benchmark: windows, or points made windows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from localaws.detect import times
from localaws.detect.nab import Rows, probation
from localaws.detect.reading import Series
from localaws.errors import LocalCloudError

# All windows of a series together are as long as this share of it.
WINDOWS_SHARE: Final = 0.1
_FORMATS: Final = (
    'allowed are {"file.csv": [["start", "end"], ...]} and {"file.csv": ["timestamp", ...]}'
)


@dataclass
class Labels:
    """A file of labels; `used` are the keys whose series was asked for."""

    path: Path
    entries: Mapping[str, Sequence[Any]]
    used: set[str] = field(default_factory=set)

    def windows(self, series: Series, *, alone: bool) -> list[Rows] | None:
        """The windows of a series, in order; None when the file does not name it.

        Points become windows as the benchmark makes them: of one length, 10 % of the rows for all
        of them, with the point in the middle. One that begins in the probationary period is left
        out.

        Args:
            series: its rows.
            alone: whether it is the only one, so that a single key needs no matching name.

        Raises:
            LocalCloudError: a label is in no known form, or outside of the series.
        """
        key = self._key_of(series, alone=alone)
        if key is None:
            return None
        self.used.add(key)
        entry, where = self.entries[key], f"{self.path}: {key}"
        if all(isinstance(label, str | int | float) for label in entry):
            return _merged(_around([_row_of(where, series, p) for p in entry], len(series.times)))
        return _merged([_rows_of(where, series, window) for window in entry])

    def unused(self) -> list[str]:
        """Keys whose series was not there."""
        return sorted(set(self.entries) - self.used)

    def _key_of(self, series: Series, *, alone: bool) -> str | None:
        """By path below the folder, by the end of the whole path, by name, or as the only one."""
        if series.key in self.entries:
            return series.key
        whole = series.path.absolute().as_posix()
        if ends := [key for key in self.entries if whole.endswith(f"/{key.lstrip('/')}")]:
            return max(ends, key=len)
        named = [key for key in self.entries if Path(key).name == series.path.name]
        only = named or (list(self.entries) if alone else [])
        return only[0] if len(only) == 1 else None


def read_labels(path: Path) -> Labels:
    """The labels of a JSON file.

    Raises:
        LocalCloudError: it cannot be read, or is in no known form.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise LocalCloudError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise LocalCloudError(f"{path}: is no JSON: {error}; {_FORMATS}") from error
    if not isinstance(entries, dict):
        raise LocalCloudError(f"{path}: found {type(entries).__name__}; {_FORMATS}")
    for key, entry in entries.items():
        if not isinstance(entry, list):
            raise LocalCloudError(f"{path}: {key}: found {json.dumps(entry)}; {_FORMATS}")
    return Labels(path, entries)


def _time(where: str, label: Any) -> int:
    found = times.microseconds(label) if isinstance(label, str | int | float) else None
    if found is None:
        raise LocalCloudError(f"{where}: found {json.dumps(label)}; allowed are {times.ALLOWED}")
    return found


def _row_of(where: str, series: Series, label: Any) -> int:
    """The first row at the time of a point."""
    wanted = _time(where, label)
    for row, time in enumerate(series.times):
        if time == wanted:
            return row
    raise LocalCloudError(f"{where}: {label}: is no timestamp of {series.path}; correct the label")


def _rows_of(where: str, series: Series, window: Any) -> Rows:
    """The first and last row within a window."""
    if not isinstance(window, list) or len(window) != len(("start", "end")):
        raise LocalCloudError(f"{where}: found {json.dumps(window)}; {_FORMATS}")
    start, end = (_time(where, label) for label in window)
    within = [
        row for row, time in enumerate(series.times) if time is not None and start <= time <= end
    ]
    if not within:
        raise LocalCloudError(
            f"{where}: {window[0]} to {window[1]}: no timestamp of {series.path} is in it; "
            "correct the label"
        )
    return within[0], within[-1]


def _around(points: Sequence[int], rows: int) -> list[Rows]:
    half = int(WINDOWS_SHARE * rows / max(1, len(points))) // 2
    windows = [(max(point - half, 0), min(point + half, rows - 1)) for point in points]
    return [window for window in windows if window[0] >= probation(rows)]


def _merged(windows: Sequence[Rows]) -> list[Rows]:
    """In order; those that overlap are one."""
    merged: list[Rows] = []
    for first, last in sorted(windows):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
