"""What the Data Catalog says of a table's data: rows, files and bytes, as crawlers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableInputTypeDef

# What UpdateTable takes of what GetTable gives.
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)


class FiguresError(RuntimeError):
    """Raised when a table of the Data Catalog cannot be read or changed; it is as it was."""


def publish(database: str, table: str, figures: Mapping[str, str]) -> bool:
    """Puts the figures among the table's parameters; False when they stand there already.

    Raises:
        FiguresError: there is no such table, or it may not be changed.
    """
    try:
        return _publish(database, table, figures)
    except (BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())
        raise FiguresError(f"Data Catalog table {database}.{table}: {reason}") from error


def _publish(database: str, table: str, figures: Mapping[str, str]) -> bool:
    client = boto3.client("glue")
    found: dict[str, Any] = dict(client.get_table(DatabaseName=database, Name=table)["Table"])
    before = found.get("Parameters", {})
    if before.items() >= figures.items():
        return False
    kept = {name: found[name] for name in _TABLE_INPUT if found.get(name)}
    wanted = {**kept, "Parameters": {**before, **figures}}
    # No version is kept of the table as it was: its schema is not another one.
    client.update_table(
        DatabaseName=database, TableInput=cast("TableInputTypeDef", wanted), SkipArchive=True
    )
    return True
