"""The rows of one site in a request, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambdas.anomaly_notifier.alerts import HELD, PENDING, Alert, Change, alert_of
from lambdas.anomaly_notifier.errors import StoreError
from lambdas.anomaly_notifier.incidents import advance
from lambdas.anomaly_notifier.lab import LabAnomaly
from lambdas.anomaly_notifier.outbox import Outbox
from lambdas.anomaly_notifier.parts import Parts
from lambdas.anomaly_notifier.record import CLEARED, Row, RowError
from lambdas.anomaly_notifier.store import CONFLICT, RECORDED, REPEATED

IGNORED, FAILED = "ignored", "failed"
OUTCOMES = (RECORDED, REPEATED, IGNORED, FAILED)

_TRIES = 5

Task = LabAnomaly | Row
Report = Callable[[int, Exception], None]


class SiteRows:
    """The rows of a site. `sent`, `held` and `pending` count its messages.

    A row that DynamoDB did not take holds up the later ones: an incident is the row order's. One
    whose message SNS did not take is done: it is recorded, and its message waits in the table.
    """

    def __init__(self, parts: Parts, has_time: Callable[[], bool], report: Report) -> None:
        self._parts = parts
        self._has_time = has_time
        self._report = report
        self._outbox = Outbox(parts, has_time)
        self._is_held_up = False
        self.held = 0

    @property
    def sent(self) -> int:
        """Messages that SNS took."""
        return self._outbox.sent

    @property
    def pending(self) -> int:
        """Messages that wait still, as far as they were looked for."""
        return self._outbox.pending

    def settle(self, tasks: Sequence[tuple[int, Task]]) -> dict[int, str]:
        """What became of each: `recorded`, `repeated`, `ignored` or `failed`."""
        self._sweep(tasks[0][1].site)
        return {number: self._settled(number, task) for number, task in tasks}

    def _sweep(self, site: str) -> None:
        """Send what earlier invocations left behind, before a later message can overtake it."""
        try:
            self._outbox.add(self._parts.alerts.pending(site))
            self._outbox.flush()
        except StoreError as error:
            self._outbox.stop()
            self._parts.logger.warning("sweep failed", extra={"site": site, "reason": str(error)})

    def _settled(self, number: int, task: Task) -> str:
        try:
            return self._settle(task)
        except RowError as error:
            self._report(number, error)
        except StoreError as error:
            self._is_held_up = True
            self._report(number, error)
        except Exception as error:
            self._parts.logger.exception("a fault of the function")
            self._report(number, error)
        return FAILED

    def _settle(self, task: Task) -> str:
        outcome, alerts = self._record(task)
        self._outbox.add(alerts)
        self._outbox.flush()
        return outcome

    def _record(self, task: Task) -> tuple[str, list[Alert]]:
        """What became of a row, and the messages that it has written and that may go."""
        for _ in range(_TRIES):
            self._check()
            change = self._change(task)
            outcome = self._parts.store.write(change) if change != Change() else IGNORED
            if outcome == RECORDED:
                self.held += sum(each.state == HELD for each in change.alerts)
                return outcome, [each for each in change.alerts if each.state == PENDING]
            if outcome != CONFLICT:
                return outcome, []
        raise StoreError(f"the incidents of the site were moved by others {_TRIES} times")

    def _check(self) -> None:
        if self._is_held_up:
            raise StoreError("an earlier row of the site was not recorded")
        if not self._has_time():
            raise StoreError("the invocation is about to end; the row was not tried")

    def _change(self, task: Task) -> Change:
        if isinstance(task, LabAnomaly):
            return task.change(self._parts.clock())
        recent = self._parts.store.recent(task.site)
        step = advance(recent, task, self._parts.settings.rules, self._told_today(task))
        return Change(
            anomaly=None if task.status == CLEARED else task.columns,
            incidents=step.incidents,
            alerts=tuple(alert_of(notice) for notice in step.notices),
        )

    def _told_today(self, row: Row) -> int:
        # Counted after the incidents were read: a message of another invocation in between moves
        # an incident, so the transaction does not go through on this count.
        rules = self._parts.settings.rules
        if not rules.daily_cap or row.status == CLEARED:
            return 0
        return self._parts.store.told_between(row.site, *rules.day(row.at))
