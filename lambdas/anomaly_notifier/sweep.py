"""The messages that wait, of all sites: what SNS did not take, or an invocation left behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lambdas.anomaly_notifier.alerts import Alert
from lambdas.anomaly_notifier.outbox import Outbox
from lambdas.anomaly_notifier.parts import THREADS, Parts


def sweep(parts: Parts, has_time: Callable[[], bool]) -> dict[str, int]:
    """Send the oldest of them: how many were `found` and `sent`, and how many are `pending` still.

    Sites go side by side, the one that has waited longest first; a message that does not go holds
    up its own site's alone, and one that SNS refuses for itself none.

    Raises:
        StoreError: the messages could not be read.
    """
    by_site: dict[str, list[Alert]] = {}
    for alert in parts.alerts.oldest():
        by_site.setdefault(alert.site, []).append(alert)
    outboxes = [Outbox(parts, has_time) for _ in by_site]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(_send, outboxes, by_site.values()))
    counts = {
        "found": sum(len(alerts) for alerts in by_site.values()),
        "sent": sum(each.sent for each in outboxes),
        "pending": sum(each.pending for each in outboxes),
    }
    parts.logger.info("sweep", extra=counts)
    return counts


def _send(outbox: Outbox, alerts: list[Alert]) -> None:
    outbox.add(alerts)
    outbox.flush()
