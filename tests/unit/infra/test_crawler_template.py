"""The crawler of the lake: what it looks at, and what it may do."""

from __future__ import annotations

from typing import Any

from catalog.registry import LAKE_TABLES
from infra.render import logical_name
from localaws.crawler.definition import definition_of

Resources = dict[str, dict[str, Any]]


def test_it_looks_at_every_table_of_the_lake(resources: Resources) -> None:
    crawler = resources["LakeCrawler"]["Properties"]
    (target,) = crawler["Targets"]["DeltaTargets"]
    assert [path["Fn::Sub"] for path in target["DeltaTables"]] == [
        f"s3://${{ArtefactBucket}}/lake/${{{logical_name(table, 'LakeTable')}}}/"
        for table in LAKE_TABLES
    ]


def test_it_is_one_that_the_local_crawler_runs(resources: Resources) -> None:
    crawler = resources["LakeCrawler"]["Properties"]
    (target,) = crawler["Targets"]["DeltaTargets"]
    paths = [path["Fn::Sub"] for path in target["DeltaTables"]]
    found = definition_of(
        {**crawler, "Targets": {"DeltaTargets": [{**target, "DeltaTables": paths}]}}
    )
    assert (found.update, found.delete) == ("UPDATE_IN_DATABASE", "LOG")
    assert len(found.delta) == len(LAKE_TABLES)


def test_it_may_read_the_lake_and_update_its_tables_alone(resources: Resources) -> None:
    (policy,) = resources["LakeCrawlerRole"]["Properties"]["Policies"]
    rights = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    assert rights["ReadLake"]["Action"] == "s3:GetObject"
    assert rights["UpdateTables"]["Action"] == [
        "glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:UpdateTable",
    ]  # fmt: skip
    tables = [each["Fn::Sub"].rpartition("/")[2] for each in rights["UpdateTables"]["Resource"]]
    assert tables[2:] == [f"${{{logical_name(table, 'LakeTable')}}}" for table in LAKE_TABLES]
