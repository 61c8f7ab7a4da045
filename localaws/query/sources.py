"""A table as DuckDB takes it: an Arrow data set that is read when asked, or scanned items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from pyarrow import csv, fs

from localaws import tables as dynamodb
from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.hive_arrow import arrow_type
from localaws.query.file_set import FileSet, partition_of
from localaws.query.files import ReadFiles, file_system, storage_options
from localaws.query.json_files import JsonFileSet
from localaws.query.tables import DELTA, DYNAMODB, STREAM, TableEntry
from localaws.query.values import table_of

_FILE_FORMATS = ("parquet", "orc", "csv", "json")


class NoDeltaTableError(LocalCloudError):
    """Raised when no Delta table is at a location, or not yet."""


@dataclass(frozen=True)
class TableRead:
    """What a query has read of a table: files and their sizes in bytes, or items.

    Attributes:
        unfit: by column, values that are not of its type and were taken as null.
    """

    table: str
    files: int = 0
    of_files: int = 0
    bytes: int = 0
    of_bytes: int = 0
    items: int = 0
    unfit: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Source:
    """A table's data, and what has been read of it by now."""

    data: Any
    read: Callable[[], TableRead]


def open_table(entry: TableEntry, clients: Clients | None) -> Source:
    """Make the table readable; files are read by the query, items here.

    Raises:
        LocalCloudError: it cannot be: nothing is there, or it is of a kind that has no rows.
    """
    if entry.format == DELTA:
        return _delta(entry, clients)
    if entry.format == DYNAMODB and clients is not None:
        return _items(entry, clients)
    if entry.format in _FILE_FORMATS:
        return _files(entry, clients)
    if entry.format == STREAM:
        raise LocalCloudError(
            f"table {entry.name}: is a stream, which holds no rows; query a table that a job"
            " writes from it, `clickstream sql --tables` shows them"
        )
    raise LocalCloudError(
        f"table {entry.name}: classification {entry.format!r}; tables are of"
        f" {DELTA}, {DYNAMODB}, {', '.join(_FILE_FORMATS)}"
    )


def delta_table(location: str, clients: Clients | None) -> DeltaTable:
    """The Delta table at a location, `s3://...` or a folder, as it stands now.

    Raises:
        NoDeltaTableError: there is none.
        LocalCloudError: it cannot be read.
    """
    options = storage_options(clients) if clients and "://" in location else None
    try:
        return DeltaTable(location.replace("s3a://", "s3://"), storage_options=options)
    except TableNotFoundError as error:
        raise NoDeltaTableError(f"{location}: no Delta table is there yet") from error
    except (DeltaError, OSError) as error:
        raise LocalCloudError(f"{location}: the Delta table cannot be read: {error}") from error


def _delta(entry: TableEntry, clients: Clients | None) -> Source:
    table = delta_table(entry.location, clients)
    inner, path = file_system(entry.location, clients)
    files = ReadFiles(fs.SubTreeFileSystem(path, inner))
    try:
        data = table.to_pyarrow_dataset(filesystem=fs.PyFileSystem(files))
    except DeltaError as error:
        raise LocalCloudError(f"table {entry.name}: cannot be read: {error}") from error
    sizes = [int(size) for size in table.get_add_actions().column("size_bytes").to_pylist()]
    return _counted(entry.name, data, files, sizes)


def _files(entry: TableEntry, clients: Clients | None) -> Source:
    inner, path = file_system(entry.location, clients)
    found = [
        info
        for info in inner.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
        if info.is_file and info.size and not info.base_name.startswith(("_", "."))
    ]
    if not found:
        raise LocalCloudError(f"table {entry.name}: no file is at {entry.location}")
    files = ReadFiles(inner)
    data = _file_set(entry, fs.PyFileSystem(files))
    keys = _schema(entry.partition_keys)
    for info in found:
        folders = info.path.removeprefix(path).strip("/").split("/")[:-1]
        data.add(info.path, _partition(entry, keys, folders))
    return _counted(entry.name, data, files, [info.size for info in found])


def _partition(entry: TableEntry, keys: pa.Schema, folders: list[str]) -> ds.Expression:
    try:
        return partition_of(keys, folders)
    except pa.ArrowInvalid as error:
        place = "/".join(folders)
        raise LocalCloudError(f"table {entry.name}: folder {place}: {error}") from error


def _counted(name: str, data: ds.Dataset, files: ReadFiles, sizes: list[int]) -> Source:
    def read() -> TableRead:
        opened = files.opened
        found = data.unfit.values() if isinstance(data, JsonFileSet) else ()
        unfit = sum(found, Counter()) if found else None
        sums = sum(opened.values()), sum(sizes)
        return TableRead(name, len(opened), len(sizes), *sums, unfit=unfit)

    return Source(data, read)


def _file_set(entry: TableEntry, system: fs.FileSystem) -> FileSet:
    schema = _schema((*entry.columns, *entry.partition_keys))
    if entry.format == "json":
        return JsonFileSet(schema, system)
    kinds = {"parquet": ds.ParquetFileFormat, "orc": ds.OrcFileFormat}
    kind = _csv_format(entry) if entry.format == "csv" else kinds[entry.format]()
    return FileSet(schema, kind, system)


def _csv_format(entry: TableEntry) -> ds.CsvFileFormat:
    parameters = entry.parameters or {}
    schema = _schema(entry.columns)
    delimiter = parameters.get("delimiter") or parameters.get("field.delim") or ","
    return ds.CsvFileFormat(
        parse_options=csv.ParseOptions(delimiter=delimiter),
        read_options=csv.ReadOptions(
            column_names=schema.names,
            skip_rows=int(parameters.get("skip.header.line.count", 0)),
        ),
        # Hive's null; by Arrow's own list a text such as NA would be one too.
        convert_options=csv.ConvertOptions(
            column_types=schema, strings_can_be_null=True, null_values=["\\N", ""]
        ),
    )


def _schema(columns: tuple[tuple[str, str], ...]) -> pa.Schema:
    return pa.schema([(name, arrow_type(kind)) for name, kind in columns])


def _items(entry: TableEntry, clients: Clients) -> Source:
    with dynamodb.readable(clients, entry.dynamodb_table):
        items = dynamodb.scan(clients, entry.dynamodb_table)
        data, unfit = table_of(items, _schema(entry.columns))
    return Source(data, lambda: TableRead(entry.name, items=data.num_rows, unfit=unfit))
