"""Runs a query: DuckDB over the tables that it names, and nothing else of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.query.sources import Source, TableRead, open_table
from localaws.query.statement import Statement, parse
from localaws.query.tables import TableEntry

# Neither files nor extensions: a query reaches what is registered, and cannot change these.
_CONFIG: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}


@dataclass(frozen=True)
class Column:
    """A column of an answer with its DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True)
class Answer:
    """Rows of a query, and what was read for them.

    Attributes:
        more: whether there are rows beyond the limit.
        seconds: from the parsed query to the last row, the opening of the tables included.
    """

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    more: bool
    read: tuple[TableRead, ...]
    seconds: float


def run(
    text: str,
    tables: Mapping[str, TableEntry],
    clients: Clients | None,
    *,
    database: str = "",
    limit: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """The answer to a query, at most `limit` rows of it.

    Raises:
        LocalCloudError: it is no query, names a table that is not there, or a table cannot be read.
    """
    with _connected() as connection:
        statement = parse(connection, text)
        start = clock()
        sources = _register(connection, statement, tables, clients, database)
        try:
            columns, rows = _fetch(connection, text, limit)
        except duckdb.CatalogException as error:
            raise _unknown(error, statement, tables) from error
        read = tuple(source.read() for source in sources)
        more = limit is not None and len(rows) > limit
        return Answer(columns, rows[:limit], more, read, clock() - start)


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=_CONFIG) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _register(
    connection: duckdb.DuckDBPyConnection,
    statement: Statement,
    tables: Mapping[str, TableEntry],
    clients: Clients | None,
    database: str,
) -> list[Source]:
    """Give the connection each table that the query names; unknown names are left to DuckDB."""
    sources = []
    wanted = {t.name for t in statement.tables if t.database in ("", database)} & set(tables)
    for name in sorted(wanted):
        source = open_table(tables[name], clients)
        connection.register(name, source.data)
        sources.append(source)
    if database and wanted:
        connection.execute(f"CREATE SCHEMA {_quoted(database)}")
        for name in sorted(wanted):
            view = f"{_quoted(database)}.{_quoted(name)}"
            connection.execute(f"CREATE VIEW {view} AS FROM {_quoted(name)}")
    connection.execute("SET lock_configuration = true")
    _check_names(statement, tables, database)
    return sources


def _check_names(statement: Statement, tables: Mapping[str, TableEntry], database: str) -> None:
    """Refuse a database other than the one that was opened; its tables would not be found."""
    for table in statement.tables:
        if table.database not in ("", database, "information_schema", "pg_catalog"):
            raise LocalCloudError(
                f"sql: {table.database}.{table.name} is of another database;"
                f" this one is {database or 'a folder'}, choose with --database"
            )


def _fetch(
    connection: duckdb.DuckDBPyConnection, text: str, limit: int | None
) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
    try:
        result = connection.execute(text)
        columns = tuple(Column(str(d[0]), str(d[1])) for d in result.description or ())
        rows = result.fetchall() if limit is None else result.fetchmany(limit + 1)
    except duckdb.CatalogException:
        raise
    except duckdb.Error as error:
        # What was raised by a reader of files ends with its traceback.
        text = str(error).partition(" Detail: Python exception:")[0]
        raise LocalCloudError(f"sql: {text}") from error
    except (OSError, pa.ArrowException) as error:
        raise LocalCloudError(f"sql: a file of a table cannot be read: {error}") from error
    return columns, rows


def _unknown(
    error: duckdb.CatalogException, statement: Statement, tables: Mapping[str, TableEntry]
) -> LocalCloudError:
    """DuckDB's own suggestion for an unknown table is one of its own, so ours stands instead."""
    for table in statement.tables:
        if f"table with name {table.name} does not exist" in str(error).lower():
            place = str(error).partition("\n\n")[2]
            return LocalCloudError(
                f"sql: no table {table.name}; the tables are {', '.join(sorted(tables))}\n{place}"
            )
    return LocalCloudError(f"sql: {error}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
