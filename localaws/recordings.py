"""Recorded events from a file: JSON Lines or CSV, of many shapes, as records of a stream.

A line of JSON is an event, or a session of events: `{"session": .., "events": [{"aid": ..,
"ts": .., "type": "clicks" | "carts" | "orders"}]}`, the shape of the OTTO data set. An event of
JSON goes out as it stands but for the fields that are mapped and its time; whether it is any good
is the job's to say.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.streams import CLICKSTREAM
from catalog.tables import Stream
from localaws.errors import LocalCloudError
from localaws.sending import BYTES_A_RECORD, Record

TIME = "event_timestamp"
# Numbers below are seconds, from it on milliseconds: it is the year 5138 and March 1973.
_SECONDS_BELOW = 100_000_000_000
_OTTO_TYPES = {"clicks": "click", "carts": "cart", "orders": "purchase"}
_NO_KEY = "-"


@dataclass(frozen=True)
class Recording:
    """What a file gave: records in the order of their times, and the lines that gave none.

    Attributes:
        times: event time of each record, epoch ms; that of the record before where it has none.
        unreadable: `file:line: reason`.
    """

    records: tuple[Record, ...]
    times: tuple[int, ...]
    unreadable: tuple[str, ...]


class _Unreadable(Exception):  # noqa: N818 - a signal within this module
    """Raised when no record can be made of a line."""


def parse_mapping(pairs: Iterable[str], stream: Stream = CLICKSTREAM) -> dict[str, str]:
    """`field=column` pairs: which column of the file gives which field of the event.

    Raises:
        LocalCloudError: a pair has no `=`, or the stream has no such field.
    """
    mapping = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or not column or field not in stream.schema.names:
            raise LocalCloudError(
                f"--map {pair}: write field=column, the field one of"
                f" {', '.join(stream.schema.names)}"
            )
        mapping[field] = column
    return mapping


def read_recording(
    path: Path, mapping: Mapping[str, str] | None = None, stream: Stream = CLICKSTREAM
) -> Recording:
    """Read the whole file; a name that ends in `.csv` is CSV with a header, all else JSON Lines.

    Raises:
        LocalCloudError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LocalCloudError(f"{path}: cannot be read: {error.strerror}") from error
    is_csv = path.suffix.lower() == ".csv"
    rows = _csv_rows(content) if is_csv else _json_rows(content)
    found: list[tuple[int | None, Record]] = []
    unreadable = []
    for line, row in rows:
        try:
            if isinstance(row, _Unreadable):
                raise row
            for event in _events(row):
                mapped = _mapped(event, mapping or {}, stream, convert_all=is_csv)
                found.append(_record(mapped, stream.partition_key))
        except _Unreadable as error:
            unreadable.append(f"{path}:{line}: {error}")
    return _ordered(found, unreadable)


def _ordered(found: list[tuple[int | None, Record]], unreadable: list[str]) -> Recording:
    """Sort by time; a record without one keeps its place behind the one before it."""
    times: list[int] = []
    before = next((time for time, _ in found if time is not None), 0)
    for time, _ in found:
        before = before if time is None else time
        times.append(before)
    order = sorted(range(len(found)), key=times.__getitem__)
    return Recording(
        records=tuple(found[i][1] for i in order),
        times=tuple(times[i] for i in order),
        unreadable=tuple(unreadable),
    )


def _json_rows(content: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield number, _Unreadable(f"not UTF-8 at byte {error.start}")
        except (ValueError, RecursionError) as error:
            yield number, _Unreadable(f"not JSON: {error}")


def _csv_rows(content: bytes) -> Iterator[tuple[int, Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LocalCloudError(f"line {line}: not UTF-8; convert the file first") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, _Unreadable(f"not CSV: {error}")
            continue
        if None in row:
            yield reader.line_num, _Unreadable("more values than the header has names")
        else:
            yield reader.line_num, {key: value for key, value in row.items() if value}


def _events(row: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(row, dict):
        raise _Unreadable(f"a {type(row).__name__}, not an object of an event")
    if "session" not in row or not isinstance(row.get("events"), list):
        yield row
        return
    for number, event in enumerate(row["events"], start=1):
        if not isinstance(event, dict) or not {"aid", "ts", "type"} <= event.keys():
            raise _Unreadable(f"event {number} of the session has no aid, ts and type")
    for event in row["events"]:
        yield {
            "user_id": str(row["session"]),
            "product_id": str(event["aid"]),
            TIME: event["ts"],
            "event_type": _OTTO_TYPES.get(event["type"], event["type"]),
        }


def _mapped(
    event: Mapping[str, Any], mapping: Mapping[str, str], stream: Stream, *, convert_all: bool
) -> dict[str, Any]:
    """The event under the stream's names; mapped values and those of CSV in the stream's types."""
    taken = set(mapping.values())
    result = {key: value for key, value in event.items() if key not in taken}
    result |= {field: event[column] for field, column in mapping.items() if column in event}
    for field in stream.schema.names if convert_all else mapping:
        if field in result:
            result[field] = _converted(result[field], stream.schema[field].type)
    if TIME in result:
        result[TIME] = to_millis(result[TIME])
    return result


def _converted(value: Any, kind: str) -> Any:
    if kind == "string":
        return value if isinstance(value, str) or value is None else str(value)
    try:
        return int(value) if isinstance(value, str) else value
    except ValueError:
        return value


def to_millis(value: Any) -> Any:
    """A time as epoch ms: numbers below 1e11 are seconds, texts ISO-8601 (UTC without a zone).

    What is no time stays as it is: the job sets it aside with its reason.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return value
    return round(value * 1_000) if abs(value) < _SECONDS_BELOW else round(value)


def _from_text(text: str) -> Any:
    try:
        return to_millis(float(text))
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1_000)


def _record(event: Mapping[str, Any], partition_key: str) -> tuple[int | None, Record]:
    key = event.get(partition_key)
    try:
        data = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _Unreadable(f"half a character: {error.reason}") from error
    record = Record(str(key)[:256] if key else _NO_KEY, data)
    if record.size > BYTES_A_RECORD:
        raise _Unreadable(f"{record.size} bytes; a record of Kinesis has at most {BYTES_A_RECORD}")
    time = event.get(TIME)
    return (time if isinstance(time, int) and not isinstance(time, bool) else None), record
