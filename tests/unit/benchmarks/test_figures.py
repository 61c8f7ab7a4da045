"""Figures, their bounds, and the recorded page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import Figure, machine, record, table


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("f", 50, 100, least=0.45), True),
        (Figure("f", 44, 100, least=0.45), False),
        (Figure("f", 16, 16, most=1.0), True),
        (Figure("f", 16.1, 16, most=1.0), False),
        (Figure("f", 112, 100, least=0.9, most=1.1), False),
        (Figure("f", 1, 100), None),
    ],
    ids=["fast", "slow", "at the limit", "late", "outside", "unbounded"],
)
def test_a_figure_is_met_when_its_ratio_is_within_the_bounds(figure: Figure, met: bool) -> None:
    assert figure.met is met


def test_a_line_names_figure_reference_ratio_and_bounds() -> None:
    found = Figure("records_per_second", 46_000.4, 127_000, least=0.45).to_json()
    assert found == {
        "name": "records_per_second",
        "figure": 46_000,
        "reference": 127_000,
        "ratio": 0.362,
        "at_least": 0.45,
        "met": False,
    }


def test_a_table_says_which_bound_was_missed() -> None:
    figures = [Figure("fast", 2, 4, least=0.45), Figure("late", 9, 8, most=1.0), Figure("x", 3, 3)]
    assert table([figure.to_json() for figure in figures])[2:] == [
        "| fast | 2 | 4 | 0.5 | at least 0.45: met |",
        "| late | 9 | 8 | 1.125 | at most 1: MISSED |",
        "| x | 3 | 3 | 1.0 |  |",
    ]


def run(value: float) -> dict[str, Any]:
    figures = [Figure("f", value, 100).to_json()]
    return {"about": "What.", "date": "2026-01-01", "machine": machine(), "figures": figures}


def test_a_recorded_section_replaces_its_last_run_and_leaves_the_others(tmp_path: Path) -> None:
    for section, value in (("one", 1), ("two", 2), ("one", 3)):
        record("price", section, run(value), tmp_path)
    kept = json.loads((tmp_path / "price.json").read_text())
    assert {name: found["figures"][0]["figure"] for name, found in kept.items()} == {
        "one": 3,
        "two": 2,
    }
    page = (tmp_path / "price.md").read_text()
    assert page.index("## one") < page.index("| f | 3 |") < page.index("## two")
    assert f"{machine()['cores']} cores" in page
