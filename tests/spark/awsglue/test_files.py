"""Files read and appended in the formats and with the options of Glue's S3 connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from gluelocal.errors import CatalogTableError, NotImplementedLocallyError

FrameOf = Callable[[list[dict[str, Any]]], DynamicFrame]


@pytest.mark.parametrize("file_format", ["json", "csv", "parquet", "glueparquet"])
def test_batches_are_appended_in_partition_folders_and_read_back(
    file_format: str, glue: GlueContext, frame_of: FrameOf, tmp_path: Path
) -> None:
    path = f"{tmp_path}/out/"
    options = {"path": path, "partitionKeys": ["day"]}
    for n in (1, 2):
        frame = frame_of([{"n": n, "day": "2026-01-01"}])
        glue.write_dynamic_frame.from_options(
            frame=frame, connection_type="s3", connection_options=options, format=file_format
        )
    assert (tmp_path / "out" / "day=2026-01-01").is_dir()
    read = glue.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [path]},
        format=file_format.removeprefix("glue"),
        format_options={"withHeader": True} if file_format == "csv" else {},
    )
    assert sorted(int(row.n) for row in read.toDF().collect()) == [1, 2]


def test_a_sink_writes_in_the_format_that_it_is_set_to(
    glue: GlueContext, frame_of: FrameOf, tmp_path: Path
) -> None:
    sink = glue.getSink(path=f"{tmp_path}/sink", connection_type="s3", compression="gzip")
    sink.setFormat("json")
    assert sink.writeFrame(frame_of([{"a": 1}])).name == "frame_errors"
    assert list((tmp_path / "sink").glob("*.json.gz"))


def test_what_a_sink_lacks_is_said_by_name(
    glue: GlueContext, frame_of: FrameOf, tmp_path: Path
) -> None:
    with pytest.raises(CatalogTableError, match="path is missing"):
        frame_of([{"a": 1}]).write("s3", {}, "json")
    with pytest.raises(NotImplementedLocallyError, match="found 'avro'"):
        frame_of([{"a": 1}]).write("s3", {"path": str(tmp_path)}, "avro")
    sink = glue.getSink(path=str(tmp_path), connection_type="s3", enableUpdateCatalog=True)
    with pytest.raises(NotImplementedLocallyError, match="enableUpdateCatalog"):
        sink.setCatalogInfo(catalogDatabase="d", catalogTableName="t")
