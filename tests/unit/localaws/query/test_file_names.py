"""Tables of files whose names have upper-case letters, and files of JSON of any shape."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from localaws.errors import LocalCloudError
from localaws.query.engine import Answer, run
from localaws.query.printing import footer, to_json
from localaws.query.tables import TableEntry

ITEM = pa.struct([("More", pa.int32()), ("skuId", pa.string()), ("Parts", pa.list_(
    pa.struct([("partNo", pa.int32())])))])  # fmt: skip
OWN = pa.table({"userId": ["a", "b"], "Item": pa.array(
    [{"More": 0, "skuId": "s", "Parts": [{"partNo": 5}]}, None], ITEM)})  # fmt: skip
COLUMNS = (
    ("userid", "string"),
    ("item", "struct<skuid:string,parts:array<struct<partno:bigint>>>"),
)


def ask(folder: Path, text: str, kind: str = "json", *, columns: Any = COLUMNS,
        keys: Any = (), **parameters: str) -> Answer:  # fmt: skip
    entry = TableEntry("t", kind, f"{folder}/", columns, keys, parameters)
    return run(text, {"t": entry}, None)


def write(kind: str, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    if kind == "json":
        file.write_text("\n".join(json.dumps(row) for row in OWN.to_pylist()))
    else:
        {"parquet": pq.write_table, "orc": orc.write_table}[kind](OWN, file)


@pytest.mark.parametrize("kind", ["parquet", "orc", "json"])
def test_a_file_is_read_by_its_own_names_and_folders_by_theirs(tmp_path: Path, kind: str) -> None:
    for day in (1, 2):
        write(kind, tmp_path / f"Day={day}" / f"f.{kind}")
    keys = (("day", "int"),)
    answer = ask(tmp_path, "FROM t WHERE day = 2 AND userid < 'c' ORDER BY userid", kind, keys=keys)
    item = {"skuid": "s", "parts": [{"partno": 5}]}
    assert answer.rows == [("a", item, 2), ("b", None, 2)]
    assert [column.name for column in answer.columns] == ["userid", "item", "day"]
    assert (answer.read[0].files, answer.read[0].of_files) == (1, 2)
    nested = ask(tmp_path, "SELECT item.skuid FROM t WHERE userid = 'a' AND day = 1", kind,
                 keys=keys)  # fmt: skip
    assert nested.rows == [("s",)]
    assert ask(tmp_path, "SELECT count(*) FROM t", kind, keys=keys).rows == [(4,)]


def test_files_of_either_name_are_one_table(tmp_path: Path) -> None:
    for n in range(40):
        name = "userId" if n % 3 else "userid"
        pq.write_table(pa.table({name: [f"u{n:02}"]}), tmp_path / f"{n}.parquet")
    answer = ask(tmp_path, "SELECT userid FROM t ORDER BY 1", "parquet",
                 columns=(("userid", "string"),))  # fmt: skip
    assert answer.rows == [(f"u{n:02}",) for n in range(40)]


def test_a_folder_without_a_value_and_one_of_another_type(tmp_path: Path) -> None:
    write("json", tmp_path / "day=__HIVE_DEFAULT_PARTITION__" / "f.json")
    text, keys = "SELECT DISTINCT day FROM t", (("day", "int"),)
    assert ask(tmp_path, text, keys=keys).rows == [(None,)]
    write("json", tmp_path / "day=x" / "f.json")
    with pytest.raises(LocalCloudError, match="table t: folder day=x: "):
        ask(tmp_path, text, keys=keys)


def test_words_that_mean_nothing_elsewhere_are_texts(tmp_path: Path) -> None:
    words = ["NA", "NULL", "nan", "null", "N/A"]
    (tmp_path / "f.csv").write_text("".join(f"{word},1\n" for word in [*words, "\\N", ""]))
    columns = (("word", "string"), ("n", "bigint"))
    found = ask(tmp_path, "SELECT word FROM t", "csv", columns=columns).rows
    assert found == [*((word,) for word in words), (None,), (None,)]


def test_values_of_several_types_are_the_text_of_a_string(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"V": 1, "n": 1}\n{"v": "x", "n": "many"}, {"v": [1.5]}')
    answer = ask(tmp_path, "SELECT v, n FROM t", columns=(("v", "string"), ("n", "bigint")))
    assert answer.rows == [("1", 1), ("x", None), ("[1.5]", None)]
    assert "t.n: 1 value not of its type, shown as null" in footer(answer)
    assert to_json(answer)["read"][0] | {"bytes": 0, "of_bytes": 0} == {
        "table": "t", "files": 1, "of_files": 1, "bytes": 0, "of_bytes": 0, "unfit": {"n": 1},
    }  # fmt: skip


def test_an_array_of_records_is_rows_unless_a_column_takes_it(tmp_path: Path) -> None:
    (tmp_path / "f.json.gz").write_bytes(gzip.compress(b'[{"n": 1}, {"n": 2}]\n[{"n": 3}]'))
    assert ask(tmp_path, "SELECT n FROM t", columns=(("n", "int"),)).rows == [(1,), (2,), (3,)]
    whole = (("record", "array<struct<n:int>>"),)
    assert ask(tmp_path, "SELECT len(record) FROM t", columns=whole).rows == [(2,), (1,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"n": 1}\n{"n": ', r"f\.json: is no JSON"), ("[1]", r"f\.json: found '1', which is no")],
)
def test_a_file_that_is_no_json_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(LocalCloudError, match=message) as caught:
        ask(tmp_path, "SELECT n FROM t", columns=(("n", "int"),))
    assert "Traceback" not in str(caught.value)
