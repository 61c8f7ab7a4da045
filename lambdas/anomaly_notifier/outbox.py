"""Messages on their way: the table `alerts` first, then SNS, so that none is lost.

A message is written as `pending` with what it tells, in one transaction with all that its row
changes. Then it is claimed for a lease, published, and marked as `sent`. An invocation that meets
another's claim leaves the message alone, and its row comes again.

Not promised: exactly one email. An invocation that ends, or does not reach DynamoDB, after SNS has
taken a message and before the mark is written leaves it pending: it is published once more when its
row comes again or the site has its next one. The same goes for a publish whose answer is lost. SNS
cannot tell the two apart: standard topics know no repetitions, and FIFO topics, which do, send
neither email nor SMS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from lambdas.anomaly_notifier.alert_store import BUSY, CLAIMED, AlertStore
from lambdas.anomaly_notifier.alerts import Alert, in_order
from lambdas.anomaly_notifier.errors import PublishError, StoreError
from lambdas.anomaly_notifier.topic import Topic

_MARKS = 3


class Outbox:
    """The messages of one site that wait, sent by event time. `sent` counts those that went.

    After a failure nothing more is sent in this invocation: a later message would overtake, and
    each would wait for the same time-out. One that SNS refuses for itself is passed over.
    """

    def __init__(
        self,
        store: AlertStore,
        topic: Topic,
        clock: Callable[[], datetime],
        has_time: Callable[[], bool],
        logger: Any,
    ) -> None:
        self._store = store
        self._topic = topic
        self._clock = clock
        self._has_time = has_time
        self._logger = logger
        self._waiting: dict[str, Alert] = {}
        self._refused: dict[str, PublishError] = {}
        self._stopped: Exception | None = None
        self.sent = 0

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take messages in; one that waits already is taken once."""
        self._waiting |= {alert.message_id: alert for alert in alerts}

    def flush(self) -> None:
        """Send what waits, as far as it goes."""
        for alert in in_order(self._waiting.values()):
            if self._stopped is None and alert.message_id not in self._refused:
                self._try(alert)

    def expect_sent(self, alerts: Iterable[Alert]) -> None:
        """Hold that these have gone.

        Raises:
            PublishError: one of them has not; the message says why.
        """
        for alert in alerts:
            if alert.message_id in self._waiting:
                reason = self._refused.get(alert.message_id, self._stopped)
                raise PublishError(f"{alert.message_id} waits: {reason}") from reason

    def _try(self, alert: Alert) -> None:
        try:
            self._send(alert)
        except PublishError as error:
            self._failed(alert, error)
            if error.is_refused:
                self._refused[alert.message_id] = error
            else:
                self._stopped = error
        except StoreError as error:
            self._failed(alert, error)
            self._stopped = error

    def _send(self, alert: Alert) -> None:
        if not self._has_time():
            raise PublishError("the invocation is about to end; the message was not tried")
        now = self._clock()
        claim = self._store.claim(alert, now)
        if claim == BUSY:
            raise PublishError("another invocation is sending it")
        if claim == CLAIMED:
            self._publish(alert, now)
        del self._waiting[alert.message_id]

    def _publish(self, alert: Alert, now: datetime) -> None:
        try:
            sns_message_id = self._topic.publish(alert)
        except PublishError:
            self._release(alert, now)
            raise
        self.sent += 1
        self._mark(alert, sns_message_id)
        extra = {"site": alert.site, "message_id": alert.message_id, "sns_id": sns_message_id}
        self._logger.info("message sent", extra=extra)

    def _mark(self, alert: Alert, sns_message_id: str) -> None:
        for _ in range(_MARKS):
            try:
                return self._store.mark_sent(alert, sns_message_id)
            except StoreError as error:
                self._failed(alert, error)
        return None

    def _release(self, alert: Alert, now: datetime) -> None:
        try:
            self._store.release(alert, now)
        except StoreError as error:  # the claim ends by itself
            self._failed(alert, error)

    def _failed(self, alert: Alert, error: Exception) -> None:
        extra = {"site": alert.site, "message_id": alert.message_id, "reason": str(error)}
        self._logger.warning("message failed", extra=extra)
