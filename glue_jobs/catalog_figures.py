"""What the Data Catalog says of a table's data: rows, files and bytes, as crawlers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

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


# Somebody else, a crawler or a deployment, changed the table since it was read.
_CHANGED = "ConcurrentModificationException"


class FiguresError(RuntimeError):
    """Raised when a table of the Data Catalog cannot be read or changed; it is as it was."""


def publish(database: str, table: str, figures: Mapping[str, str]) -> bool:
    """Puts the figures among the table's parameters; False when they stand there already.

    Raises:
        FiguresError: there is no such table, or it may not be changed.
    """
    try:
        try:
            return _publish(database, table, figures)
        except ClientError as error:
            if error.response["Error"]["Code"] != _CHANGED:
                raise
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
    asked: dict[str, Any] = {"DatabaseName": database, "TableInput": wanted}
    # Refused when the table is not as it was read.
    asked |= {"VersionId": found["VersionId"]} if "VersionId" in found else {}
    # No version is kept of the table as it was: its schema is not another one.
    client.update_table(**asked, SkipArchive=True)
    return True
