"""A site's windows as lines, and how they are read from the tables of an engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog.ctr import CTR_WINDOWS, INCIDENTS
from localaws import cli
from localaws.clients import Clients
from localaws.ctr.series import days, highest, read_history, steps
from localaws.errors import LocalCloudError
from localaws.tables import put_items

Make = Callable[..., dict[str, Any]]


def _at(second: int) -> str:
    return f"2026-01-01T12:0{second // 60}:{second % 60:02}.000Z"


def _rows(window: Make, *seconds: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        window(window_start=_at(second), window_end=_at(second + 10), **changes)
        for second in seconds
    ]


def test_a_line_holds_each_value_to_the_end_of_its_window_and_breaks_at_gaps(
    window: Make,
) -> None:
    rows = _rows(window, 0, 10, 30)
    rows[1]["clicks"] = None
    times, values = steps(rows, "clicks")
    starts = [0, 10, 20, 20, 30, 40, 40]
    assert times == [pytest.approx(days(_at(second)), abs=1e-9) for second in starts]
    assert [None if math.isnan(value) else value for value in values] == [
        *(10, None, None, None),
        *(10, 10, None),
    ]


def test_the_highest_of_columns_that_may_be_empty(window: Make) -> None:
    rows = [window(clicks=3), window(impressions=7), window(clicks=None, impressions=None)]
    assert highest(rows, ("clicks", "impressions")) == 10
    assert highest([], ("clicks",)) == 0


@pytest.fixture(scope="module")
def tables(emulator: Clients) -> Iterator[Clients]:
    """The two tables, empty."""
    for table in (CTR_WINDOWS, INCIDENTS):
        emulator["dynamodb"].create_table(
            TableName=table.name,
            KeySchema=table.key_schema(),
            AttributeDefinitions=table.attribute_definitions(),
            BillingMode="PAY_PER_REQUEST",
        )
    yield emulator
    for table in (CTR_WINDOWS, INCIDENTS):
        emulator["dynamodb"].delete_table(TableName=table.name)


@pytest.fixture
def filled(tables: Clients, window: Make, incident: Make) -> Clients:
    rows = _rows(window, 0, 10, 20, 30) + _rows(window, 0, site="other")
    put_items(tables, CTR_WINDOWS.name, map(_decimals, rows))
    incidents = [
        incident(incident_id=_at(second), last_window_end=_at(second + 10)) for second in (0, 20)
    ]
    put_items(tables, INCIDENTS.name, map(_decimals, incidents))
    return tables


def _decimals(item: dict[str, Any]) -> dict[str, Any]:
    """DynamoDB takes no floats."""
    return {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in item.items()}


def test_windows_from_a_time_up_to_another_with_the_incidents_that_touch_them(
    filled: Clients,
) -> None:
    history = read_history(filled, "www.example.com", "2026-01-01T12:00:10", _at(20))
    assert [row["window_start"] for row in history.windows] == [_at(10), _at(20)]
    assert [row["incident_id"] for row in history.incidents] == [_at(20)]
    assert len(read_history(filled, "www.example.com").windows) == 4


@pytest.mark.parametrize(
    ("site", "begin", "problem"),
    [
        ("none", None, "sites that have some: 'other', 'www.example.com'"),
        ("other", "2027-01-01", "no windows from --from up to --to"),
        ("other", "noon", "--from: found 'noon'; allowed are times such as"),
    ],
)
def test_what_is_not_there_is_told(
    filled: Clients, site: str, begin: str | None, problem: str
) -> None:
    with pytest.raises(LocalCloudError, match=problem):
        read_history(filled, site, begin)


def test_the_command_draws_a_file(
    filled: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", filled.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    out = tmp_path / "ctr.png"
    result = CliRunner().invoke(cli.app, ["ctr", "plot", "www.example.com", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("4 windows drawn to")
    assert out.stat().st_size > 10_000
