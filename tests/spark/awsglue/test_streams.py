"""Shapes of streaming frames, records out of a batch's JSON, and the batch's own session."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import ApplyMapping
from gluelocal import kinesis
from gluelocal.datacatalog import from_definition
from gluelocal.errors import CatalogTableError, NotImplementedLocallyError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from localaws.clients import Clients
from tests.spark.versions import needs_python_data_source

pytestmark = needs_python_data_source

RAW = "$json$data_infer_schema$_temporary$"
STREAM = {"streamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "classification": "json"}
SCHEMA = (
    T.StructType()
    .add("user_id", T.StringType())
    .add("n", T.LongType())
    .add("tags", T.ArrayType(T.StringType()))
)


def batch_of(spark: SparkSession, *texts: str) -> DataFrame:
    """A micro-batch as schema detection gives it."""
    return spark.createDataFrame([(text,) for text in texts], T.StructType().add(RAW, "string"))


def rows(frame: DynamicFrame) -> list[dict[str, Any]]:
    return [row.asDict(recursive=True) for row in frame.toDF().collect()]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"inferSchema": "true"}, [RAW]),
        ({"inferSchema": True, "schema": "a STRING"}, [RAW]),
        ({"schema": "`a` STRING, `B` INT"}, ["a", "B"]),
        ({"schema": "a STRING", "addRecordTimestamp": "true"}, ["a", "__src_timestamp"]),
        ({"inferSchema": "true", "addRecordTimestamp": True}, [RAW, "__src_timestamp"]),
    ],
)
def test_a_stream_from_options_has_the_shape_that_they_ask_for(
    options: dict[str, Any], columns: list[str], glue: GlueContext
) -> None:
    frame = glue.create_data_frame.from_options(
        connection_type="kinesis",
        connection_options={"typeOfData": "kinesis", **STREAM, **options},
    )
    assert frame.isStreaming
    assert frame.columns == columns


def test_a_stream_from_the_catalog_has_the_tables_columns(
    glue: GlueContext, cloud: Clients
) -> None:
    cloud["glue"].create_database(DatabaseInput={"Name": "shop"})
    columns = [{"Name": "user_id", "Type": "string"}, {"Name": "cost", "Type": "decimal(8,2)"}]
    for name, given in (("clicks", columns), ("detected", [])):
        storage = {"Columns": given, "Parameters": {"typeOfData": "kinesis", **STREAM}}
        table = {"Name": name, "StorageDescriptor": storage}
        cloud["glue"].create_table(DatabaseName="shop", TableInput=table)
    expected = T.StructType().add("user_id", "string").add("cost", T.DecimalType(8, 2))
    assert glue.get_catalog_schema_as_spark_schema("shop", "clicks") == expected
    options = {"startingPosition": "TRIM_HORIZON", "inferSchema": "false"}
    declared = glue.create_data_frame.from_catalog(
        database="shop", table_name="clicks", additional_options=options
    )
    assert declared.schema == expected
    detected = glue.create_data_frame.from_catalog(name_space="shop", table_name="detected")
    assert detected.columns == [RAW]
    with pytest.raises(CatalogTableError, match=r"shop\.nothing: "):
        glue.create_data_frame.from_catalog(database="shop", table_name="nothing")


def test_a_table_that_names_no_stream_is_refused(spark: SparkSession) -> None:
    storage = {"Parameters": {"typeOfData": "kinesis"}}
    table = from_definition("db", {"Name": "t", "StorageDescriptor": storage})
    with pytest.raises(CatalogTableError, match=r"db\.t: names no stream; set streamARN"):
        kinesis.read_table(spark, table, {})


def test_declared_columns_are_parsed_and_bad_bodies_are_rows_of_nulls(spark: SparkSession) -> None:
    bodies = [
        b'{"User_Id": "u1", "n": 5, "more": 1, "tags": ["A"]}',
        gzip.compress(b'{"user_id": "packed", "n": 1}'),
        b'{"user_id": "u2", "n": "many"}',
        b"{broken",
        b"\xff\xfe\xfd",
    ]
    data = spark.createDataFrame([(bytearray(body),) for body in bodies], "data binary")
    parsed = data.select(kinesis._parse({}, SCHEMA).alias("p")).select("p.*")
    assert [tuple(row) for row in parsed.collect()] == [
        ("u1", 5, ["A"]),
        ("packed", 1, None),
        ("u2", None, None),
        (None, None, None),
        (None, None, None),
    ]


def test_csv_bodies_are_cut_at_the_delimiter(spark: SparkSession) -> None:
    data = spark.createDataFrame([(bytearray(b"u1;5"),)], "data binary")
    schema = T.StructType.fromDDL("user_id STRING, n BIGINT")
    options = {"classification": "csv", "delimiter": ";"}
    ((row),) = data.select(kinesis._parse(options, schema).alias("p")).select("p.*").collect()
    assert tuple(row) == ("u1", 5)


def test_what_is_not_parsed_here_is_said_by_name(glue: GlueContext) -> None:
    avro = {**STREAM, "schema": '{"type": "record"}'}
    with pytest.raises(NotImplementedLocallyError, match="an Avro schema"):
        glue.create_data_frame.from_options("kinesis", avro)
    with pytest.raises(NotImplementedLocallyError, match=r"json and csv \(found 'grok'\)"):
        glue.create_data_frame.from_options(
            "kinesis", {**STREAM, "classification": "grok", "schema": "a STRING"}
        )
    with pytest.raises(NotImplementedLocallyError, match="found 'redshift'"):
        glue.create_dynamic_frame.from_options("redshift", {})


def test_from_df_makes_records_of_json_with_sorted_fields_before_other_columns(
    spark: SparkSession, glue: GlueContext
) -> None:
    batch = batch_of(spark, '{"b": 1, "a": {"y": true}}', '{"c": [1, 2]}').withColumn(
        "ingest_year", F.lit("2026")
    )
    frame = DynamicFrame.fromDF(dataframe=batch, glue_ctx=glue, name="batch")
    assert rows(frame) == [
        {"a": {"y": True}, "b": 1, "c": None, "ingest_year": "2026"},
        {"a": None, "b": None, "c": [1, 2], "ingest_year": "2026"},
    ]


def test_mixed_types_in_a_batch_are_a_choice_and_lose_nothing(
    spark: SparkSession, glue: GlueContext
) -> None:
    frame = DynamicFrame.fromDF(batch_of(spark, '{"n": 1}', '{"n": "x"}', '{"n": 2.5}'), glue, "b")
    assert frame.schema().treeString().splitlines()[1] == "|-- n: choice"
    assert [row["n"] for row in rows(frame.resolveChoice(specs=[("n", "cast:string")]))] == [
        "1", "x", "2.5",
    ]  # fmt: skip


def test_text_that_is_no_object_is_an_error_record(spark: SparkSession, glue: GlueContext) -> None:
    frame = DynamicFrame.fromDF(batch_of(spark, '{"a": 1}', "garbage", "[1]", '{"a": '), glue, "b")
    assert rows(frame) == [{"a": 1}]
    assert (frame.count(), frame.errorsCount()) == (1, 3)
    inputs = {row["error"]["input"] for row in rows(frame.errorsAsDynamicFrame())}
    assert inputs == {"garbage", "[1]", '{"a": '}


def test_a_batch_of_garbage_alone_is_an_empty_frame(spark: SparkSession, glue: GlueContext) -> None:
    frame = DynamicFrame.fromDF(batch_of(spark, "garbage"), glue, "b")
    assert (rows(frame), frame.errorsCount()) == ([], 1)


def test_a_column_that_only_glue_would_have_may_be_mapped(
    spark: SparkSession, glue: GlueContext
) -> None:
    mappings = [
        ("a", "int", "a", "long"),
        ("$remove$record_timestamp$_temporary$", "timestamp", "$remove$", "timestamp"),
    ]
    frame = DynamicFrame.fromDF(batch_of(spark, '{"a": 1}'), glue, "b")
    assert rows(ApplyMapping.apply(frame=frame, mappings=mappings)) == [{"a": 1}]


def test_ingestion_time_is_added_as_padded_text_in_utc(
    spark: SparkSession, glue: GlueContext
) -> None:
    frame = glue.add_ingestion_time_columns(spark.range(1), "hour")
    assert frame.columns == ["id", "ingest_year", "ingest_month", "ingest_day", "ingest_hour"]
    row = frame.withColumn("now", F.current_timestamp()).collect()[0]
    assert "-".join(row[1:4]) == row.now.strftime("%Y-%m-%d")
    with pytest.raises(ValueError, match="found 'second'; use day, hour or minute"):
        glue.add_ingestion_time_columns(spark.range(1), "second")


def test_a_view_of_a_micro_batch_is_found_by_the_jobs_own_session(
    spark: SparkSession, glue: GlueContext, tmp_path: Path
) -> None:
    spark.range(3).write.parquet(f"{tmp_path}/in")
    found: list[int] = []

    def process(batch: DataFrame, _batch_id: int) -> None:
        assert batch.sparkSession is not spark
        DynamicFrame.fromDF(batch, glue, "b").toDF().createOrReplaceTempView("batch_view")
        found.append(spark.sql("SELECT count(*) FROM batch_view").collect()[0][0])

    query = (
        spark.readStream.schema("id BIGINT").parquet(f"{tmp_path}/in")
        .writeStream.foreachBatch(process).trigger(availableNow=True)
        .option("checkpointLocation", f"{tmp_path}/checkpoint").start()
    )  # fmt: skip
    query.awaitTermination()
    assert found == [3]
