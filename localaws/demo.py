"""The demo: the shop simulator before the whole cloud, so that the loop closes.

Shoppers see the price that stands in `products` at that moment; what they do goes into the
stream, and what the loop makes of it moves that price.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

from localaws.cloud import Cloud, CloudOptions
from localaws.display import Display
from localaws.report import Report
from localaws.run import Follower
from localaws.sending import Record, Sender
from localaws.shop import Ledger, Shop
from localaws.state import StateFolder
from localaws.tables import put_items, scan

TICK_SECONDS = 0.5
_FIRST_SECONDS = 1.0
_FIRST_BATCH_SECONDS = 20.0


@dataclass(frozen=True)
class DemoOptions:
    """What the demo shows: `rate` is events a second."""

    seconds: float = 60.0
    seed: int = 7
    window_seconds: int = 10
    products: int = 24
    rate: float = 50.0


def run_demo(options: DemoOptions, state: StateFolder, display: Display) -> Report:
    """Start the cloud, let the shop run for a while, drain, stop everything, and report.

    Raises:
        LocalCloudError: a part failed, or the events were not accounted for in time.
    """
    shop = Shop(options.seed, options.products, options.rate)
    cloud = Cloud(
        state,
        CloudOptions(
            window_seconds=options.window_seconds,
            seed=options.seed,
            products=shop.products(),
            run_job=True,
        ),
        display.part,
    )
    ledger = Ledger()
    with cloud:
        job = cloud.wait_for_job()
        follower = Follower(cloud.clients, display, job)
        sender = Sender(cloud.clients["kinesis"], "clickstream")
        with display.live():
            _open_shop(shop, options.seconds, sender, follower, ledger)
            follower.drain(sender.sent, options.window_seconds, state.mappings_file)
    return Report(
        sent=sender.sent,
        totals=follower.totals,
        changes=follower.changes,
        click_to_price=follower.click_to_price(),
        processes_left=cloud.left or 0,
        profits=ledger.per_hour(),
    )


def _open_shop(
    shop: Shop, seconds: float, sender: Sender, follower: Follower, ledger: Ledger
) -> None:
    """Let the shop run; after its first second it pauses until that second's batch is done.

    A JVM's first batch is slow. Without the pause much of a short run would pass before any price
    could move; the shop has a clock of its own, so its events stay the same.
    """
    pause = threading.Event()
    started = time.monotonic()
    for number in range(round(seconds / TICK_SECONDS)):
        offset = number * TICK_SECONDS
        if offset == _FIRST_SECONDS:
            _await_first_batch(sender, follower)
            started = time.monotonic() - offset
        pause.wait(max(started + offset - time.monotonic(), 0.0))
        _tick(shop, offset, sender, follower, ledger)


def _tick(shop: Shop, offset: float, sender: Sender, follower: Follower, ledger: Ledger) -> None:
    clients = follower.clients
    prices = {
        item["product_id"]: item["price_cents"]
        for item in scan(clients, "products", ("product_id", "price_cents"))
    }
    tick = shop.tick(offset, TICK_SECONDS, prices)
    ledger.add(tick.profits, TICK_SECONDS)
    put_items(clients, "orders", tick.orders)
    follower.clicks.add(tick.events, time.time() * 1_000)
    sender.send([to_record(event) for event in tick.events])
    follower.look(sender.sent)


def _await_first_batch(sender: Sender, follower: Follower) -> None:
    deadline = time.monotonic() + _FIRST_BATCH_SECONDS
    pause = threading.Event()
    while not follower.totals.batches and time.monotonic() < deadline:
        pause.wait(0.2)
        follower.look(sender.sent)


def to_record(event: dict[str, object]) -> Record:
    """The event as the stream carries it."""
    return Record(str(event["user_id"]), json.dumps(event, separators=(",", ":")).encode())
