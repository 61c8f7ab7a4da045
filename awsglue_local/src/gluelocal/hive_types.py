"""Column types of the Data Catalog, which are Hive's, as Spark types."""

from __future__ import annotations

import re
from collections.abc import Callable

from pyspark.sql import types as T

from gluelocal.errors import CatalogTableError

_ATOMIC: dict[str, T.DataType] = {
    "string": T.StringType(),
    "boolean": T.BooleanType(),
    "tinyint": T.ByteType(),
    "byte": T.ByteType(),
    "smallint": T.ShortType(),
    "short": T.ShortType(),
    "int": T.IntegerType(),
    "integer": T.IntegerType(),
    "bigint": T.LongType(),
    "long": T.LongType(),
    "float": T.FloatType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "binary": T.BinaryType(),
    "char": T.StringType(),
    "varchar": T.StringType(),
}
_TOKEN = re.compile(r"\s*([<>,:()]|[^<>,:()]+)")


def spark_type(text: str) -> T.DataType:
    """Spark's type for a Hive type such as `array<struct<sku:string,price:decimal(8,2)>>`.

    A set is read as an array; `decimal` alone is `decimal(10,0)`, as in Hive.

    Raises:
        CatalogTableError: `text` is no Hive type.
    """
    parser = _Parser(text)
    parsed = parser.read_type()
    if parser.tokens:
        raise parser.error(f"{parser.tokens[0]!r} after the end")
    return parsed


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = [token.strip() for token in _TOKEN.findall(text) if token.strip()]
        self._composite: dict[str, Callable[[], T.DataType]] = {
            "array": lambda: T.ArrayType(self.read_type()),
            "set": lambda: T.ArrayType(self.read_type()),
            "map": self._map,
            "struct": self._struct,
        }

    def error(self, what: str) -> CatalogTableError:
        return CatalogTableError(
            f"column type {self.text!r}: {what}; write a Hive type such as bigint, decimal(10,2), "
            "array<string>, map<string,int> or struct<a:int>."
        )

    def read_type(self) -> T.DataType:
        name = self._next().lower()
        if name in self._composite:
            self._expect("<")
            parsed = self._composite[name]()
            self._expect(">")
            return parsed
        if name in ("decimal", "numeric"):
            given = self._arguments() or [10, 0]
            return T.DecimalType(given[0], given[1] if len(given) > 1 else 0)
        if name not in _ATOMIC:
            raise self.error(f"unknown type {name!r}")
        self._arguments()
        return _ATOMIC[name]

    def _map(self) -> T.DataType:
        key = self.read_type()
        self._expect(",")
        return T.MapType(key, self.read_type())

    def _struct(self) -> T.DataType:
        fields = [self._field()]
        while self.tokens and self.tokens[0] == ",":
            self._next()
            fields.append(self._field())
        return T.StructType(fields)

    def _field(self) -> T.StructField:
        name = self._next().strip("`")
        self._expect(":")
        return T.StructField(name, self.read_type())

    def _has_arguments(self) -> bool:
        return bool(self.tokens) and self.tokens[0] == "("

    def _arguments(self) -> list[int]:
        if not self._has_arguments():
            return []
        end = self.tokens.index(")") if ")" in self.tokens else 0
        inside, self.tokens = self.tokens[1:end], self.tokens[end + 1 :]
        numbers = [part for part in inside if part != ","]
        if not numbers or not all(part.isdigit() for part in numbers):
            raise self.error("what stands in parentheses is no number")
        return [int(part) for part in numbers]

    def _next(self) -> str:
        if not self.tokens:
            raise self.error("it ends too early")
        return self.tokens.pop(0)

    def _expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise self.error(f"{found!r} where {token!r} belongs")
