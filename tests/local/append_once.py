"""A driver of the tests: one row more for each of some Delta tables, in one commit each."""

import sys

from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

options = getResolvedOptions(sys.argv, ["tables", "value"])
spark = SparkSession.builder.getOrCreate()
rows = spark.createDataFrame([(options["value"],)], "value string").coalesce(1)
for table in options["tables"].split(","):
    rows.write.format("delta").mode("append").save(table)
