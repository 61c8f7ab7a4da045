"""Columns and schemas: declared once, rendered to Glue and to Spark.

Standard library only, so that Lambdas and the inference container can import it;
`Schema.struct_type` imports pyspark when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from catalog.errors import CatalogError

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

SCALAR_TYPES = (
    *("string", "tinyint", "smallint", "int", "bigint", "float", "double"),
    *("boolean", "binary", "timestamp", "date"),
)


@dataclass(frozen=True)
class Column:
    """One column: a lower-case name, a Hive type, its meaning with unit and null meaning.

    Raises:
        CatalogError: the name is not lower-case snake case, or the type is not one we render.
    """

    name: str
    type: str
    comment: str
    required: bool = False

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name != self.name.lower():
            raise CatalogError(
                f"column {self.name!r}: a name is lower-case letters, digits and underscores"
                " (the Data Catalog lower-cases names)"
            )
        nested = ("decimal(", "array<", "map<", "struct<")
        if self.type not in SCALAR_TYPES and not self.type.startswith(nested):
            raise CatalogError(
                f"column {self.name!r}: type {self.type!r} is not known; "
                f"use one of {', '.join(SCALAR_TYPES)}, decimal(...), array<...>, map<...> or"
                " struct<...>"
            )

    def glue(self) -> dict[str, str]:
        """The column as Glue's `Column` structure."""
        return {"Name": self.name, "Type": self.type, "Comment": self.comment}


@dataclass(frozen=True)
class Schema:
    """An ordered set of columns with distinct names.

    Raises:
        CatalogError: two columns share a name.
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CatalogError(f"schema: columns {twice} are declared twice")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise CatalogError(f"no column {name!r}; the columns are {list(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row carries."""
        return tuple(column.name for column in self.columns if column.required)

    def select(self, *names: str) -> Schema:
        """The named columns, in the order given."""
        return Schema(tuple(self[name] for name in names))

    def plus(self, *columns: Column) -> Schema:
        """These columns and more after them."""
        return Schema(self.columns + columns)

    def glue_columns(self) -> list[dict[str, str]]:
        """The columns as Glue's `StorageDescriptor.Columns`."""
        return [column.glue() for column in self.columns]

    def ddl(self) -> str:
        """The schema as a Spark DDL string."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    def struct_type(self) -> StructType:
        """The schema as a Spark type; every field nullable, as data read from outside is."""
        from pyspark.sql import types as T

        # Spark 3.5 has the parser under this name alone, Spark 4 also as StructType.fromDDL.
        return cast("StructType", T._parse_datatype_string(self.ddl()))  # noqa: SLF001
