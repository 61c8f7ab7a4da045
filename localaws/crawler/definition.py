"""A crawler as its definition says, checked before anything is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from localaws.crawler.globs import excluder
from localaws.errors import LocalCloudError

Update = Literal["UPDATE_IN_DATABASE", "LOG", "MERGE_NEW_COLUMNS"]
Delete = Literal["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"]
_TARGETS = ("S3Targets", "DynamoDBTargets", "DeltaTargets", "CatalogTargets")
_UPDATES = ("UPDATE_IN_DATABASE", "LOG")
_DELETES = ("DEPRECATE_IN_DATABASE", "DELETE_FROM_DATABASE", "LOG")
_RECRAWLS = ("CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY")


@dataclass(frozen=True)
class S3Target:
    """A path on S3; `sample` is how many files of each last folder are read, None for all."""

    path: str
    exclusions: tuple[str, ...] = ()
    sample: int | None = None


@dataclass(frozen=True)
class DynamoTarget:
    """A DynamoDB table; `scan_all` reads every item, otherwise the first megabyte of them."""

    table: str
    scan_all: bool = True


@dataclass(frozen=True)
class Definition:
    """What a crawler is told.

    Attributes:
        catalog_tables: database and name of tables whose stores are crawled.
        combine: compatible schemas below an S3 path are of one table.
        level: level of tables counted from the bucket, which is 1.
    """

    name: str
    database: str
    prefix: str = ""
    s3: tuple[S3Target, ...] = ()
    dynamodb: tuple[DynamoTarget, ...] = ()
    delta: tuple[str, ...] = ()
    catalog_tables: tuple[tuple[str, str], ...] = ()
    classifiers: tuple[str, ...] = ()
    update: Update = "UPDATE_IN_DATABASE"
    delete: Delete = "DEPRECATE_IN_DATABASE"
    combine: bool = False
    level: int | None = None


def definition_of(crawler: Mapping[str, Any]) -> Definition:
    """The definition in a `GetCrawler` answer.

    Raises:
        LocalCloudError: a target or an option is one that is not run here, or is not allowed.
    """
    name, targets = crawler["Name"], crawler.get("Targets") or {}
    _check_targets(name, targets)
    options = _configuration(name, crawler.get("Configuration"))
    policy = crawler.get("SchemaChangePolicy") or {}
    new_only = _recrawl(name, crawler.get("RecrawlPolicy") or {}) == "CRAWL_NEW_FOLDERS_ONLY"
    update = _one_of(name, "UpdateBehavior", policy.get("UpdateBehavior"), _UPDATES)
    delete = _one_of(name, "DeleteBehavior", policy.get("DeleteBehavior"), _DELETES)
    merge = options.get("tables") == "MergeNewColumns"
    return Definition(
        name=name,
        database=_database(name, crawler, targets),
        prefix=crawler.get("TablePrefix") or "",
        s3=tuple(_s3(name, target) for target in targets.get("S3Targets") or ()),
        dynamodb=tuple(_dynamodb(target) for target in targets.get("DynamoDBTargets") or ()),
        delta=tuple(_delta(name, targets.get("DeltaTargets") or ())),
        catalog_tables=tuple(
            (target["DatabaseName"], table)
            for target in targets.get("CatalogTargets") or ()
            for table in target["Tables"]
        ),
        classifiers=tuple(crawler.get("Classifiers") or ()),
        update="LOG" if new_only else "MERGE_NEW_COLUMNS" if merge else update,  # type: ignore[arg-type]
        delete="LOG" if new_only else delete,  # type: ignore[arg-type]
        combine=options.get("grouping") == "CombineCompatibleSchemas",
        level=options.get("level"),
    )


def _check_targets(name: str, targets: Mapping[str, Any]) -> None:
    given = [kind for kind, found in targets.items() if found]
    unknown = sorted(set(given) - set(_TARGETS))
    if unknown or not given:
        raise LocalCloudError(
            f"crawler {name}: targets {unknown or 'none'}; those that are crawled here are"
            f" {', '.join(_TARGETS)}"
        )
    if "CatalogTargets" in given and len(given) > 1:
        raise LocalCloudError(
            f"crawler {name}: tables of the catalog cannot be mixed with other targets"
        )


def _database(name: str, crawler: Mapping[str, Any], targets: Mapping[str, Any]) -> str:
    found = crawler.get("DatabaseName") or ""
    if not found and not targets.get("CatalogTargets"):
        raise LocalCloudError(f"crawler {name}: no DatabaseName; name where its tables go")
    return str(found)


def _s3(name: str, target: Mapping[str, Any]) -> S3Target:
    path = str(target.get("Path") or "")
    if not path.startswith(("s3://", "s3a://")):
        raise LocalCloudError(f"crawler {name}: S3 path {path!r}; write s3://bucket/folder/")
    exclusions = tuple(target.get("Exclusions") or ())
    excluder(exclusions)
    return S3Target(path.rstrip("/"), exclusions, target.get("SampleSize"))


def _dynamodb(target: Mapping[str, Any]) -> DynamoTarget:
    scan_all = target.get("scanAll", target.get("ScanAll", True))
    return DynamoTarget(target["Path"], str(scan_all).lower() != "false")


def _delta(name: str, targets: Any) -> list[str]:
    for target in targets:
        if str(target.get("WriteManifest", False)).lower() == "true":
            raise LocalCloudError(
                f"crawler {name}: WriteManifest is true; set CreateNativeDeltaTable instead,"
                " readers of manifests are not served here"
            )
    return [path.rstrip("/") for target in targets for path in target.get("DeltaTables") or ()]


def _recrawl(name: str, policy: Mapping[str, Any]) -> str:
    return _one_of(name, "RecrawlBehavior", policy.get("RecrawlBehavior"), _RECRAWLS)


def _one_of(name: str, option: str, found: str | None, allowed: tuple[str, ...]) -> str:
    """The value, or the first that is allowed where there is none."""
    if found and found not in allowed:
        raise LocalCloudError(
            f"crawler {name}: {option} {found!r}; use one of {', '.join(allowed)}"
        )
    return found or allowed[0]


def _configuration(name: str, text: str | None) -> dict[str, Any]:
    """What of the JSON in `Configuration` decides something here."""
    try:
        given = json.loads(text or "{}")
    except ValueError as error:
        raise LocalCloudError(f"crawler {name}: Configuration is no JSON: {error}") from error
    grouping, output = given.get("Grouping") or {}, given.get("CrawlerOutput") or {}
    return {
        "grouping": grouping.get("TableGroupingPolicy"),
        "level": grouping.get("TableLevelConfiguration"),
        "tables": (output.get("Tables") or {}).get("AddOrUpdateBehavior"),
    }
