"""Files of JSON: documents one after the other, each an object or an array of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from localaws.errors import LocalCloudError
from localaws.query.file_set import Batches, FileSet
from localaws.query.values import table_of

# The column that a crawler makes of documents that are no objects.
RECORD = "record"
_SPACE = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder(parse_float=Decimal)


class JsonFileSet(FileSet):
    """Arrow's reader takes a column of one type alone; here what a type does not take is counted.

    Attributes:
        unfit: by path, and there by column, values that are not of its type: they are null.
    """

    def __init__(self, schema: pa.Schema, system: fs.FileSystem) -> None:
        super().__init__(schema, ds.JsonFileFormat(), system)
        self.unfit: dict[str, Counter[str]] = {}

    def _own(self, fragment: Any) -> Batches:
        keys = ds.get_partition_keys(fragment.partition_expression)
        columns = pa.schema([field for field in self.schema if field.name not in keys])
        with self._system.open_input_stream(fragment.path, compression="detect") as file:
            found = records(file.read(), fragment.path, columns)
        table, self.unfit[fragment.path] = table_of(found, columns)
        for field in self.schema:
            if field.name in keys:
                value = pa.scalar(keys[field.name], field.type)
                table = table.append_column(field, pa.repeat(value, table.num_rows))
        yield from table.select(self.schema.names).to_batches()


def records(data: bytes, path: str, columns: pa.Schema) -> Iterator[Mapping[str, Any]]:
    """The records of a file: objects, and those in arrays unless a column takes the array whole.

    Raises:
        LocalCloudError: it is no JSON, or a record is no object.
    """
    try:
        for document in _documents(data.decode("utf-8-sig")):
            whole = RECORD in columns.names and not isinstance(document, dict)
            several = isinstance(document, list) and not whole
            for record in document if several else [document]:
                if not (whole or isinstance(record, dict)):
                    raise LocalCloudError(f"{path}: found {str(record)[:50]!r}, which is no object")
                yield {RECORD: record} if whole else record
    except (ValueError, RecursionError) as error:
        raise LocalCloudError(f"{path}: is no JSON: {error}") from error


def _documents(text: str) -> Iterator[Any]:
    place = 0
    while (place := _SPACE.match(text, place).end()) < len(text):  # type: ignore[union-attr]
        value, place = _DECODER.raw_decode(text, place)
        yield value
