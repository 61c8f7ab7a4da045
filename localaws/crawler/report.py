"""Crawlers and their runs, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

_WRITTEN = ("created", "updated", "deprecated", "deleted")


def crawler_list(crawlers: Iterable[Mapping[str, Any]]) -> Table:
    """The crawlers, with what they look at."""
    table = Table(box=SIMPLE)
    for heading in ("crawler", "database", "looks at", "classifiers"):
        table.add_column(heading)
    for crawler in sorted(crawlers, key=lambda crawler: crawler["Name"]):
        targets = "\n".join(_targets(crawler.get("Targets") or {}))
        classifiers = ", ".join(crawler.get("Classifiers") or ()) or "built-in"
        row = (crawler["Name"], crawler.get("DatabaseName", ""), targets, classifiers)
        table.add_row(*map(escape, row))
    return table


def crawl_picture(run: Mapping[str, Any]) -> RenderableType:
    """A run: the tables, and what changed of them."""
    counts = [f"{_count(run, action)} {action}" for action in _WRITTEN if _count(run, action)]
    title = f"{run['crawler']}: {run['status']}, {', '.join(counts) or 'nothing to change'}"
    table = Table(box=SIMPLE)
    for heading in ("table", "", "changes"):
        table.add_column(heading)
    for change in run["changes"]:
        partitions = [f"{n:,} partitions {what}" for what, n in change["partitions"].items()]
        sentences = "\n".join([*change["columns"], *partitions])
        table.add_row(escape(change["table"]), change["action"], escape(sentences))
    error = [f"[red]{escape(run['error'])}[/]"] if run["error"] else []
    return Group(escape(title), table, *map(escape, run["notes"]), *error)


def counted(run: Mapping[str, Any]) -> dict[str, Any]:
    """The run under the names of Glue's `LastCrawl` and `CrawlerMetrics`, and its changes."""
    return {
        "Name": run["crawler"],
        "LastCrawl": {
            "Status": run["status"],
            "StartTime": run["started_at"],
            "EndTime": run["ended_at"],
            "ErrorMessage": run["error"],
        },
        "TablesCreated": _count(run, "created"),
        "TablesUpdated": _count(run, "updated"),
        "TablesDeleted": _count(run, "deleted"),
        "TablesDeprecated": _count(run, "deprecated"),
        "Changes": list(run["changes"]),
        "Notes": list(run["notes"]),
    }


def _count(run: Mapping[str, Any], action: str) -> int:
    return sum(change["action"] == action for change in run["changes"])


def _targets(targets: Mapping[str, Any]) -> list[str]:
    return [
        *(target["Path"] for target in targets.get("S3Targets") or ()),
        *(f"DynamoDB {target['Path']}" for target in targets.get("DynamoDBTargets") or ()),
        *(
            f"Delta {path}"
            for target in targets.get("DeltaTargets") or ()
            for path in target.get("DeltaTables") or ()
        ),
        *(
            f"table {target['DatabaseName']}.{table}"
            for target in targets.get("CatalogTargets") or ()
            for table in target["Tables"]
        ),
    ]
