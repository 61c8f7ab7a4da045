"""Whether the burst of the click-through-rate lab was found, and what else was taken for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.ctr.rows import Row, to_millis, to_text

_WINDOW_SECONDS = 10


@dataclass(frozen=True)
class Verdict:
    """The anomalies of the lab's site beside the burst.

    Attributes:
        begin: of the burst, epoch ms.
        end: of the burst, exclusive.
        hits: anomalies that the burst explains.
        false_alarms: those that it does not.
    """

    begin: int
    end: int
    hits: Sequence[Row]
    false_alarms: Sequence[Row]

    @classmethod
    def of(cls, burst: tuple[int, int], rows: Iterable[Row]) -> Verdict:
        """Judge the windows of the site."""
        anomalies = [row for row in rows if row["is_anomaly"]]
        hits = [row for row in anomalies if _overlaps(row, burst)]
        return cls(*burst, hits, [row for row in anomalies if row not in hits])

    @property
    def found(self) -> bool:
        """Whether the burst was found."""
        return bool(self.hits)

    @property
    def delay_seconds(self) -> float | None:
        """Event time from the burst's beginning to the end of the first window that shows it."""
        if not self.hits:
            return None
        return (to_millis(self.hits[0]["window_end"]) - self.begin) / 1_000

    def to_json(self) -> dict[str, Any]:
        """The part of the report that says what was found."""
        return {
            "burst": {
                "begin": to_text(self.begin),
                "end": to_text(self.end),
                "found": self.found,
                "windows": [row["window_start"] for row in self.hits],
                "delay_seconds": self.delay_seconds,
            },
            "false_alarms": [row["window_start"] for row in self.false_alarms],
        }


def _overlaps(row: Row, burst: tuple[int, int]) -> bool:
    """Whether what the window was judged by, itself or more up to its end, lies in the burst."""
    end = to_millis(row["window_end"])
    begin = end - (row.get("evidence_seconds") or _WINDOW_SECONDS) * 1_000
    return begin < burst[1] and end > burst[0]
