"""From a click to the price that it led to, on the whole local cloud with the shop simulator.

500 events a second, windows of 10 s. The shop's clock is in step with the wall clock, as a real
shop's is: a window ends when a batch begins, and a click waits half a window on average. Of every
click whose candidate moved a price, from its put into the stream to the commit. Clicks of the first
30 s warm the job, the model and the function, and are not counted.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.price_job import BenchmarkError
from benchmarks.suite import Progress
from localaws.cloud import Cloud, CloudOptions
from localaws.demo import to_record
from localaws.display import Display
from localaws.run import Follower
from localaws.sending import Sender
from localaws.shop import Shop
from localaws.state import StateFolder
from localaws.tables import put_items, scan

WINDOW_SECONDS: Final = 10
RATE: Final = 500
WARM_SECONDS: Final = 30
SECONDS: Final = 70
PRODUCTS: Final = 24
SEED: Final = 7
MEDIAN_LIMIT: Final = 0.5 * WINDOW_SECONDS + 3
P99_LIMIT: Final = WINDOW_SECONDS + 6
_TICK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Latency:
    """Seconds from click to committed price, and what they are counted of."""

    median: float
    p99: float
    details: dict[str, Any]


def measure(folder: Path, progress: Progress) -> Latency:
    """One run of the shop.

    Raises:
        BenchmarkError: no price moved.
        LocalCloudError: a part failed, or an event was not accounted for.
    """
    shop = Shop(SEED, PRODUCTS, RATE)
    options = CloudOptions(
        window_seconds=WINDOW_SECONDS, seed=SEED, products=shop.products(), run_job=True
    )
    state = StateFolder(folder / "cloud")
    with Cloud(state, options, lambda part, detail: progress(f"{part}: {detail}")) as cloud:
        job = cloud.wait_for_job()
        follower = Follower(cloud.clients, Display(Console(quiet=True)), job)
        progress(f"{WARM_SECONDS} + {SECONDS} s at {RATE} events a second")
        sent = _keep_shop(shop, follower)
        follower.drain(sent, WINDOW_SECONDS, state.mappings_file)
    if cloud.left:
        raise BenchmarkError(f"latency: {cloud.left} processes are left")
    return latency_of(follower.latency.millis, sent, follower)


def latency_of(millis: list[float], sent: int, follower: Follower) -> Latency:
    """The figures of a run.

    Raises:
        BenchmarkError: no click that counts led to a price.
    """
    found = follower.click_to_price()
    if found["p50"] is None or found["p99"] is None:
        raise BenchmarkError(f"latency: {sent} events sent, and no click of them led to a price")
    details = {
        "events": sent,
        "batches": follower.totals.batches,
        "candidates": follower.totals.candidates,
        "price_changes": len(follower.changes),
        "clicks_counted": len(millis),
    }
    return Latency(found["p50"] / 1_000, found["p99"] / 1_000, details)


def _keep_shop(shop: Shop, follower: Follower) -> int:
    """Let the shop run, warm-up first; returns how many events were sent."""
    sender = Sender(follower.clients["kinesis"], "clickstream")
    pause = threading.Event()
    pause.wait(WINDOW_SECONDS - time.time() % WINDOW_SECONDS)
    started = time.monotonic()
    for number in range(round((WARM_SECONDS + SECONDS) / _TICK_SECONDS)):
        offset = number * _TICK_SECONDS
        pause.wait(max(started + offset - time.monotonic(), 0.0))
        prices = {
            item["product_id"]: item["price_cents"]
            for item in scan(follower.clients, "products", ("product_id", "price_cents"))
        }
        tick = shop.tick(offset, _TICK_SECONDS, prices)
        put_items(follower.clients, "orders", tick.orders)
        if offset >= WARM_SECONDS:
            follower.clicks.add(tick.events, time.time() * 1_000)
        sender.send([to_record(event) for event in tick.events])
        follower.look(sender.sent)
    return sender.sent
