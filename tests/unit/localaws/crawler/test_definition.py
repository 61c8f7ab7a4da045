"""Definitions of crawlers: what they mean, and what is refused before anything is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.crawler.definition import DynamoTarget, S3Target, definition_of
from localaws.errors import LocalCloudError

S3 = {"S3Targets": [{"Path": "s3://b/raw/"}]}


def crawler(**overrides: Any) -> dict[str, Any]:
    return {"Name": "c", "DatabaseName": "d", "Targets": S3, **overrides}


def test_what_is_left_out_is_as_on_aws() -> None:
    found = definition_of(crawler())
    assert found.s3 == (S3Target("s3://b/raw"),)
    assert (found.update, found.delete) == ("UPDATE_IN_DATABASE", "DEPRECATE_IN_DATABASE")
    assert (found.combine, found.level, found.prefix) == (False, None, "")


def test_targets_and_policies_are_taken_over() -> None:
    found = definition_of(
        crawler(
            TablePrefix="raw_",
            Classifiers=["one", "two"],
            Targets={
                "S3Targets": [{"Path": "s3://b/x", "Exclusions": ["*.tmp"], "SampleSize": 3}],
                "DynamoDBTargets": [{"Path": "orders", "scanAll": False}, {"Path": "products"}],
                "DeltaTargets": [{"DeltaTables": ["s3://b/lake/a/", "s3://b/lake/b"]}],
            },
            SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
        )
    )
    assert found.s3 == (S3Target("s3://b/x", ("*.tmp",), 3),)
    assert found.dynamodb == (DynamoTarget("orders", False), DynamoTarget("products", True))
    assert found.delta == ("s3://b/lake/a", "s3://b/lake/b")
    assert (found.update, found.delete) == ("LOG", "LOG")


def test_the_configuration_says_how_tables_are_made() -> None:
    text = {
        "Version": 1.0,
        "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}},
        "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas",
                     "TableLevelConfiguration": 3},
    }  # fmt: skip
    found = definition_of(crawler(Configuration=json.dumps(text)))
    assert (found.update, found.combine, found.level) == ("MERGE_NEW_COLUMNS", True, 3)


def test_a_crawl_of_new_folders_only_changes_nothing_that_is_there() -> None:
    policy = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    found = definition_of(crawler(RecrawlPolicy=policy))
    assert (found.update, found.delete) == ("LOG", "LOG")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"Targets": {}}, "targets none; those that are crawled here are S3Targets"),
        ({"Targets": {"JdbcTargets": [{"Path": "x"}]}}, r"targets \['JdbcTargets'\]"),
        ({"Targets": {"S3Targets": [{"Path": "b/x"}]}}, "S3 path 'b/x'; write s3://"),
        ({"Targets": {"S3Targets": [{"Path": "s3://b", "Exclusions": ["[z-a]"]}]}}, "no glob"),
        ({"Targets": {**S3, "CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]}},
         "cannot be mixed"),
        ({"Targets": {"DeltaTargets": [{"DeltaTables": ["s3://b"], "WriteManifest": True}]}},
         "set CreateNativeDeltaTable"),
        ({"DatabaseName": ""}, "no DatabaseName"),
        ({"Configuration": "{"}, "Configuration is no JSON"),
        ({"SchemaChangePolicy": {"UpdateBehavior": "MERGE"}}, "UpdateBehavior 'MERGE'; use one of"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
    ],
)  # fmt: skip
def test_what_cannot_be_crawled_is_refused_with_what_can(
    overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(LocalCloudError, match=f"(?s)c.*{message}"):
        definition_of(crawler(**overrides))
