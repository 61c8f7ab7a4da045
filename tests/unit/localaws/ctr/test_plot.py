"""The picture of a site: no text lies over another, whether one window is drawn or thousands."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axis import Tick
from matplotlib.text import Text

from localaws.ctr.plot import check_target, draw, save
from localaws.ctr.rows import to_text
from localaws.ctr.series import History
from localaws.errors import LocalCloudError

START = 1_767_225_600_000
SITE = "www.example.com"


def _window(number: int, unusual: bool = False) -> dict[str, Any]:
    begin = START + number * 10_000
    usual = {
        "expected_percent": 100.0,
        "expected_low_percent": 40.0,
        "expected_high_percent": 5_000.0,
    }
    return {
        "site": SITE,
        "window_start": to_text(begin),
        "window_end": to_text(begin + 10_000),
        "clicks": 40 if unusual else 10,
        "impressions": 10,
        "ctr_percent": None if number % 7 == 3 else 400.0 if unusual else 100.0,
        "anomaly_score": 3.5 if unusual else 0.8,
        "is_anomaly": unusual,
        **(usual if number > 20 else {}),
    }


def _incident(number: int) -> dict[str, Any]:
    return {
        "site": SITE,
        "incident_id": to_text(START + number * 10_000),
        "last_window_end": to_text(START + (number + 2) * 10_000),
        "status": "resolved",
        "direction": "up",
        "peak_percent": 400 + number,
        "expected_percent": 100,
        "peak_severity": number % 5,
    }


def _history(windows: int, incidents: tuple[int, ...] = (), site: str = SITE) -> History:
    unusual = {first + more for first in incidents for more in range(2)}
    gap = range(windows // 3, windows // 3 + windows // 20)
    rows = [_window(number, number in unusual) for number in range(windows) if number not in gap]
    return History(site, rows, [_incident(number) for number in incidents])


def _boxes(history: History) -> list[tuple[str, Any]]:
    """Every text of the figure that is seen, with its box."""
    figure = draw(history)
    figure.draw_without_rendering()
    axes = [axis for panel in figure.axes for axis in (panel.xaxis, panel.yaxis)]
    # Of its ticks an axis draws those within its limits.
    drawn = {tick.label1 for axis in axes for tick in axis._update_ticks()}
    beyond = {text for tick in figure.findobj(Tick) for text in tick.findobj(Text)} - drawn
    texts = [text for text in figure.findobj(Text) if text not in beyond and text.get_visible()]
    return [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text().strip()]


MANY = tuple(range(40, 2_000, 60))


@pytest.mark.parametrize(
    "history",
    [
        _history(1),
        _history(1, (0,)),
        _history(50, (30,)),
        _history(50, (30, 33, 36)),
        _history(50, (0, 48)),
        _history(2_000, MANY),
        _history(50, (), "$x$ " + "a-very-long-name." * 20),
    ],
    ids=["one", "one unusual", "50", "close together", "at the edges", "2,000", "long name"],
)
def test_no_text_lies_over_another_or_beyond_the_picture(history: History) -> None:
    boxes = _boxes(history)
    size = draw(history).bbox
    assert len(boxes) > 10
    for text, box in boxes:
        assert size.x0 <= box.x0 < box.x1 <= size.x1, text
        assert size.y0 <= box.y0 < box.y1 <= size.y1, text
    for (first, one), (second, other) in combinations(boxes, 2):
        assert not one.overlaps(other), (first, second)


def _texts(history: History) -> str:
    return "\n".join(text for text, _ in _boxes(history))


def test_the_title_says_what_is_drawn() -> None:
    texts = _texts(_history(50, (30,)))
    assert (
        "Click-through rate of www.example.com\n2026-01-01 00:00:00 to 2026-01-01 00:08:20 UTC,"
        " 48 windows of 10 s, 2 anomalies, 1 incident\n" in texts + "\n"
    )
    assert "up 430 %, 100 % expected" in texts
    assert "time, UTC" in texts


def test_of_many_incidents_those_with_room_are_labelled_in_fewer_words() -> None:
    texts = _texts(_history(2_000, MANY))
    labelled = texts.count("up ")
    assert 5 < labelled < len(MANY)
    assert f"{len(MANY)} incidents ({labelled} with a label)" in texts
    assert "% expected" not in texts


def test_a_band_far_above_does_not_flatten_the_rate() -> None:
    rate = draw(_history(50, (30,))).axes[1]
    assert rate.get_ylim() == (0, 500)


def test_the_files_are_written(tmp_path: Path) -> None:
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        save(_history(3, site="www.例え.example"), check_target(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(start)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="cannot be written: No such file or directory"):
        save(_history(1), tmp_path / "none" / "a.png")


def test_a_file_of_another_kind_is_told() -> None:
    with pytest.raises(LocalCloudError, match=r"suffix '\.xlsx' is not known; use one of \.png"):
        check_target(Path("a.xlsx"))
