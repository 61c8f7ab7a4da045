"""The report: the JSON object's exact shape, latencies worked by hand, and text for people."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from localaws.accounting import Totals
from localaws.latency import ClickLog, percentile
from localaws.report import Report
from localaws.shop import Profits

CHANGE = {
    "product_id": "p-1",
    "candidate_id": "2026-01-01T00:00:00Z#0",
    "old_price_cents": 1_000,
    "new_price_cents": 1_100,
    "reason": "demand bears more",
    "guardrails": [{"name": "largest_step", "from_cents": 1_300, "to_cents": 1_100}],
    "committed_at": "2026-01-01T00:00:00Z",
}
TOTALS = Totals(counted=90, rejected=6, late=4, candidates=12, batches=3)


def _report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "sent": 100,
        "totals": TOTALS,
        "changes": [CHANGE],
        "click_to_price": {"p50": 5_000.0, "p99": 9_000.0},
        "processes_left": 0,
        "profits": Profits(1_234.567, 1_000.0, 1_500.0, 1_111.0),
    }
    return Report(**{**values, **changes})


def _text(report: Report, width: int = 200) -> str:
    console = Console(width=width, record=True, quiet=True)
    with console.capture() as capture:
        console.quiet = False
        report.show(console)
    return capture.get()


def test_the_json_of_a_demo_has_exactly_these_keys() -> None:
    assert _report().to_json() == {
        "events": {"sent": 100, "counted": 90, "rejected": 6, "late": 4},
        "batches": 3,
        "candidates": 12,
        "price_changes": [
            {
                "product_id": "p-1",
                "old": 1_000,
                "new": 1_100,
                "reason": "demand bears more",
                "guardrails": [{"name": "largest_step", "from_cents": 1_300, "to_cents": 1_100}],
            }
        ],
        "click_to_price_ms": {"p50": 5_000.0, "p99": 9_000.0},
        "profit_per_hour": {
            "this_run": 1_234.57,
            "starting_prices": 1_000.0,
            "best_constant": 1_500.0,
        },
        "processes_left": 0,
    }


def test_a_replay_has_no_profits_and_lists_what_was_unreadable() -> None:
    found = _report(profits=None, unreadable=["f:2: not JSON"], changes=[]).to_json()
    assert found["profit_per_hour"] is None
    assert found["events"]["unreadable"] == 1
    assert found["unreadable"] == ["f:2: not JSON"]


def test_people_see_the_sum_the_changes_and_the_profits() -> None:
    text = _text(_report())
    assert "100 events sent = 90 counted + 6 rejected + 4 late" in text
    assert "10.00 -> 11.00" in text
    assert "largest_step" in text
    assert "median 5.0 s, 99th percentile 9.0 s" in text
    assert "12.35" in text
    assert "15.00" in text


def test_each_of_the_last_twenty_changes_is_one_line_of_a_terminal() -> None:
    long = {"reason": "the price that earns most by the evidence of the last fifty windows"}
    changes = [{**CHANGE, **long, "product_id": f"product-{number}"} for number in range(100)]
    lines = _text(_report(changes=changes), width=80).splitlines()
    shown = [line for line in lines if "10.00 -> 11.00" in line]
    assert [line.split()[0] for line in shown] == [f"product-{n}" for n in range(80, 100)]
    assert all("largest_step" in line and "the price that" in line for line in shown)
    after = lines.index(shown[-1]) + 1
    assert [line.strip() for line in lines[after : after + 2]] == [
        "",
        "and 80 more; --json lists all",
    ]
    assert len(_report(changes=changes).to_json()["price_changes"]) == 100


def test_a_report_without_changes_and_profits_is_one_line() -> None:
    nothing = {"p50": None, "p99": None}
    text = _text(_report(changes=[], profits=None, click_to_price=nothing))
    assert len(text.strip().splitlines()) == 1


def test_text_from_files_is_not_taken_for_markup() -> None:
    assert "f:1: not JSON [/bold]" in _text(_report(unreadable=["f:1: not JSON [/bold]"]))


def test_totals_of_before_are_taken_off() -> None:
    assert TOTALS - Totals(90, 5, 4, 2, 1) == Totals(0, 1, 0, 10, 2)
    assert TOTALS.accounted == 100


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_percentiles_are_values_that_occurred(share: float, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected


def test_the_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.5) is None


def test_clicks_of_a_candidate_are_those_of_its_product_between_its_event_times() -> None:
    log = ClickLog()
    for time, put in ((10, 1.0), (20, 2.0), (30, 3.0)):
        log.add(
            [
                {"event_type": "click", "product_id": "p-1", "event_timestamp": time},
                {"event_type": "click", "product_id": "p-2", "event_timestamp": time},
                {"event_type": "purchase", "product_id": "p-1", "event_timestamp": time},
            ],
            put,
        )
    assert log.put_between("p-1", 10, 20) == [1.0, 2.0]
    assert log.put_between("p-1", 11, 19) == []
    assert log.put_between("unknown", 0, 99) == []
