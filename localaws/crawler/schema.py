"""What a classifier finds in a file, and one schema for many files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localaws.hive_kinds import Kind, hive_type, merged, parse_hive

UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Schema:
    """A classified file: its format, and its columns in the order in which they came.

    Attributes:
        classification: `json`, `csv`, `parquet`, ...; UNKNOWN when no classifier knew it.
        columns: name, and kind or Hive type; a kind may still be widened by other files.
        whole: how the catalog writes small whole numbers of this format.
        parameters: of the table, such as the delimiter; files that differ in them do not mix.
        serde: parameters of the table's SerDe.
        compression: `gzip`, ..., or `none`.
    """

    classification: str
    columns: tuple[tuple[str, Kind | str], ...] = ()
    certainty: float = 1.0
    whole: str = "bigint"
    compression: str = "none"
    parameters: Mapping[str, str] = field(default_factory=dict)
    serde: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(name for name, _ in self.columns)

    def glue_columns(self) -> list[dict[str, Any]]:
        """The columns as Glue's `Column` structures."""
        return [{"Name": name, "Type": written(kind, self.whole)} for name, kind in self.columns]


def written(kind: Kind | str, whole: str = "bigint") -> str:
    """The type as the catalog writes it."""
    return kind if isinstance(kind, str) else hive_type(kind, whole)


def compatible(one: Schema, other: Schema) -> bool:
    """Whether files of both may be of one table, whatever their columns: same format, same way."""
    return (one.classification, one.compression, dict(one.parameters)) == (
        other.classification,
        other.compression,
        dict(other.parameters),
    )


def similarity(one: Schema, other: Schema) -> float:
    """Share of the columns of the wider schema that both have, by name; 1.0 of two without any."""
    most = max(len(one.names), len(other.names))
    return len(one.names & other.names) / most if most else 1.0


def combined(schemas: Iterable[Schema]) -> Schema:
    """The schema that takes the rows of all; the first one's order, then what later ones add.

    Raises:
        ValueError: there is none.
    """
    found = list(schemas)
    if not found:
        raise ValueError("no schema to combine")
    columns: dict[str, Kind | str] = {}
    for schema in found:
        for name, kind in schema.columns:
            columns[name] = _wider(columns[name], kind) if name in columns else kind
    first = found[0]
    return Schema(
        first.classification,
        tuple(columns.items()),
        min(schema.certainty for schema in found),
        first.whole,
        first.compression,
        first.parameters,
        first.serde,
    )


def _wider(one: Kind | str, other: Kind | str) -> Kind | str:
    if one == other:
        return one
    kinds = [kind if isinstance(kind, Kind) else parse_hive(kind) for kind in (one, other)]
    first, second = kinds
    if first is None or second is None:
        return "string"
    if isinstance(one, Kind) and isinstance(other, Kind):
        return merged(first, second)
    return hive_type(merged(first, second), whole="int")
