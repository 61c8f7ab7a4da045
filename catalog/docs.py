"""`docs/tables.md` from the contracts: `python -m catalog.docs > docs/tables.md`."""

from __future__ import annotations

from catalog.columns import Schema
from catalog.registry import DATABASE, LAKE_PREFIX, LAKE_TABLES, STREAMS, TABLES
from catalog.tables import DynamoTable, LakeTable, Stream

_HEAD = f"""# Streams and tables

Generated from `catalog/` by `make docs`; a test holds it to the code.
Every one of them is also a table of the Data Catalog database `{DATABASE}`.
Money is integer minor units (`_cents`); times are UTC.
"""


def render() -> str:
    """The whole page as Markdown."""
    described = [
        *(_stream(stream) for stream in STREAMS),
        *(_table(table) for table in TABLES),
        *(_lake_table(table) for table in LAKE_TABLES),
    ]
    return "\n".join([_HEAD, *described])


def _stream(stream: Stream) -> str:
    keys = f"Kinesis stream, JSON records, partition key `{stream.partition_key}`."
    return _section(stream.name, stream.comment, keys, stream.schema)


def _table(table: DynamoTable) -> str:
    lines = [f"DynamoDB table, key {_keys(table.keys)}."]
    lines += [f"Index `{index.name}`: {_keys(index.keys)}." for index in table.indexes]
    if table.stream_view:
        lines.append(f"Stream: `{table.stream_view}`.")
    if table.ttl:
        lines.append(f"Time to live: `{table.ttl}`.")
    return _section(table.name, table.comment, "\n".join(lines), table.schema)


def _lake_table(table: LakeTable) -> str:
    place = f"Delta table in `{table.location(LAKE_PREFIX)}`, a folder each `{table.partition_key}`"
    return _section(
        table.name,
        table.comment,
        f"{place}, ordered by {_keys(table.cluster_by)} inside.",
        table.schema,
    )


def _keys(keys: tuple[str, ...]) -> str:
    return " + ".join(f"`{key}`" for key in keys)


def _section(name: str, comment: str, keys: str, schema: Schema) -> str:
    rows = [
        f"| `{c.name}` | `{c.type}` | {'yes' if c.required else ''} | {c.comment} |" for c in schema
    ]
    return "\n".join(
        [
            f"## {name}\n\n{comment}.\n\n{keys}\n",
            "| column | type | always there | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    print(render(), end="")
