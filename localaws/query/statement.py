"""What a query asks for: one statement that reads, and the tables it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from localaws.errors import LocalCloudError


@dataclass(frozen=True)
class TableName:
    """A table as a query names it; `database` is empty where it names none."""

    database: str
    name: str


@dataclass(frozen=True)
class Statement:
    """A query and the tables that it reads; names of its own common table expressions too."""

    text: str
    tables: frozenset[TableName]


def parse(connection: duckdb.DuckDBPyConnection, text: str) -> Statement:
    """Parse a query without running it.

    Raises:
        LocalCloudError: it is no SQL, with the place; or it is not one statement that reads.
    """
    try:
        count = len(connection.extract_statements(text))
    except duckdb.Error as error:
        raise LocalCloudError(f"sql: {error}") from error
    if count != 1:
        raise LocalCloudError(f"sql: found {count} statements; write one SELECT")
    ((tree_text,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()
    tree = json.loads(tree_text)
    if tree["error"]:
        raise LocalCloudError(
            "sql: only statements that read are run: SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE;"
            " the tables are written by the jobs"
        )
    return Statement(text, frozenset(_tables(tree)))


def _tables(node: Any) -> Iterator[TableName]:
    if isinstance(node, list):
        for part in node:
            yield from _tables(part)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield TableName(node["schema_name"].lower(), node["table_name"].lower())
        elif node.get("function_name") == "query_table":
            yield from _constants(node.get("arguments"))
        elif node.get("show_type") == "SHOW_SPECIAL":
            raise LocalCloudError("sql: tables are listed by `clickstream sql --tables`")
        for part in node.values():
            yield from _tables(part)


def _constants(node: Any) -> Iterator[TableName]:
    """Tables that are named by texts: `query_table('clicks')`."""
    if isinstance(node, list):
        for part in node:
            yield from _constants(part)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            database, _, name = node["text"].lower().rpartition(".")
            yield TableName(database, name)
        for part in node.values():
            yield from _constants(part)
