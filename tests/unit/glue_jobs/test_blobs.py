import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from glue_jobs import blobs
from glue_jobs.options import OptionError


def test_what_was_put_is_read_in_parts_and_replaced_whole(tmp_path: Path) -> None:
    path = f"{tmp_path}/folder/file"
    blobs.put(path, b"0123456789")
    assert blobs.get(path, 3, 4) == b"3456"

    blobs.put(path, b"another")
    assert blobs.get(path, 0, 7) == b"another"
    assert [each.name for each in (tmp_path / "folder").iterdir()] == ["file"]


def test_a_file_uri_is_the_path_in_it(tmp_path: Path) -> None:
    blobs.put(f"file://{tmp_path}/file", b"x")
    assert blobs.get(f"{tmp_path}/file", 0, 1) == b"x"


def test_a_file_that_is_shorter_than_what_was_written_is_told(tmp_path: Path) -> None:
    blobs.put(f"{tmp_path}/file", b"012")
    with pytest.raises(OSError, match="1 bytes from 2 on; 5 were written"):
        blobs.get(f"{tmp_path}/file", 2, 5)


def no_connection(**_: object) -> None:
    raise EndpointConnectionError(endpoint_url="http://nowhere")


def test_a_store_that_is_not_there_is_an_error_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(put_object=no_connection, get_object=no_connection)
    monkeypatch.setattr(blobs, "_client", lambda: client)
    with pytest.raises(OSError, match="s3://b/x: Could not connect"):
        blobs.put("s3://b/x", b"")
    with pytest.raises(OSError, match="s3://b/x: Could not connect"):
        blobs.get("s3://b/x", 0, 1)


@pytest.mark.parametrize("path", ["s3://b/x", "s3a://b/x/", "file:///x", "file:/x", "/x/y z"])
def test_where_tasks_find_what_spark_finds_a_checkpoint_may_be(path: str) -> None:
    blobs.check(path)


@pytest.mark.parametrize(
    "path", ["hdfs://nowhere/x", "relative/path", "s3://b/x//y", "/a#b", "/a?b", "/a%20b", "ftp:/x"]
)
def test_a_checkpoint_where_they_might_not_is_refused(path: str) -> None:
    with pytest.raises(OptionError, match=f"--checkpoint-path: found {re.escape(repr(path))}"):
        blobs.check(path)
