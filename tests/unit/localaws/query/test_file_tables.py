"""Tables of files: formats, partitions by folder, and what is opened of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from localaws.errors import LocalCloudError
from localaws.query.engine import run
from localaws.query.tables import TableEntry

ROWS = pa.table({"id": ["a", "b"], "cents": [1, 2]})
CSV = b"id;cents\na;1\nb;2\n"


def json_lines(file: Path) -> None:
    file.write_bytes(b'{"id": "a", "cents": 1, "more": [1]}\n{"id": "b", "cents": 2}\n')


WRITERS: dict[str, Callable[[Path], object]] = {
    "parquet": lambda file: pq.write_table(ROWS, file),
    "orc": lambda file: orc.write_table(ROWS, file),
    "json": json_lines,
    "csv": lambda file: file.write_bytes(CSV),
}


def entry(folder: Path, kind: str, key: str = "day") -> TableEntry:
    return TableEntry(
        "prices",
        kind,
        f"{folder}/",
        columns=(("id", "string"), ("cents", "bigint")),
        partition_keys=((key, "string"),),
        parameters={"delimiter": ";", "skip.header.line.count": "1"},
    )


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(("key", "folders"), [("day", ["day=1", "day=2"]), ("partition_0", "12")])
def test_only_the_folders_of_the_partition_are_opened(
    tmp_path: Path, kind: str, key: str, folders: list[str]
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
        WRITERS[kind](tmp_path / folder / f"f.{kind}")
    (tmp_path / folders[0] / "_SUCCESS").write_text("done")
    text = f"FROM prices SELECT id, cents, {key} WHERE {key} = '2' ORDER BY id"
    answer = run(text, {"prices": entry(tmp_path, kind, key)}, None)
    assert answer.rows == [("a", 1, "2"), ("b", 2, "2")]
    assert (answer.read[0].files, answer.read[0].of_files) == (1, 2)


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    (tmp_path / "day=1" / "f.csv.gz").write_bytes(gzip.compress(CSV))
    answer = run("SELECT sum(cents) FROM prices", {"prices": entry(tmp_path, "csv")}, None)
    assert answer.rows == [(3,)]


def test_a_value_that_the_declared_type_does_not_take_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    (tmp_path / "day=1" / "f.csv").write_text("id;cents\na;many\n")
    with pytest.raises(LocalCloudError, match=r"sql: .*many"):
        run("SELECT cents FROM prices", {"prices": entry(tmp_path, "csv")}, None)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("parquet", "table prices: no file is at"),
        ("gate-log", "classification 'gate-log'; tables are of delta, dynamodb, parquet"),
        ("", "classification ''"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, kind: str, message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        run("FROM prices", {"prices": entry(tmp_path, kind)}, None)
