"""Formats that carry their own schema: Avro at the beginning, ORC and Parquet at the end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from localaws.crawler.schema import Schema
from localaws.hive_arrow import hive_of

_AVRO_ATOMS = {
    "null": "string",
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "bytes": "binary",
    "string": "string",
    "enum": "string",
    "fixed": "binary",
}
_AVRO_LOGICAL = {
    "date": "date",
    "timestamp-millis": "timestamp",
    "timestamp-micros": "timestamp",
    "local-timestamp-millis": "timestamp",
    "local-timestamp-micros": "timestamp",
}


class Watched(io.RawIOBase):
    """A file whose failures to read are kept: Arrow has OSError for broken content too."""

    def __init__(self, file: pa.NativeFile) -> None:
        super().__init__()
        self.failure: OSError | None = None
        self._file = file

    def read(self, count: int = -1) -> bytes:
        """At most so many bytes."""
        return bytes(self._noted(self._file.read, None if count < 0 else count))

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return int(self._noted(self._file.seek, place, whence))

    def tell(self) -> int:
        """The place."""
        return int(self._file.tell())

    def close(self) -> None:
        """Nothing: who opened the file closes it."""

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def _noted(self, act: Callable[..., Any], *given: Any) -> Any:
        try:
            return act(*given)
        except OSError as error:
            self.failure = error
            raise


def classify_avro(head: bytes) -> Schema | None:
    """The schema that an Avro file begins with; None of another file."""
    if not head.startswith(b"Obj\x01"):
        return None
    reader = fastavro.reader(io.BytesIO(head))
    schema: Any = reader.writer_schema
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return None
    columns = tuple((f["name"].lower(), avro_type(f["type"])) for f in schema["fields"])
    plain = {key: value for key, value in schema.items() if not key.startswith("__")}
    return Schema("avro", columns, serde={"avro.schema.literal": json.dumps(plain)})


def classify_orc(file: pa.NativeFile, head: bytes) -> Schema | None:
    """The schema of an ORC file; None of another file, or of one that is broken."""
    return _of_arrow("orc", orc.ORCFile(file).schema) if head.startswith(b"ORC") else None


def classify_parquet(file: pa.NativeFile, head: bytes) -> Schema | None:
    """The schema of a Parquet file; None of another file."""
    return _of_arrow("parquet", pq.read_schema(file)) if head.startswith(b"PAR1") else None


def _of_arrow(classification: str, schema: pa.Schema) -> Schema:
    columns = tuple((field.name.lower(), hive_of(field.type)) for field in schema)
    return Schema(classification, columns)


def avro_type(kind: Any) -> str:
    """The Hive type of an Avro type; of a union that of its one part that is not null."""
    if isinstance(kind, list):
        parts = [part for part in kind if part != "null"]
        return avro_type(parts[0]) if len(parts) == 1 else "string"
    if isinstance(kind, str):
        return _AVRO_ATOMS.get(kind, "string")
    logical = kind.get("logicalType")
    if logical == "decimal":
        return f"decimal({kind['precision']},{kind.get('scale', 0)})"
    if logical in _AVRO_LOGICAL:
        return _AVRO_LOGICAL[logical]
    return _avro_nested(kind)


def _avro_nested(kind: dict[str, Any]) -> str:
    name = kind["type"]
    if name == "array":
        return f"array<{avro_type(kind['items'])}>"
    if name == "map":
        return f"map<string,{avro_type(kind['values'])}>"
    if name in ("record", "error"):
        fields = (f"{f['name'].lower()}:{avro_type(f['type'])}" for f in kind["fields"])
        return f"struct<{','.join(fields)}>"
    return avro_type(name)
