"""What a crawl left in the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localaws.clients import Clients
from localaws.crawler.crawl import Crawl

Run = Callable[..., Crawl]


def table(emulator: Clients, name: str, found: str) -> dict[str, Any]:
    answer = emulator["glue"].get_table(DatabaseName=name.replace("-", "_"), Name=found)
    return dict(answer["Table"])


def columns(found: dict[str, Any]) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in found["StorageDescriptor"]["Columns"]}


def partitions(emulator: Clients, name: str, found: str) -> dict[tuple[str, ...], str]:
    answer = emulator["glue"].get_partitions(DatabaseName=name.replace("-", "_"), TableName=found)
    return {tuple(p["Values"]): p["StorageDescriptor"]["Location"] for p in answer["Partitions"]}


def actions(run: Crawl) -> dict[str, str]:
    return {change.table: change.action for change in run.changes}
