"""Labels of incidents above a panel, each where there is room for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from localaws.ctr.rows import Row
from localaws.ctr.series import days

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

_SIZE = 8.5
_COLOUR = "#8a0b20"
_GAP_PIXELS = 8.0
_ABOVE_POINTS = 4.0


def label_spans(figure: Figure, axes: Axes, incidents: Sequence[Row]) -> int:
    """Label the incidents that there is room for, the worst ones first; returns how many.

    Where not all find room the labels are of fewer words.
    """
    figure.draw_without_rendering()
    worst_first = sorted(incidents, key=lambda row: -float(row["peak_severity"]))
    labels = _labels(axes, worst_first, in_full=True)
    if len(labels) < len(incidents):
        for label in labels:
            label.remove()
        labels = _labels(axes, worst_first, in_full=False)
    return len(labels)


def describe(row: Row, *, in_full: bool) -> str:
    """An incident in few words, or in fewer."""
    peak, expected = row.get("peak_percent"), row.get("expected_percent")
    rate = "" if peak is None else f" {peak:,.0f} %"
    if not in_full:
        return f"{row['direction']}{rate}"
    usual = "" if expected is None else f", {expected:,.0f} % expected"
    still = ", open" if row["status"] == "open" else ""
    return f"{row['direction']}{rate}{usual}{still}"


def _labels(axes: Axes, incidents: Sequence[Row], *, in_full: bool) -> list[Annotation]:
    labels: list[Annotation] = []
    taken: list[tuple[float, float]] = []
    for row in incidents:
        label = _label(axes, row, describe(row, in_full=in_full))
        box = label.get_window_extent()
        if any(box.x0 < end and begin < box.x1 for begin, end in taken):
            label.remove()
            continue
        taken.append((box.x0 - _GAP_PIXELS, box.x1 + _GAP_PIXELS))
        labels.append(label)
    return labels


def _label(axes: Axes, row: Row, text: str) -> Annotation:
    """A label over the middle of what can be seen of an incident, inside the panel's width."""
    left, right = axes.get_xlim()
    begin, end = max(days(row["incident_id"]), left), min(days(row["last_window_end"]), right)
    label = axes.annotate(
        text,
        ((begin + end) / 2, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, _ABOVE_POINTS),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=_SIZE,
        color=_COLOUR,
        annotation_clip=False,
    )
    box, panel = label.get_window_extent(), axes.get_window_extent()
    shift = max(panel.x0 - box.x0, 0.0) or min(panel.x1 - box.x1, 0.0)
    label.set_position((shift * 72 / axes.figure.dpi, _ABOVE_POINTS))
    return label
