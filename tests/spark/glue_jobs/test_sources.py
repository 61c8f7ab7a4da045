from typing import Any

import boto3
import pytest

from catalog.registry import DATABASE
from catalog.streams import CLICKSTREAM
from glue_jobs.options import OptionError
from glue_jobs.price_candidates import Options
from glue_jobs.sources import declared_schema, kinesis_rows

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def described(cloud: str) -> Any:
    """`described({...})`: a catalog table `other` of the stream, with what differs."""
    client = boto3.client("glue")
    names = []

    def make(columns: list[dict[str, str]] | None = None, **parameters: str) -> str:
        table = CLICKSTREAM.to_table_input("arn:aws:kinesis:eu-west-1:000000000000:stream/s")
        table["Name"] = f"other{len(names)}"
        storage = table["StorageDescriptor"]
        storage["Columns"] = storage["Columns"] if columns is None else columns
        storage["Parameters"] = parameters or storage["Parameters"]
        client.create_table(DatabaseName=DATABASE, TableInput=table)
        names.append(table["Name"])
        return table["Name"]

    yield make
    for name in names:
        client.delete_table(DatabaseName=DATABASE, Name=name)


def test_the_schema_is_that_of_the_catalog(glue: Any, cloud: str) -> None:
    found = declared_schema(glue, DATABASE, CLICKSTREAM.name, CLICKSTREAM.schema)

    assert found == CLICKSTREAM.schema.struct_type()


def test_a_table_of_other_columns_is_refused_by_name(glue: Any, described: Any) -> None:
    columns = [
        {**c, "Type": "string"} if c["Name"] == "quantity" else c
        for c in CLICKSTREAM.schema.glue_columns()
        if c["Name"] != "user_id"
    ]

    with pytest.raises(
        OptionError,
        match=r"--table: clickstream\.other0: user_id is missing, not string; quantity is string",
    ):
        declared_schema(glue, DATABASE, described(columns), CLICKSTREAM.schema)


def test_a_table_that_is_no_stream_is_refused(glue: Any, described: Any) -> None:
    options = Options("job", "c", table=described(typeOfData="table"))

    with pytest.raises(OptionError, match=r"--table: clickstream\.other0 has \['typeOfData'\]"):
        kinesis_rows(glue, options)
