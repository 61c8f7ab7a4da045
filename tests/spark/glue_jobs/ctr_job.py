"""The batch function of the click-through rates, with a sink that keeps what it is given."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.ctr import CTR_WINDOWS
from catalog.operations import JOB_BATCHES, REJECTS
from catalog.streams import BROWSER_ACTIONS
from glue_jobs.ctr_anomalies import Options
from glue_jobs.ctr_batch import CtrBatches

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
RAW = (
    "data binary, streamName string, partitionKey string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
# A few counts that tell the windows apart, and a burst at the end.
RATES = ((10, 9), (11, 10), (9, 10), (10, 11), (12, 10))


@dataclass(frozen=True)
class Action:
    """A click or impression, `at` milliseconds after START; `told` in the event, or not."""

    at: int
    browseraction: str = "Click"
    site: str = "shop"
    told: bool = True

    @property
    def data(self) -> bytes:
        event: dict[str, Any] = {"browseraction": self.browseraction, "site": self.site}
        return json.dumps(
            event | ({"event_timestamp": START + self.at} if self.told else {})
        ).encode()


def actions(window: int, clicks: int, impressions: int, site: str = "shop") -> list[Action]:
    """So many actions in the window of that number."""
    at = window * 10_000
    kinds = ["Click"] * clicks + ["Impression"] * impressions
    return [Action(at + n % 10_000, kind, site) for n, kind in enumerate(kinds)]


def traffic(first: int, count: int, site: str = "shop") -> list[Action]:
    """Windows of usual traffic."""
    return [a for n in range(first, first + count) for a in actions(n, *RATES[n % 5], site)]


@dataclass
class CtrJob:
    """The batch function over the tables; `alerts` has what it told, replays included."""

    spark: Any
    glue: Any
    tables: Any
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    batches: int = 0
    number: int = 0

    def rows(self, sent: Iterable[Action | bytes], arrived: int | None = None) -> Any:
        """Raw rows; each arrives at its own time, or `arrived` milliseconds after START."""
        rows = []
        for each in sent:
            self.number += 1
            data = each if isinstance(each, bytes) else each.data
            at = arrived if arrived is not None else getattr(each, "at", 0)
            stamp = datetime.fromtimestamp((START + at) / 1_000, UTC)
            key = getattr(each, "site", "none")
            rows.append((data, "browser_actions", key, str(self.number), stamp))
        return self.spark.createDataFrame(rows, RAW)

    def batch(self, sent: Iterable[Action | bytes], arrived: int | None = None) -> Any:
        """One batch; the rows that it was of, for a replay."""
        rows = self.rows(sent, arrived).localCheckpoint()
        self.run(rows, self.batches)
        self.batches += 1
        return rows

    def run(self, rows: Any, batch: int) -> None:
        """The batch function as a process that has just started has it."""
        options = Options("job", str(self.folder), "anomaly_notifier", **self.options)
        declared = BROWSER_ACTIONS.schema.struct_type()
        CtrBatches(self.glue, options, declared, self.take, query_id=lambda _: "q")(rows, batch)

    def take(self, records: Any) -> int:
        for row in records.collect():
            self.alerts.append(json.loads(row["data"]))
            self.ids.append(row["record_id"])
        return 0

    def windows(self) -> list[dict[str, Any]]:
        return self.tables.items(CTR_WINDOWS)

    def counts(self) -> list[tuple[str, str, int, int]]:
        """Site, minute and second of the start, clicks and impressions of each window."""
        return [
            (w["site"], w["window_start"][14:19], int(w["clicks"]), int(w["impressions"]))
            for w in self.windows()
        ]

    def sums(self) -> dict[str, int]:
        items = self.tables.items(JOB_BATCHES)
        names = ("counted", "rejected", "late", "results", "anomalies")
        return {name: sum(int(item[name]) for item in items) for name in names}

    def reasons(self) -> Counter[str]:
        return Counter(item["reason"] for item in self.tables.items(REJECTS))
