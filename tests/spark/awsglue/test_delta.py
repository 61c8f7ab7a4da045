"""Delta tables by the Data Catalog: read, read as they were, pruned by day, appended to."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from gluelocal.delta import check_session
from gluelocal.errors import DatalakeFormatError
from pyspark.sql import DataFrame, SparkSession

from catalog.columns import Column, Schema
from catalog.tables import LakeTable
from localaws.clients import Clients

FIRST, SECOND = dt.date(2026, 1, 1), dt.date(2026, 1, 2)
EVENT_DATE = Column("event_date", "date", "the partition", True)
EVENTS = LakeTable(
    name="events",
    comment="events of the test",
    partition_key="event_date",
    schema=Schema((Column("n", "bigint", "a number"), EVENT_DATE)),
)


@pytest.fixture
def database(cloud: Clients, spark: SparkSession, tmp_path: Path) -> Iterator[str]:
    """A database whose table `events` has version 0 with a row of the first day, then another."""
    name = f"lake_{uuid.uuid4().hex[:8]}"
    location = f"{tmp_path}/events/"
    cloud["glue"].create_database(DatabaseInput={"Name": name})
    cloud["glue"].create_table(DatabaseName=name, TableInput=EVENTS.to_table_input(location))
    for n, day in ((1, FIRST), (2, SECOND)):
        rows = spark.createDataFrame([(n, day)], "n long, event_date date")
        rows.write.format("delta").mode("append").partitionBy("event_date").save(location)
    yield name
    cloud["glue"].delete_database(Name=name)


def numbers(frame: DataFrame) -> list[Any]:
    return sorted(row.n for row in frame.collect())


def test_both_readers_give_the_rows_of_a_catalog_table(
    glue: GlueContext, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows = glue.create_data_frame.from_catalog(database=database, table_name="events")
    assert numbers(rows) == [1, 2]
    with caplog.at_level(logging.WARNING, "GlueLogger"):
        frame = glue.create_dynamic_frame.from_catalog(database=database, table_name="events")
    assert sorted(row.event_date for row in frame.toDF().collect()) == [FIRST, SECOND]
    assert "AWS documents" in caplog.text


def test_a_predicate_on_the_partition_reads_that_partition_alone(
    glue: GlueContext, database: str
) -> None:
    predicate = "event_date = '2026-01-02'"
    rows = glue.create_data_frame.from_catalog(
        database=database, table_name="events", push_down_predicate=predicate
    )
    assert numbers(rows) == [2]
    plan: Any = rows._jdf
    assert "PartitionFilters: [isnotnull(event_date" in plan.queryExecution().toString()
    frame = glue.create_dynamic_frame.from_catalog(
        database=database, table_name="events", push_down_predicate=predicate
    )
    assert numbers(frame.toDF()) == [2]


def test_a_version_is_read_as_it_was(glue: GlueContext, database: str) -> None:
    rows = glue.create_data_frame.from_catalog(
        database=database, table_name="events", additional_options={"versionAsOf": 0}
    )
    assert numbers(rows) == [1]


def test_rows_are_appended_by_the_catalog_and_by_path(
    glue: GlueContext, database: str, spark: SparkSession, tmp_path: Path
) -> None:
    more = spark.createDataFrame([(3, FIRST, "x")], "n long, event_date date, note string")
    glue.write_data_frame.from_catalog(
        frame=more, database=database, table_name="events",
        additional_options={"mergeSchema": True},
    )  # fmt: skip
    glue.write_dynamic_frame.from_options(
        frame=DynamicFrame.fromDF(more, glue, "more"),
        connection_type="s3",
        connection_options={"path": f"{tmp_path}/events/", "partitionKeys": ["event_date"]},
        format="delta",
    )
    rows = glue.create_data_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [f"{tmp_path}/events/"]},
        format="delta",
    )
    assert numbers(rows) == [1, 2, 3, 3]
    assert rows.columns == ["n", "event_date", "note"]


def test_a_session_without_delta_is_told_what_to_start_the_job_with(spark: SparkSession) -> None:
    plain = spark.newSession()
    plain.conf.set("spark.sql.catalog.spark_catalog", "")
    with pytest.raises(DatalakeFormatError, match=r"start the job with --conf spark\.sql\.cat"):
        check_session(plain)
