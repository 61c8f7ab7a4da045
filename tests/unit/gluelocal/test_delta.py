"""Delta tables of the catalog are known by any of their marks, and have one path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gluelocal.connectors import catalog_read_options, catalog_write_options
from gluelocal.datacatalog import from_definition
from gluelocal.delta import _delta_options, _path, check_session
from gluelocal.errors import CatalogTableError, DatalakeFormatError


def table(parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "Name": "clicks",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": "event_date", "Type": "date"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "n", "Type": "bigint"}],
            "Location": "s3://b/lake/clicks/",
        },
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"classification": "delta"},
        {"classification": "parquet", "spark.sql.sources.provider": "delta"},
        {"table_type": "DELTA"},
    ],
    ids=["crawled", "made by Spark", "made by Athena"],
)
def test_any_mark_of_a_delta_table_makes_it_one(parameters: dict[str, str]) -> None:
    found = from_definition("db", table(parameters))
    assert (found.kind, found.classification) == ("s3", "delta")
    connection = catalog_read_options(found, {"versionAsOf": 3})
    assert connection == ("s3", {"paths": ["s3://b/lake/clicks/"], "versionAsOf": 3}, "delta")
    written = catalog_write_options(found, {"mergeSchema": True})
    assert written[1]["partitionKeys"] == ["event_date"]


def test_what_is_not_glues_own_goes_to_delta_as_it_is() -> None:
    given = {"path": "p", "partitionKeys": ["d"], "versionAsOf": 3, "mergeSchema": True}
    assert _delta_options(given) == {"versionAsOf": 3, "mergeSchema": True}


@pytest.mark.parametrize("options", [{}, {"paths": ["a", "b"]}], ids=["none", "two"])
def test_a_delta_table_has_one_path(options: dict[str, Any]) -> None:
    with pytest.raises(CatalogTableError, match="a Delta table has one, name its folder"):
        _path(options)


def test_a_job_without_the_jars_is_told_which_option_gives_them() -> None:
    loader = SimpleNamespace(getResource=lambda name: None)
    thread = SimpleNamespace(getContextClassLoader=lambda: loader)
    lang = SimpleNamespace(Thread=SimpleNamespace(currentThread=lambda: thread))
    session: Any = SimpleNamespace(_jvm=SimpleNamespace(java=SimpleNamespace(lang=lang)))
    with pytest.raises(DatalakeFormatError, match="--datalake-formats delta"):
        check_session(session)
