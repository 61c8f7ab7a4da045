"""The CSV classifier: which delimiter, whether there is a header, and the types of the columns.

Source: AWS Glue developer guide, "Built-in CSV classifier" and "Writing CSV custom classifiers".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from localaws.crawler.sample import Sample
from localaws.crawler.schema import Schema
from localaws.hive_kinds import BIGINT, BOOLEAN, DOUBLE, NOTHING, STRING, Kind, merged_all

DELIMITERS = (",", "|", "\t", ";", "\x01")
_INTEGER = re.compile(r"[+-]?\d+")
_DIGITS_OF_BIGINT = 20
_FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?")
# Every character but control ones and lone surrogates, as in Glue's single-line string pattern.
_COLUMN_NAME = re.compile("[ -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]{1,255}")
_HEADER_CHARACTERS = 150
Header = Literal["UNKNOWN", "PRESENT", "ABSENT"]


@dataclass(frozen=True)
class CsvOptions:
    """What a custom classifier says; the defaults are those of the built-in one."""

    delimiter: str | None = None
    quote: str = '"'
    header: Header = "UNKNOWN"
    names: tuple[str, ...] = ()
    single_column: bool = False
    trim: bool = True
    serde: str = "None"


def classify_csv(sample: Sample, options: CsvOptions | None = None) -> Schema | None:
    """The schema of delimited text; None when no delimiter gives rows of the same two columns."""
    wanted = options or CsvOptions()
    lines = sample.lines()
    for delimiter in (wanted.delimiter,) if wanted.delimiter else DELIMITERS:
        rows = _rows(lines, delimiter, wanted)
        if rows and _is_table(rows, wanted):
            return _schema(rows, delimiter, wanted, sample.compression)
    return None


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is a header: all text, and not like the rows below."""
    first, others = rows[0], rows[1:]
    texts = all(kind_of_text(cell) == STRING for cell in first[:-1]) and kind_of_text(
        first[-1]
    ) in (STRING, NOTHING)
    short = all(len(cell) < _HEADER_CHARACTERS for cell in first[:-1])
    named = all(_COLUMN_NAME.fullmatch(cell) for cell in first[:-1])
    different = any(kind not in (STRING, NOTHING) for kind in _kinds(others, len(first)))
    return texts and short and named and different


def kind_of_text(text: str) -> Kind:
    """The kind of a cell; that of an empty one is unknown."""
    if not text:
        return NOTHING
    if _INTEGER.fullmatch(text):
        fits = len(text) <= _DIGITS_OF_BIGINT and -(2**63) <= int(text) < 2**63
        return BIGINT if fits else STRING
    if _FLOAT.fullmatch(text):
        return DOUBLE
    return BOOLEAN if text.lower() in ("true", "false") else STRING


def _rows(lines: list[str], delimiter: str, options: CsvOptions) -> list[list[str]]:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, quotechar=options.quote, strict=True))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows] if options.trim else rows


def _is_table(rows: list[list[str]], options: CsvOptions) -> bool:
    widths = {len(row) for row in rows}
    fewest = 1 if options.single_column else 2
    return len(widths) == 1 and min(widths) >= fewest and len(rows) > 1


def _schema(rows: list[list[str]], delimiter: str, options: CsvOptions, compression: str) -> Schema:
    known = {"PRESENT": True, "ABSENT": False}
    header = known[options.header] if options.header in known else has_header(rows)
    data = rows[1:] if header else rows
    width = len(rows[0])
    names = options.names or (tuple(rows[0]) if header else ())
    unique = _unique([*names, *(f"col{n}" for n in range(len(names), width))][:width])
    kinds = _kinds(data, width)
    if options.serde == "OpenCSVSerDe":
        kinds = [STRING] * width
    return Schema(
        "csv",
        tuple(zip(unique, kinds, strict=True)),
        compression=compression,
        parameters={
            "delimiter": delimiter,
            "columnsOrdered": "true",
            "areColumnsQuoted": "false",
            **({"skip.header.line.count": "1"} if header else {}),
        },
        serde={"serde": options.serde, "field.delim": delimiter, "quote": options.quote},
    )


def _kinds(rows: Sequence[Sequence[str]], width: int) -> list[Kind]:
    return [merged_all(kind_of_text(row[place]) for row in rows) for place in range(width)]


def _unique(names: list[str]) -> list[str]:
    """Names in lower case, each once; an empty one is called by its place."""
    found: list[str] = []
    for place, name in enumerate(names):
        unique = name.strip().lower() or f"col{place}"
        while unique in found:
            unique = f"{unique}_{place}"
        found.append(unique)
    return found
