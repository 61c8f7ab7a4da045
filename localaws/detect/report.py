"""What a run found: for people a table, for programs one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from localaws.detect.profiles import Profile
from localaws.detect.reading import Series
from localaws.detect.scoring import Scored

_HIGHEST: Final = 5


@dataclass(frozen=True)
class High:
    """One of the highest scores."""

    score: float
    timestamp: str
    value: str


@dataclass(frozen=True)
class Summary:
    """A scored series; `highest` falls, and the earlier of two equal ones is first."""

    key: str
    rows: int
    alerts: int
    unusable: int
    highest: tuple[High, ...]

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        highest = [vars(high) for high in self.highest]
        return {**vars(self), "highest": highest}


@dataclass(frozen=True)
class Judgement:
    """How good the alerts are by labels.

    Attributes:
        scores: of the benchmark, by its profile; None without a window that counts.
        series: those that the labels name.
        windows: of them those that count.
        found: windows with an alert.
        false_alerts: alerts outside of windows, past the probationary period.
    """

    scores: Mapping[str, float | None]
    series: int
    windows: int
    found: int
    false_alerts: int


@dataclass(frozen=True)
class Report:
    """A run. `seconds` are those of reading, scoring and writing."""

    profile: Profile
    series: tuple[Summary, ...]
    seconds: float
    warnings: tuple[str, ...]
    judgement: Judgement | None = None

    @property
    def rows(self) -> int:
        """Rows of all series."""
        return sum(one.rows for one in self.series)

    @property
    def alerts(self) -> int:
        """Alerts of all series."""
        return sum(one.alerts for one in self.series)

    @property
    def points_per_second(self) -> float:
        """Rows read, scored and written a second."""
        return self.rows / self.seconds

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "profile": self.profile.to_json(),
            "rows": self.rows,
            "alerts": self.alerts,
            "seconds": round(self.seconds, 3),
            "points_per_second": round(self.points_per_second),
            "nab": None if self.judgement is None else vars(self.judgement),
            "series": [one.to_json() for one in self.series],
            "warnings": list(self.warnings),
        }

    def picture(self) -> RenderableType:
        """For people."""
        parts: list[RenderableType] = [self._table()]
        if len(self.series) == 1:
            parts.append(_highest(self.series[0]))
        parts.append(
            f"{self.rows:,} rows, {self.alerts:,} alerts, {self.points_per_second:,.0f} points/s"
        )
        if self.judgement is not None:
            parts.append(_nab(self.judgement))
        return Group(*parts)

    def _table(self) -> Table:
        table = Table()
        table.add_column("series", overflow="fold")
        for name in ("rows", "alerts", "highest score"):
            table.add_column(name, justify="right")
        table.add_column("at")
        for one in self.series:
            high = one.highest[0] if one.highest else High(0, "-", "-")
            cells = (f"{one.rows:,}", f"{one.alerts:,}", f"{high.score:.3f}", high.timestamp)
            table.add_row(escape(one.key), *map(escape, cells))
        return table


def summary(series: Series, scored: Scored) -> Summary:
    """The figures of a series."""
    order = sorted(range(len(scored.scores)), key=lambda row: (-scored.scores[row], row))
    highest = tuple(
        High(scored.scores[row], series.timestamps[row], series.texts[row])
        for row in order[:_HIGHEST]
    )
    return Summary(
        series.key, len(scored.scores), sum(scored.alerts), series.unusable.count, highest
    )


def _highest(one: Summary) -> Table:
    table = Table("highest scores", "timestamp", "value")
    for high in one.highest:
        table.add_row(f"{high.score:.3f}", escape(high.timestamp), escape(high.value))
    return table


def _nab(found: Judgement) -> RenderableType:
    table = Table("NAB profile")
    table.add_column("score", justify="right")
    for name, score in found.scores.items():
        table.add_row(name, "-" if score is None else f"{score:.2f}")
    sentence = (
        f"{found.found:,} of {found.windows:,} windows found, {found.false_alerts:,} false alerts,"
        f" in {found.series:,} series with labels"
    )
    return Group(table, sentence)
