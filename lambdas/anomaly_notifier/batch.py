"""The records of one request: sites side by side, the rows of one site in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from catalog.ctr import PROFILES
from lambdas.anomaly_notifier.lab import parse_lab
from lambdas.anomaly_notifier.parts import THREADS, Parts
from lambdas.anomaly_notifier.record import RowError, parse_record
from lambdas.anomaly_notifier.site_rows import FAILED, IGNORED, SiteRows, Task

_LAB = PROFILES[0]


class Batch:
    """One request. `has_time` says whether another step may begin; `messages` counts
    those `sent`, `held` and left `pending`."""

    def __init__(
        self, parts: Parts, records: Sequence[Mapping[str, Any]], has_time: Callable[[], bool]
    ) -> None:
        self._parts = parts
        self._records = records
        self._has_time = has_time
        self.messages: dict[str, int] = {}

    def settle(self) -> list[str]:
        """What became of each record: `recorded`, `repeated`, `ignored` or `failed`."""
        outcomes: dict[int, str] = {}
        by_site: dict[str, list[tuple[int, Task]]] = {}
        for number in range(len(self._records)):
            task = self._parsed(number)
            if isinstance(task, str):
                outcomes[number] = task
            else:
                by_site.setdefault(task.site, []).append((number, task))
        sites = [SiteRows(self._parts, self._has_time, self._report) for _ in by_site]
        with ThreadPoolExecutor(THREADS) as pool:
            for settled in pool.map(SiteRows.settle, sites, by_site.values()):
                outcomes.update(settled)
        self.messages = {
            "sent": sum(each.sent for each in sites),
            "held": sum(each.held for each in sites),
            "pending": sum(each.pending for each in sites),
        }
        return [outcomes[number] for number in range(len(self._records))]

    def _parsed(self, number: int) -> Task | str:
        try:
            return self._parse(self._records[number])
        except RowError as error:
            self._report(number, error)
            return FAILED

    def _parse(self, record: Mapping[str, Any]) -> Task | str:
        if self._parts.settings.profile == _LAB:
            return parse_lab(record) or IGNORED
        return parse_record(record)

    def _report(self, number: int, error: Exception) -> None:
        extra = {"record_id": self._records[number]["recordId"], "reason": str(error)}
        self._parts.logger.warning("row failed", extra=extra)
