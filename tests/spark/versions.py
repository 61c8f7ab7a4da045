"""Which Spark the tests run on: 4.1 as in Glue 6.0, or 3.5 as in Glue 5.1."""

from __future__ import annotations

import pyspark
import pytest

SPARK_4 = int(pyspark.__version__.split(".")[0]) >= 4

needs_python_data_source = pytest.mark.skipif(
    not SPARK_4, reason="streams come from a Python Data Source, which Spark 4 brought"
)
needs_try_cast = pytest.mark.skipif(
    not SPARK_4, reason="ApplyMapping here is made of Column.try_cast, which Spark 4 brought"
)
