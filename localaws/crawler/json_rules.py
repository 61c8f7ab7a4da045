"""The JSON classifier: documents one after the other, as they are or by a JSON path.

Source: AWS Glue developer guide, "Built-in classifiers" and "Writing JSON custom classifiers".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from localaws.crawler.sample import Sample
from localaws.crawler.schema import Schema
from localaws.errors import LocalCloudError
from localaws.hive_kinds import NOTHING, Kind, kind_of, merged

# What a path gives that is no object is one column of this name.
RECORD = "record"
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[\s*'([^']+)'\s*\]|\[\s*(\*|\d+)\s*\]|\.(\*)")
_SPACE = re.compile(r"[\s,]*")
_MOST_DOCUMENTS = 1_000


def classify_json(sample: Sample, path: str | None = None) -> Schema | None:
    """The schema of JSON documents, or None when the file does not begin with one."""
    if sample.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return None
    found = list(documents(sample))
    if not all(isinstance(document, dict | list) for document in found):
        return None
    steps = steps_of(path) if path else []
    values = [value for document in found for value in selected(document, steps)]
    columns = _columns(values)
    if not columns:
        return None
    return Schema(
        "json", tuple(columns.items()), whole="int", compression=sample.compression,
        serde={"paths": ",".join(columns)},
    )  # fmt: skip


def documents(sample: Sample) -> Iterator[Any]:
    """The documents at the beginning; what is no JSON ends them, as does the end of the sample."""
    text, decoder, place = sample.text or "", json.JSONDecoder(), 0
    for _ in range(_MOST_DOCUMENTS):
        match = _SPACE.match(text, place)
        place = match.end() if match else place
        if place >= len(text):
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        yield value


def steps_of(path: str) -> list[str]:
    """The names, indexes and `*` of a JSON path in dot or bracket notation.

    Raises:
        LocalCloudError: it is none.
    """
    if not path.startswith("$"):
        raise LocalCloudError(f"JSON path {path!r}: begins with $, as in $.records[*]")
    steps, place = [], 1
    while place < len(path):
        found = _STEP.match(path, place)
        if not found:
            raise LocalCloudError(
                f"JSON path {path!r}: {path[place:]!r} is not known; write .name, ['name'], [*]"
                " or [0]"
            )
        steps.append(next(group for group in found.groups() if group))
        place = found.end()
    return steps


def selected(value: Any, steps: list[str]) -> list[Any]:
    """What the steps lead to; nothing where a step has no place."""
    if not steps:
        return [value]
    step, rest = steps[0], steps[1:]
    if step == "*" and isinstance(value, dict | list):
        parts = list(value.values() if isinstance(value, dict) else value)
    elif isinstance(value, dict) and step in value:
        parts = [value[step]]
    elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
        parts = [value[int(step)]]
    else:
        parts = []
    return [found for part in parts for found in selected(part, rest)]


def _columns(values: list[Any]) -> dict[str, Kind]:
    """Columns in the order of their first record; names in lower case."""
    columns: dict[str, Kind] = {}
    for value in values:
        record = value if isinstance(value, dict) else {RECORD: value}
        for key, part in record.items():
            name = key.lower()
            columns[name] = merged(columns.get(name, NOTHING), kind_of(part))
    return columns
