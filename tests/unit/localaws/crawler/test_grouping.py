"""Folders as tables and partitions, by the documentation's own examples and by laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.crawler.globs import excluder
from localaws.crawler.grouping import Classified, Grouped, clean_name, group
from localaws.crawler.schema import UNKNOWN, Schema, combined, similarity
from localaws.errors import LocalCloudError
from localaws.hive_kinds import INT, STRING, kind_of

WIDE = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")


def schema(*columns: str, kind: str = "json", compression: str = "none") -> Schema:
    return Schema(kind, tuple((c, INT) for c in columns), whole="int", compression=compression)


def file(path: str, found: Schema) -> Classified:
    *folders, name = path.split("/")
    return Classified(tuple(folders), name, found)


def tables(*files: Classified, combine: bool = False, level: int | None = None) -> list[Grouped]:
    return group(files, combine=combine, level=level)


def test_folders_of_key_and_value_are_partitions_of_the_include_path() -> None:
    found = tables(
        *(
            file(f"year=2019/month={month}/day={day}/f.json", schema("a", "b"))
            for month in ("Jan", "Feb")
            for day in (1, 2)
        )
    )
    (table,) = found
    assert table.folders == ()
    assert table.partition_keys == ("year", "month", "day")
    assert [p.values for p in table.partitions] == [
        ("2019", "Feb", "1"), ("2019", "Feb", "2"), ("2019", "Jan", "1"), ("2019", "Jan", "2"),
    ]  # fmt: skip


def test_folders_without_a_key_are_partitions_by_their_place() -> None:
    (table,) = tables(
        *(file(f"table{t}/partition{p}/f.txt", schema("a")) for t in (1, 2) for p in (1, 2))
    )
    assert table.partition_keys == ("partition_0", "partition_1")
    assert table.partitions[0].values == ("table1", "partition1")


def test_schemas_with_little_in_common_are_tables_of_their_own() -> None:
    files = [
        file("year=2017/data1.json", schema("a", "b")),
        file("year=2018/data2.json", schema("c", "d")),
    ]
    assert [clean_name(table.folders[-1]) for table in tables(*files)] == ["year_2017", "year_2018"]
    (table,) = tables(*files, combine=True)
    assert [name for name, _ in table.schema.columns] == ["a", "b", "c", "d"]
    assert table.partition_keys == ("year",)


@pytest.mark.parametrize(("shared", "count"), [(7, 1), (6, 2)])
def test_seven_tenths_of_the_columns_in_common_are_enough(shared: int, count: int) -> None:
    other = WIDE[:shared] + tuple(name.upper() for name in WIDE[shared:])
    files = [file("x=1/f", schema(*WIDE)), file("x=2/f", schema(*other))]
    assert similarity(files[0].schema, files[1].schema) == shared / 10
    assert len(tables(*files)) == count


@pytest.mark.parametrize(("alike", "count"), [(7, 1), (6, 2)])
def test_most_files_of_a_folder_make_it_a_table(alike: int, count: int) -> None:
    files = [file(f"x={n}/f", schema("a")) for n in range(alike)]
    files += [file(f"x={n}/f", schema("z")) for n in range(alike, 10)]
    found = tables(*files)
    assert (len(found) == 1) is (count == 1)


@pytest.mark.parametrize(
    "other",
    [schema("a", kind="csv"), schema("a", compression="gzip")],
    ids=["format", "compression"],
)
def test_files_that_are_stored_otherwise_never_mix(other: Schema) -> None:
    files = [file("x=1/f", schema("a")), file("x=2/f", other)]
    assert len(tables(*files, combine=True)) == 2


def test_files_of_two_depths_are_two_tables() -> None:
    found = tables(file("f.json", schema("a")), file("old/f.json", schema("a")))
    assert [(t.folders, t.file) for t in found] == [((), ""), (("old",), "")]


def test_files_beside_each_other_that_differ_are_tables_by_their_names() -> None:
    found = tables(file("areas.json", schema("a")), file("people.json", schema("b")))
    assert [clean_name(t.file) for t in found] == ["areas_json", "people_json"]


def test_a_level_says_where_tables_begin() -> None:
    files = [file(f"shop/{t}/day={d}/f", schema("a")) for t in ("x", "y") for d in (1, 2)]
    assert [t.folders for t in tables(*files, level=2)] == [("shop", "x"), ("shop", "y")]
    assert [t.folders for t in tables(*files)] == [()]


def test_files_that_nothing_knows_are_no_tables() -> None:
    found = tables(file("a/f", schema("a")), file("a/x", Schema(UNKNOWN)))
    assert [len(t.schema.columns) for t in found] == [1]
    assert tables(file("x", Schema(UNKNOWN))) == []


def test_a_column_that_is_a_partition_key_is_the_folders() -> None:
    (table,) = tables(file("day=1/f", schema("a", "day")), file("day=2/f", schema("a", "day")))
    assert [name for name, _ in table.schema.columns] == ["a"]


VALUES = (
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text(max_size=2)
)
RECORDS = st.dictionaries(st.sampled_from("abc"), VALUES | st.lists(VALUES, max_size=2), max_size=3)


@given(st.lists(RECORDS, min_size=1, max_size=4), RECORDS)
def test_another_file_never_narrows_or_drops_a_column(
    records: list[dict[str, object]], more: dict[str, object]
) -> None:
    def of(record: dict[str, object]) -> Schema:
        return Schema("json", tuple((key, kind_of(value)) for key, value in record.items()))

    before = combined(map(of, records))
    after = combined([before, of(more)])
    assert before.names <= after.names
    assert combined([after, before]) == after


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("pq"), st.sampled_from("ab"))))
def test_every_known_file_is_of_exactly_one_table(places: list[tuple[str, str, str]]) -> None:
    files = [file(f"{x}/{p}/{n}", schema(c)) for n, (x, p, c) in enumerate(places)]
    found = tables(*files)
    owners = [
        [
            table
            for table in found
            if (table.file == f.name and table.folders == f.folders)
            or (not table.file and f.folders[: len(table.folders)] == table.folders
                and f.folders[len(table.folders) :] in [p.folders for p in table.partitions]
                + ([()] if not table.partitions else []))
        ]
        for f in files
    ]  # fmt: skip
    assert all(len(some) == 1 for some in owners)


def test_types_of_files_are_widened_whatever_says_them() -> None:
    one = Schema("parquet", (("n", "int"), ("d", "date"), ("s", "struct<a:int>")))
    other = Schema("parquet", (("n", "bigint"), ("d", "string"), ("s", "struct<b:double>")))
    assert dict(combined([one, other]).columns) == {
        "n": "bigint", "d": "string", "s": "struct<a:int,b:double>",
    }  # fmt: skip
    assert combined([Schema("json", (("x", STRING),))]).columns == (("x", STRING),)


@pytest.mark.parametrize(
    ("pattern", "excluded", "kept"),
    [
        ("*.csv", ["a.csv"], ["f/a.csv", "a.csv.gz"]),
        ("*.*", ["a.b"], ["a", "f/a.b"]),
        ("*.{csv,avro}", ["a.csv", "a.avro"], ["a.json"]),
        ("foo.?", ["foo.a"], ["foo.ab", "foo."]),
        ("myfolder/*", ["myfolder/mysource"], ["myfolder/mysource/data"]),
        ("myfolder/**", ["myfolder/mysource/data"], ["myfolder"]),
        ("myfolder**", ["myfolder", "myfolder/mydata.txt"], ["other"]),
        ("departments/market*", ["departments/market-us.json"], ["departments/finance.json"]),
        ("**.csv", ["employees/john.csv"], ["employees/hr.json"]),
        ("*", [".hidden"], ["f/.hidden"]),
        ("[!a-c]x", ["dx"], ["ax"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("2015/01/{[!0],0[8-9]}**", ["2015/01/10/f", "2015/01/08/f"], ["2015/01/07/f"]),
        ("2015/0[2-9]/**", ["2015/02/01/f"], ["2015/01/01/f"]),
    ],
)
def test_exclude_patterns_are_the_documented_globs(
    pattern: str, excluded: list[str], kept: list[str]
) -> None:
    out = excluder([pattern])
    assert [path for path in excluded + kept if out(path)] == excluded


def test_an_exclude_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(LocalCloudError, match="is no glob pattern"):
        excluder(["[z-a]"])
