"""The files of a table as one data set that is read when asked.

The catalog has every name in lower case; files, fields in them and folders keep their own, so each
file is read by its own names and given the catalog's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

# The folder of the rows that have no value, as Hive and Spark write it.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
# Files that are looked into before rows of them are given; the wait for S3 is most of it.
_AT_ONCE = 16
Batches = Iterator[pa.RecordBatch]


class FileSet(ds.Dataset):  # type: ignore[misc]  # pyarrow has no types
    """The files of a table; those that a filter on partitions rules out are not opened."""

    def __init__(self, schema: pa.Schema, kind: Any, system: fs.FileSystem) -> None:
        """No call of the base: it is made for data sets that Arrow has itself."""
        self._schema, self._kind, self._system = schema, kind, system
        self._fragments: list[Any] = []

    @property
    def schema(self) -> pa.Schema:
        """Columns and partition keys with their declared types."""
        return self._schema

    def add(self, path: str, partition: ds.Expression) -> None:
        """Take in a file that stands in that partition."""
        self._fragments.append(
            self._kind.make_fragment(path, self._system, partition_expression=partition)
        )

    def scanner(
        self,
        columns: list[str] | None = None,
        filter: Any = None,  # noqa: A002 - the name that the caller gives it
        **options: Any,
    ) -> ds.Scanner:
        """Reads the columns of the rows that the filter leaves."""
        names = self._schema.names if columns is None else columns
        schema = pa.schema([self._schema.field(name) for name in names])
        return ds.Scanner.from_batches(
            self._batches(names, filter, options), schema=schema, **options
        )

    def _batches(self, names: list[str], condition: Any, options: dict[str, Any]) -> Batches:
        asked = {"columns": names, "filter": condition, **options}
        found = iter(self._whole(self._fragments).get_fragments(filter=condition))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := list(islice(found, _AT_ONCE)):
                own = list(zip(some, pool.map(self._own, some), strict=True))
                alike = self._whole([fragment for fragment, given in own if given is None])
                yield from alike.scanner(**asked).to_batches()
                for given in (given for _, given in own if given is not None):
                    others = ds.Scanner.from_batches(given, schema=self._schema, **asked)
                    yield from others.to_batches()

    def _whole(self, fragments: list[Any]) -> ds.FileSystemDataset:
        return ds.FileSystemDataset(fragments, self._schema, self._kind, self._system)

    def _own(self, fragment: Any) -> Batches | None:
        """All rows of a file with other names than the catalog's; None of one with the same."""
        if isinstance(self._kind, ds.CsvFileFormat):
            return None  # columns by their places
        own = own_names(self._schema, fragment.physical_schema)
        return None if own == self._schema else renamed(fragment, own, self._schema)


def renamed(fragment: Any, own: pa.Schema, schema: pa.Schema) -> Batches:
    """The rows of a file that is read by its own names."""
    for batch in fragment.scanner(schema=own).to_batches():
        arrays = [
            array if array.type == field.type else array.view(field.type)
            for array, field in zip(batch.columns, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def own_names(schema: pa.Schema, physical: pa.Schema) -> pa.Schema:
    """The declared columns and types with the names that the file has for them."""
    return pa.schema(_own_fields(schema, physical))


def _own_fields(declared: Any, physical: Any) -> list[pa.Field]:
    exact = {field.name: field for field in physical}
    lower = {field.name.lower(): field for field in reversed(list(physical))}
    return [
        pa.field(found.name, _own_type(field.type, found.type)) if found else field
        for field in declared
        for found in [exact.get(field.name) or lower.get(field.name)]
    ]


def _own_type(declared: pa.DataType, physical: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(declared) and pa.types.is_struct(physical):
        return pa.struct(_own_fields(declared, physical))
    if pa.types.is_map(declared) and pa.types.is_map(physical):
        parts = ("key_type", "item_type")
        own = [_own_type(getattr(declared, part), getattr(physical, part)) for part in parts]
        return pa.map_(*own)
    if pa.types.is_list(declared) and hasattr(physical, "value_type"):
        return pa.list_(_own_type(declared.value_type, physical.value_type))
    return declared


def partition_of(keys: pa.Schema, folders: Sequence[str]) -> ds.Expression:
    """What the folders say of the partition keys: `key=value` by its name, others by their place.

    Raises:
        pa.ArrowInvalid: a value is not of its key's type.
    """
    named = {name.lower(): value for name, sign, value in map(_parts, folders) if sign}
    found = ds.scalar(True)
    for place, key in enumerate(keys):
        text = named.get(key.name, folders[place] if place < len(folders) else _NO_VALUE)
        field = ds.field(key.name)
        if text == _NO_VALUE:
            found &= field.is_null()
        else:
            found &= field == pa.scalar(unquote(text)).cast(key.type)
    return found


def _parts(folder: str) -> tuple[str, str, str]:
    return folder.partition("=")
