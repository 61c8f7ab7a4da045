"""The events of the sessionization lab, made from a seed, and the sessions that are in them.

A few users click in turn at random, `interval` seconds apart; after every `every` events all of
them pause, so that every session ends there at the latest.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]
_DEVICES = ("desktop", "mobile", "tablet")
# Pages of a shop, and how often each is seen.
_PAGES = {"home": 3, "search": 5, "category": 4, "detail": 6, "cart": 2, "checkout": 1}
_OTHER_DEVICE = 0.02


@dataclass(frozen=True)
class LabOptions:
    """What the generator sends: `interval` and `pause` are seconds of event time."""

    users: int = 3
    events: int = 3_000
    interval: float = 2.0
    pause: float = 15.0
    every: int = 60
    seed: int = 7

    def offset_ms(self, number: int) -> int:
        """Event time of the event of that number, from 0, after the first one."""
        return round((number * self.interval + number // self.every * self.pause) * 1_000)

    @property
    def length_ms(self) -> int:
        """Event time from the first event to the last."""
        return self.offset_ms(self.events - 1)


def make_events(options: LabOptions, users: Sequence[str], start_ms: int) -> list[Event]:
    """The events in the order of their times; `start_ms` is the first one's."""
    chance = random.Random(options.seed)  # noqa: S311 - the same seed gives the same events
    devices = {user: chance.choice(_DEVICES) for user in users}
    return [
        _event(chance, devices, start_ms + options.offset_ms(number))
        for number in range(options.events)
    ]


def _event(chance: random.Random, devices: dict[str, str], at: int) -> Event:
    user = chance.choice(list(devices))
    other = chance.random() < _OTHER_DEVICE
    page = chance.choices(list(_PAGES), list(_PAGES.values()))[0]
    return {
        "user_id": user,
        "event_timestamp": at,
        "event_name": page,
        "event_type": "click",
        "device_type": chance.choice(_DEVICES) if other else devices[user],
    }


def start_for(options: LabOptions, now_ms: int, speed: float) -> int:
    """The first event's time, so that the last one's is that of its sending when sent from now.

    Slower than the lab's pace (speed below 1) the first one is of now: none is ahead of its time.
    """
    return now_ms - max(round(options.length_ms * (1 - 1 / speed)), 0)


def session_starts(
    events: Iterable[Event], gap_ms: int, max_length_ms: int
) -> list[tuple[str, int]]:
    """User and start of every session.

    A session ends at a pause longer than the gap, and before an event that would make it longer
    than allowed.
    """
    latest: dict[str, tuple[int, int]] = {}
    starts = []
    for event in sorted(events, key=lambda event: event["event_timestamp"]):
        user, at = event["user_id"], event["event_timestamp"]
        start, last = latest.get(user, (0, 0))
        if user not in latest or at - last > gap_ms or at - start > max_length_ms:
            start = at
            starts.append((user, start))
        latest[user] = (start, at)
    return starts


def free_users(count: int, taken: Iterable[str]) -> list[str]:
    """`user1`, `user2` and so on, without those that are taken."""
    used = set(taken)
    names = (f"user{number}" for number in range(1, count + len(used) + 1))
    return [name for name in names if name not in used][:count]
