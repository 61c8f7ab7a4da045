"""What the function works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.anomaly_notifier.alert_store import AlertStore
from lambdas.anomaly_notifier.settings import Settings
from lambdas.anomaly_notifier.store import IncidentStore
from lambdas.anomaly_notifier.topic import Topic

THREADS = 16  # sites side by side


@dataclass(frozen=True)
class Parts:
    """The parts, made once an environment; tests hand in their own."""

    settings: Settings
    store: IncidentStore
    alerts: AlertStore
    topic: Topic
    clock: Callable[[], datetime]
    logger: Any  # a logging.Logger, or the one of powertools
