"""A site's click-through rate as a picture: counts, rate and score over one axis of time."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localaws.ctr.plot_labels import label_spans
from localaws.ctr.series import History, days, highest, moment, steps
from localaws.errors import LocalCloudError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
_SIZE, _DPI = (12.0, 8.0), 120
_LEAST_DAYS = 60 / 86_400
_TITLE_CHARACTERS = 70
BLUE, ORANGE, GREEN, RED, GREY = "#1f6fb4", "#d97a00", "#2c8a4b", "#c8102e", "#6b6b6b"


def check_target(path: Path) -> Path:
    """The path, of a kind that can be drawn.

    Raises:
        LocalCloudError: its suffix is none that is known.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise LocalCloudError(
            f"{path}: the suffix {path.suffix!r} is not known; use one of {', '.join(SUFFIXES)}"
        )
    return path


def save(history: History, path: Path) -> None:
    """Draw the history into a file.

    Raises:
        LocalCloudError: the file cannot be written.
    """
    with warnings.catch_warnings():
        # A site may be written in letters that the font lacks.
        warnings.filterwarnings("ignore", message="Glyph")
        try:
            draw(history).savefig(path, dpi=_DPI)
        except OSError as error:
            raise LocalCloudError(f"{path}: cannot be written: {error.strerror}") from error


def draw(history: History) -> Figure:
    """The figure, three panels above each other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, 1, sharex=True)
    parts: tuple[Callable[[Axes, History], None], ...] = (_counts, _rate, _score)
    for axes, part in zip(panels, parts, strict=True):
        part(axes, history)
        _spans(axes, history)
        _dress(axes)
    _time_axis(panels[-1], history)
    shown = label_spans(figure, panels[0], history.incidents)
    figure.suptitle(
        _title(history, shown), x=0.01, ha="left", fontsize=12, linespacing=1.5, parse_math=False
    )
    return figure


def _counts(axes: Axes, history: History) -> None:
    from matplotlib.ticker import MaxNLocator

    # Wider, so that they are seen where there are as many clicks.
    _line(axes, history, "impressions", ORANGE, "impressions", wider=2.2, alpha=0.6)
    _line(axes, history, "clicks", BLUE, "clicks")
    axes.set_ylim(0, 1.15 * max(highest(history.windows, ("clicks", "impressions")), 1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_ylabel("actions in a window")


def _rate(axes: Axes, history: History) -> None:
    if history.has("expected_low_percent"):
        times, low = steps(history.windows, "expected_low_percent")
        _, high = steps(history.windows, "expected_high_percent")
        axes.fill_between(
            times, low, high, step="post", color=GREEN, alpha=0.16, lw=0, label="as usual"
        )
        _line(axes, history, "expected_percent", GREEN, "expected", ls="--", zorder=3)
    _line(axes, history, "ctr_percent", BLUE, "CTR")
    _dots(axes, history, "ctr_percent")
    # The band may reach far above everything that was seen.
    axes.set_ylim(0, 1.25 * max(highest(history.windows, ("ctr_percent", "expected_percent")), 1))
    axes.set_ylabel("CTR, %")


def _score(axes: Axes, history: History) -> None:
    _line(axes, history, "anomaly_score", GREY, "score")
    _dots(axes, history, "anomaly_score")
    axes.set_ylim(0, 1.2 * max(highest(history.windows, ("anomaly_score",)), 1))
    axes.set_ylabel("score, bits")


def _line(
    axes: Axes,
    history: History,
    column: str,
    colour: str,
    label: str,
    wider: float = 1.0,
    **style: Any,
) -> None:
    times, values = steps(history.windows, column)
    width = wider * (1.6 if len(history.windows) < 500 else 0.9)
    axes.plot(times, values, drawstyle="steps-post", color=colour, label=label, lw=width, **style)


def _dots(axes: Axes, history: History, column: str) -> None:
    """A dot in the middle of each anomalous window."""
    found = [row for row in history.anomalies if row.get(column) is not None]
    if not found:
        return
    times = [(days(row["window_start"]) + days(row["window_end"])) / 2 for row in found]
    axes.plot(times, [row[column] for row in found], "o", ms=5, color=RED, label="anomaly")


def _spans(axes: Axes, history: History) -> None:
    for number, row in enumerate(history.incidents):
        axes.axvspan(
            days(row["incident_id"]),
            days(row["last_window_end"]),
            facecolor=RED,
            edgecolor=RED,
            alpha=0.16,
            lw=1,
            zorder=0,
            label=None if number else "incident",
        )


def _dress(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    # Beside the panel, where no line is.
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)


def _time_axis(axes: Axes, history: History) -> None:
    from matplotlib import dates

    begin = days(history.windows[0]["window_start"])
    end = days(history.windows[-1]["window_end"])
    pad = max((end - begin) * 0.02, (_LEAST_DAYS - (end - begin)) / 2)
    axes.set_xlim(begin - pad, end + pad)
    library: Any = dates  # without types
    locator = library.AutoDateLocator(tz=UTC, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(library.ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlabel("time, UTC")


def _title(history: History, labelled: int) -> str:
    site = "".join(c if c.isprintable() else "?" for c in history.site)
    if len(site) > _TITLE_CHARACTERS:
        site = f"{site[:_TITLE_CHARACTERS]}..."
    begin = moment(history.windows[0]["window_start"])
    end = moment(history.windows[-1]["window_end"])
    incidents = len(history.incidents)
    some = f" ({labelled} with a label)" if labelled < incidents else ""
    return (
        f"Click-through rate of {site}\n{begin:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC,"
        f" {_count(len(history.windows), 'window')} of 10 s,"
        f" {_count(len(history.anomalies), 'anomaly', 'anomalies')},"
        f" {_count(incidents, 'incident')}{some}"
    )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
