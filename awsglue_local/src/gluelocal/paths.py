"""Paths into records: `a.b`, with back-quotes around a name that has a dot itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

_PART: Final = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")

Path = tuple[str, ...]


def parse(text: str) -> Path:
    """The names on a path. A leading dot belongs to the name (`.id`, made by a join)."""
    if text.startswith("."):
        return (text,)
    parts = [
        quoted.replace("``", "`") if quoted else plain for quoted, plain in _PART.findall(text)
    ]
    return tuple(parts) or (text,)


def quoted(name: str) -> str:
    """`name` as one part of a Spark column expression."""
    return "`" + name.replace("`", "``") + "`"


def column(path: Sequence[str]) -> Column:
    """The column that a path of real names leads to."""
    return F.col(".".join(map(quoted, path)))


def find(schema: T.StructType, path: Path, *, case_sensitive: bool) -> Path | None:
    """The path with the schema's own spelling, or None when it leads nowhere."""
    found: list[str] = []
    here: T.DataType = schema
    for part in path:
        if not isinstance(here, T.StructType):
            return None
        field = _field(here, part, case_sensitive=case_sensitive)
        if field is None:
            return None
        found.append(field.name)
        here = field.dataType
    return tuple(found)


def _field(struct: T.StructType, name: str, *, case_sensitive: bool) -> T.StructField | None:
    for field in struct.fields:
        if field.name == name:
            return field
    if not case_sensitive:
        for field in struct.fields:
            if field.name.lower() == name.lower():
                return field
    return None


def as_list(paths: str | Sequence[str]) -> list[str]:
    """One path or several, as a list."""
    return [paths] if isinstance(paths, str) else list(paths)
