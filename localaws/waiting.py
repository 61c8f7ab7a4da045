"""Waiting for a condition, bounded, with a reason when it does not come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx

from localaws.errors import LocalCloudError
from localaws.processes import Child


def wait_until(
    condition: Callable[[], bool],
    seconds: float,
    failure: Callable[[], str],
    interval: float = 0.1,
    stop: threading.Event | None = None,
) -> None:
    """Wait until `condition()` holds, at most `seconds`, or until `stop` is set.

    Raises:
        LocalCloudError: time is up; the message is `failure()`.
    """
    deadline = time.monotonic() + seconds
    pause = stop or threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise LocalCloudError(failure())
        if pause.wait(interval):
            return


def wait_for_http(child: Child, url: str, seconds: float) -> None:
    """Wait until `url` answers 200.

    Raises:
        LocalCloudError: the process ended, or did not answer in time.
    """

    def answers() -> bool:
        if not child.running:
            raise LocalCloudError(
                f"{child.name}: ended with code {child.process.returncode} before it answered;"
                f" log {child.log} ends:\n{child.log_tail()}"
            )
        try:
            return client.get(url).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with httpx.Client(timeout=2.0, trust_env=False) as client:
        wait_until(
            answers,
            seconds,
            lambda: (
                f"{child.name}: no answer from {url} within {seconds:g} s; "
                f"log {child.log} ends:\n{child.log_tail()}"
            ),
            interval=0.05,
        )
