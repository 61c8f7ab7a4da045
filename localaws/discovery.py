"""What a sample of JSON records has in common: columns, their types, and which one is the time.

Pure; the order of the records changes nothing but which of the unreadable ones is the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from localaws.hive_kinds import NOTHING, Kind, is_name, kind_of, merged

TimeForm = Literal["epoch s", "epoch ms", "ISO-8601"]
# 2001-09-09 to 2100-01-01: a number of this size in a column that is named like a time is one.
_SECONDS = (1_000_000_000, 4_102_444_800)
# Date and time of day; a date alone is no time of an event.
_ISO_LENGTH = len("2026-01-01T00:00")
_TIME_NAMES = ("timestamp", "time", "date", "ts", "at", "t")
# https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
_KPL = b"\xf3\x89\x9a\xc2"


@dataclass(frozen=True)
class Sampled:
    """A record of the sample: where it stands in its stream, and its data."""

    position: str
    data: bytes


@dataclass(frozen=True)
class Trouble:
    """Records that are no JSON objects: how many, and where the first one stands."""

    reason: str
    count: int
    first: str


@dataclass(frozen=True)
class Found:
    """A column.

    Attributes:
        keys: as the records write it, in order; more than one where they differ in case.
        count: records that carry a value of it.
        example: JSON of the shortest value; None of a column that is always null.
        time: the form of time that every value has.
    """

    name: str
    keys: tuple[str, ...] = ()
    kind: Kind = NOTHING
    count: int = 0
    example: str | None = None
    time: TimeForm | None = None


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes:
        sampled: records looked at.
        objects: those of them that are JSON objects.
        columns: those that most records carry first, then by name.
        timestamp: name of the column that is the time of the event.
        unusable: names that no column can have.
    """

    sampled: int
    objects: int
    columns: tuple[Found, ...]
    timestamp: str | None
    troubles: tuple[Trouble, ...]
    unusable: tuple[str, ...]

    def share(self, column: Found) -> float:
        """Share of the objects that carry the column."""
        return column.count / self.objects


class _NotAnObject(Exception):  # noqa: N818 - a signal within this module
    """Raised when a record is no JSON object."""


def discover(records: Iterable[Sampled]) -> Discovery:
    """Look at every record of the sample."""
    tally = _Tally()
    for record in records:
        tally.sampled += 1
        try:
            tally.take(parse_object(record.data))
        except _NotAnObject as reason:
            tally.set_aside(str(reason), record.position)
    return tally.result()


def parse_object(data: bytes) -> dict[str, Any]:
    """The JSON object of a record."""
    if data.startswith(_KPL):
        raise _NotAnObject("aggregated by the Kinesis Producer Library")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _NotAnObject("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _NotAnObject("not JSON") from error
    if not isinstance(value, dict):
        raise _NotAnObject("not an object")
    return value


def time_form(value: Any) -> TimeForm | None:
    """How the value says a time, if it may be one."""
    if isinstance(value, str):
        return "ISO-8601" if _is_iso(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    first, last = _SECONDS
    if first <= value < last:
        return "epoch s"
    return "epoch ms" if first * 1_000 <= value < last * 1_000 else None


def choose_timestamp(columns: Iterable[Found]) -> str | None:
    """The column that is most likely the event's time: by name, then by how many carry it.

    A number is taken for a time only where the name says so: ids are as large.
    """
    ranked = sorted(
        (_rank_of_name(column.name), -column.count, column.name)
        for column in columns
        if column.time == "ISO-8601"
        or (column.time and _rank_of_name(column.name) < len(_TIME_NAMES))
    )
    return ranked[0][-1] if ranked else None


@dataclass
class _Tally:
    sampled: int = 0
    objects: int = 0
    columns: dict[str, Found] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any]) -> None:
        self.objects += 1
        carried = set()
        for key, value in record.items():
            name = key.lower()
            before = self.columns.get(name, Found(name))
            again = value is None or name in carried
            after = before if value is None else _with_value(before, value)
            keys = tuple(sorted({*before.keys, key}))
            self.columns[name] = replace(after, keys=keys, count=before.count + (not again))
            carried |= {name} if value is not None else set()

    def set_aside(self, reason: str, position: str) -> None:
        before = self.troubles.get(reason, Trouble(reason, 0, position))
        self.troubles[reason] = replace(before, count=before.count + 1)

    def result(self) -> Discovery:
        columns = [column for name, column in self.columns.items() if is_name(name)]
        unusable = [key for c in self.columns.values() if not is_name(c.name) for key in c.keys]
        return Discovery(
            sampled=self.sampled,
            objects=self.objects,
            columns=tuple(sorted(columns, key=lambda column: (-column.count, column.name))),
            timestamp=choose_timestamp(columns),
            troubles=tuple(sorted(self.troubles.values(), key=lambda found: found.reason)),
            unusable=tuple(sorted(unusable)),
        )


def _with_value(column: Found, value: Any) -> Found:
    form, text = time_form(value), json.dumps(value)
    examples = [text] if column.example is None else [text, column.example]
    first = column.kind == NOTHING
    return replace(
        column,
        kind=merged(column.kind, kind_of(value)),
        example=min(examples, key=lambda example: (len(example), example)),
        time=form if first or form == column.time else None,
    )


def _rank_of_name(name: str) -> int:
    """0 for the most telling name of a time; beyond the list for one that tells nothing."""
    for rank, word in enumerate(_TIME_NAMES):
        joined = len(word) > len("ts") and name.endswith(word)
        if joined or name.split("_")[-1] == word:
            return rank
    return len(_TIME_NAMES)


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= _ISO_LENGTH


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
