"""Script of set-up: does a little of what streaming jobs do, so that their classes are archived."""

import tempfile
from collections.abc import Iterable, Iterator

import pyarrow as pa
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import ApplyMapping, Join
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"


def _pass_on(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def main(folder: str) -> None:
    """Run one small stream through the usual operators."""
    glue = GlueContext()
    spark = glue.spark_session
    spark._jvm.java.lang.Class.forName(_S3A)  # type: ignore[union-attr] # noqa: SLF001
    spark.range(20).selectExpr("id", "to_json(struct(id)) text").write.parquet(f"{folder}/in")
    rows = spark.readStream.schema("id bigint, text string").parquet(f"{folder}/in")

    def process(batch: DataFrame, batch_id: int) -> None:
        parsed = batch.withColumn("parsed", F.from_json("text", "id bigint"))
        counted = parsed.groupBy("parsed.id").agg(F.count("*").alias("n"), F.max("text").alias("t"))
        kept = counted.mapInArrow(_pass_on, counted.schema)
        frame = DynamicFrame.fromDF(kept, glue, "frame")
        mapped = ApplyMapping.apply(frame, [("id", "long", "key", "string"), ("n", "n")])
        joined = Join.apply(mapped, frame, "n", "n").toDF().orderBy("n").limit(5)
        joined.drop(".n").write.mode("append").json(f"{folder}/out")
        joined.createOrReplaceTempView("joined")
        spark.sql("select count(*), max(key) from joined").collect()

    options = {"windowSize": "1 second", "checkpointLocation": f"{folder}/checkpoint"}
    glue.forEachBatch(rows, process, options)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="gluelocal-warmup-") as work:
        main(work)
