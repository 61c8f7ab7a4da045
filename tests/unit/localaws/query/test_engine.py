"""Queries over a lake in a folder: what they answer, what they read, and what they may not do."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from localaws.errors import LocalCloudError
from localaws.query.engine import Answer, run
from localaws.query.sources import TableRead
from localaws.query.tables import folder_tables


def ask(lake: Path, text: str, limit: int | None = None) -> Answer:
    return run(text, folder_tables(lake), None, limit=limit)


def read(answer: Answer) -> TableRead:
    (found,) = answer.read
    return found


@pytest.mark.parametrize(
    ("where", "count", "files"),
    [
        ("event_date = '2026-01-02'", 200, 2),
        ("event_date >= DATE '2026-01-04' - INTERVAL 1 DAY", 200, 2),
        ("event_date IN ('2026-01-01', '2026-01-03')", 400, 4),
        ("n = 250", 2, 2),
        ("event_date = '2026-02-01'", 0, 0),
        ("true", 600, 6),
    ],
    ids=["a day", "a computed day", "two days", "a file's statistics", "no day", "all"],
)
def test_only_files_that_the_condition_can_need_are_opened(
    lake: Path, where: str, count: int, files: int
) -> None:
    answer = ask(lake, f"FROM clicks SELECT count(*) WHERE {where}")
    assert answer.rows == [(count,)]
    assert (read(answer).files, read(answer).of_files) == (files, 6)


def test_a_day_costs_the_bytes_of_that_day(lake: Path) -> None:
    day = {p: p.stat().st_size for p in (lake / "clicks/event_date=2026-01-02").glob("*.parquet")}
    found = read(ask(lake, "SELECT max(n) FROM clicks WHERE event_date = '2026-01-02'"))
    assert found.bytes == sum(day.values())
    assert found.of_bytes == sum(p.stat().st_size for p in (lake / "clicks").rglob("*.parquet"))


def test_rows_columns_and_types_are_those_of_the_table(lake: Path) -> None:
    answer = ask(lake, "SELECT * FROM clicks WHERE n = 5 ORDER BY n", limit=1)
    assert [(c.name, c.type) for c in answer.columns] == [
        ("n", "BIGINT"),
        ("event_date", "DATE"),
        ("other", "MAP(VARCHAR, VARCHAR)"),
    ]
    assert answer.rows == [(5, dt.date(2026, 1, 1), {"a": "1"})]
    assert answer.more


def test_a_limit_that_is_reached_exactly_is_the_end(lake: Path) -> None:
    assert not ask(lake, "SELECT * FROM clicks WHERE n < 50", limit=100).more


def test_tables_of_joins_subqueries_and_common_expressions_are_found(lake: Path) -> None:
    text = """
        WITH busy AS (SELECT n FROM CLICKS WHERE event_date = '2026-01-01')
        SELECT count(*) FROM busy JOIN "clicks" USING (n)
        WHERE n IN (SELECT n FROM clicks WHERE n < 10)
    """
    assert ask(lake, text).rows == [(40,)]


@pytest.mark.parametrize("name", ["'clicks'", "['Clicks', 'clicks']"])
def test_a_table_may_be_named_by_a_text(lake: Path, name: str) -> None:
    assert ask(lake, f"FROM query_table({name}) SELECT DISTINCT n WHERE n = 5").rows == [(5,)]


@pytest.mark.parametrize("text", ["SELECT 1 AS one", "VALUES (1)", "FROM range(1, 2)"])
def test_a_query_needs_no_table(lake: Path, text: str) -> None:
    answer = ask(lake, text)
    assert (answer.rows, answer.read) == ([(1,)], ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT n FRM clicks", r"syntax error at or near .*\n\nLINE 1: .*\n\s+\^"),
        ("SELECT * FROM nope", r"no table nope; the tables are clicks\nLINE 1: .*\n\s+\^"),
        ("SELECT m FROM clicks", r'column "m" not found'),
        ("SELECT 1; SELECT 2", "found 2 statements"),
        ("", "found 0 statements"),
        ("DROP TABLE clicks", "only statements that read"),
        ("INSERT INTO clicks VALUES (1)", "only statements that read"),
        ("COPY clicks TO '/tmp/x.csv'", "only statements that read"),
        ("SET threads = 1", "only statements that read"),
        ("INSTALL httpfs", "only statements that read"),
        ("ATTACH '/tmp/x.db'", "only statements that read"),
        ("SHOW TABLES", "listed by `clickstream sql --tables`"),
        ("SHOW ALL TABLES", "listed by `clickstream sql --tables`"),
        ("SELECT * FROM query_table('nope')", "no table nope; the tables are clicks"),
        ("SELECT * FROM other.clicks", r"other\.clicks is of another database"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM read_text('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM glob('/etc/*')", "disabled by configuration"),
        ("SELECT * FROM '/etc/passwd'", "no table /etc/passwd"),
        ("SELECT * FROM read_parquet('http://127.0.0.1:1/x')", "disabled by configuration"),
    ],
)
def test_what_is_no_query_is_refused_with_the_place_or_the_way_out(
    lake: Path, text: str, message: str
) -> None:
    with pytest.raises(LocalCloudError, match=message):
        ask(lake, text)


def test_a_variable_of_this_process_is_no_table(lake: Path) -> None:
    secret = pa.table({"n": [1]})
    assert secret.num_rows == 1
    with pytest.raises(LocalCloudError, match="no table secret"):
        ask(lake, "SELECT * FROM secret")


def test_a_corrupt_file_is_an_error_that_says_so(tmp_path: Path, lake: Path) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    for file in (tmp_path / "lake").rglob("event_date=2026-01-02/*.parquet"):
        file.write_bytes(b"PAR1" + bytes(file.stat().st_size - 8) + b"PAR1")
    whole = ask(tmp_path / "lake", "SELECT count(*) FROM clicks WHERE event_date <> '2026-01-02'")
    assert whole.rows == [(400,)]
    with pytest.raises(LocalCloudError, match=r"(?i)sql: .*parquet"):
        ask(tmp_path / "lake", "SELECT sum(n) FROM clicks")


def test_a_folder_without_delta_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="no Delta table is there; name the folder whose"):
        folder_tables(tmp_path)
