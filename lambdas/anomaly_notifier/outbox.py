"""Messages on their way: the table `alerts` first, then SNS, so that none is lost.

A message is written as `pending` with what it tells, in one transaction with all that its row
changes. Then it is claimed for a lease, published, and marked as `sent`. An invocation that meets
another's claim leaves the message alone. What does not go waits in the table: it is published with
the site's next row or by the next sweep, whichever comes first.

Not promised: exactly one email. An invocation that ends, or does not reach DynamoDB, after SNS has
taken a message and before the mark is written leaves it pending: it is published once more when the
lease is over. The same goes for a publish whose answer is lost. SNS cannot tell the two apart:
standard topics know no repetitions, and FIFO topics, which do, send neither email nor SMS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import uuid4

from lambdas.anomaly_notifier.alert_store import BUSY, CLAIMED
from lambdas.anomaly_notifier.alerts import Alert, in_order
from lambdas.anomaly_notifier.errors import PublishError, StoreError
from lambdas.anomaly_notifier.parts import Parts

_MARKS = 3


class Outbox:
    """The messages of one site that wait, sent by event time. `sent` counts those that went.

    After a failure nothing more is sent in this invocation: a later message would overtake, and
    each would wait for the same time-out. One that SNS refuses for itself is passed over.
    """

    def __init__(self, parts: Parts, has_time: Callable[[], bool]) -> None:
        self._store = parts.alerts
        self._topic = parts.topic
        self._clock = parts.clock
        self._logger = parts.logger
        self._has_time = has_time
        # Not the request's id: an event that Lambda delivers twice has the same one twice.
        self._token = uuid4().hex
        self._waiting: dict[str, Alert] = {}
        self._refused: set[str] = set()
        self._is_stopped = False
        self.sent = 0

    @property
    def pending(self) -> int:
        """Messages that were taken in and have not gone."""
        return len(self._waiting)

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take messages in; one that waits already is taken once."""
        self._waiting |= {alert.message_id: alert for alert in alerts}

    def stop(self) -> None:
        """Send nothing more: what waits is not known to be all."""
        self._is_stopped = True

    def flush(self) -> None:
        """Send what waits, as far as it goes; what does not is logged and waits."""
        for alert in in_order(self._waiting.values()):
            if not self._is_stopped and alert.message_id not in self._refused:
                self._try(alert)

    def _try(self, alert: Alert) -> None:
        try:
            self._send(alert)
        except PublishError as error:
            self._failed(alert, error)
            if error.is_refused:
                self._refused.add(alert.message_id)
            else:
                self.stop()
        except StoreError as error:
            self._failed(alert, error)
            self.stop()
        except Exception:  # its row is recorded, whatever is wrong here
            self._logger.exception("a fault of the function")
            self.stop()

    def _send(self, alert: Alert) -> None:
        if not self._has_time():
            raise PublishError("the invocation is about to end; the message was not tried")
        claim = self._store.claim(alert, self._token, self._clock())
        if claim == BUSY:
            raise PublishError("another invocation is sending it")
        if claim == CLAIMED:
            self._publish(alert)
        del self._waiting[alert.message_id]

    def _publish(self, alert: Alert) -> None:
        try:
            sns_message_id = self._topic.publish(alert)
        except PublishError:
            self._release(alert)
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

    def _release(self, alert: Alert) -> None:
        try:
            self._store.release(alert, self._token)
        except StoreError as error:  # the claim ends by itself
            self._failed(alert, error)

    def _failed(self, alert: Alert, error: Exception) -> None:
        extra = {"site": alert.site, "message_id": alert.message_id, "reason": str(error)}
        self._logger.warning("message failed", extra=extra)
