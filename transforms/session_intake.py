"""Which segments of the state stand, and which events are taken: no event twice, none too late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.session_segments import NO_TIME, Flags, Numbers, numbers

# Numbers for the events of a user in a millisecond: more than there ever are. A revision, twice the
# counter and one, is below 2**53 until the year 2039: JSON readers of all languages keep it exact.
_NUMBERS_A_MS: Final = 2_048


@dataclass(frozen=True)
class Rules:
    """What a session is, and which events are too late for one; milliseconds.

    Attributes:
        gap: an event more than this after the one before it starts a session.
        max_length: an event more than this after a session's start starts another.
        lateness: how far an event may lie behind its user's latest one.
        history: how much longer than needed a user without events is remembered.
    """

    gap: int
    max_length: int
    lateness: int
    history: int = 0

    @property
    def keep(self) -> int:
        """How long after its latest event a user can matter."""
        return self.gap + self.lateness + self.history


@dataclass(frozen=True)
class Clock:
    """How far the stream had been read before this batch and after it, event time, epoch ms."""

    before: int
    now: int


@dataclass(frozen=True)
class Users:
    """What is known of each user, by code.

    Attributes:
        latest: the latest event, epoch ms; `NO_TIME` for none.
        counter: grows with each event taken, to a number that its arrival gives; 0 for none.
    """

    latest: Numbers
    counter: Numbers

    def after(self, user: Numbers, start: Numbers, arrived_at: Numbers) -> Users:
        """What is known once these events are taken, in whatever order they stand.

        The rule of the counter, event by event as they arrive: one more, and no less than what the
        event's millisecond begins with. So it follows from the stream: neither batches nor what
        was forgotten on the way change it.
        """
        latest, arrival = self.latest.copy(), np.zeros_like(self.counter)
        np.maximum.at(latest, user, start)
        np.maximum.at(arrival, user, arrived_at)
        taken = np.bincount(user, minlength=len(latest))
        at_last = np.bincount(user[arrived_at == arrival[user]], minlength=len(latest))
        by_arrival = arrival * _NUMBERS_A_MS + at_last - 1  # below the counter where none is taken
        return Users(latest, np.maximum(self.counter + taken, by_arrival))


@dataclass(frozen=True)
class Intake:
    """Of each row of the table whether it is used, and why not; `users` are those before.

    Attributes:
        stands: a segment of the state that still matters, in its newest version.
        accepted: an event taken.
        late: an event before `earliest`, its user's bound at that moment.
        duplicate: an event that is there already.
    """

    stands: Flags
    accepted: Flags
    late: Flags
    duplicate: Flags
    earliest: Numbers
    users: Users


def take_in(table: pa.Table, user: Numbers, rules: Rules, clock: Clock) -> Intake:
    """Judges segments of the state and events; `user` are codes from 0.

    Late is what lies before the bound of its user when it arrives: `lateness` before the latest
    event that arrived before it. So neither batches nor other users make an event late, but for a
    user of whom nothing is known, who may have been forgotten: there the clock gives the bound.
    """
    is_event = numbers(table, "version", null=-1) < 0
    stands, users = _standing(table, user, is_event, rules, clock)
    duplicate = _duplicates(table, user, is_event, stands)
    candidates = is_event & ~duplicate
    late, earliest = _late(table, user, candidates, users, rules, clock)
    return Intake(stands, candidates & ~late, late, duplicate, earliest, users)


def _standing(
    table: pa.Table, user: Numbers, is_event: Flags, rules: Rules, clock: Clock
) -> tuple[Flags, Users]:
    """The newest version of each user's segments, unless the user is forgotten."""
    count = int(user.max()) + 1 if len(user) else 0
    version, latest = numbers(table, "version", null=-1), numbers(table, "latest", null=NO_TIME)
    newest = np.full(count, -1)
    np.maximum.at(newest, user[~is_event], version[~is_event])
    stands = ~is_event & (version == newest[user]) & (latest + rules.keep >= clock.before)
    known = Users(np.full(count, NO_TIME), np.zeros(count, dtype=np.int64))
    known.latest[user[stands]] = latest[stands]
    known.counter[user[stands]] = numbers(table, "counter")[stands]
    return stands, known


def _duplicates(table: pa.Table, user: Numbers, is_event: Flags, stands: Flags) -> Flags:
    """Events whose key their user has had: in the state, or earlier in the stream."""
    rows = np.flatnonzero(is_event | stands)
    key = numbers(table, "key")
    order = rows[np.lexsort((is_event[rows], key[rows], user[rows]))]
    again = np.zeros(table.num_rows, dtype=bool)
    same = (np.diff(user[order]) == 0) & (np.diff(key[order]) == 0)
    if not same.any():
        return again
    # Only where keys meet is the order of arrival needed, which is an order of texts.
    meet = order[np.append(same, False) | np.append(False, same)]
    by_arrival = _arrival(table, meet)
    meet = meet[np.lexsort((by_arrival, is_event[meet], key[meet], user[meet]))]
    again[meet[1:]] = (np.diff(user[meet]) == 0) & (np.diff(key[meet]) == 0)
    return again & is_event


def _late(
    table: pa.Table, user: Numbers, wanted: Flags, users: Users, rules: Rules, clock: Clock
) -> tuple[Flags, Numbers]:
    """Whether an event is late, and its bound."""
    start = numbers(table, "start")
    unknown = clock.before - rules.lateness - rules.history
    floor = np.where(users.latest == NO_TIME, unknown, users.latest - rules.lateness)
    latest = users.latest.copy()
    np.maximum.at(latest, user[wanted], start[wanted])
    earliest = floor[user]
    in_doubt = wanted & ((start < earliest) | (start < latest[user] - rules.lateness))
    if in_doubt.any():
        rows = np.flatnonzero(wanted & np.isin(user, user[in_doubt]))
        rows = rows[np.lexsort((_arrival(table, rows), user[rows]))]
        so_far = _latest_before(user[rows], start[rows]) - rules.lateness
        earliest[rows] = np.maximum(earliest[rows], so_far)
    return wanted & (start < earliest), earliest


def _latest_before(user: Numbers, start: Numbers) -> Numbers:
    """The greatest `start` of the rows of the same user above a row; `NO_TIME` for the first."""
    low, span = int(start.min()), int(np.ptp(start)) + 1
    # Each user's numbers lie above those of all users before, so that one maximum runs over all.
    group = np.cumsum(np.append(0, np.diff(user) != 0))
    running = np.maximum.accumulate(group * span + (start - low))
    before = np.append(0, running[:-1]) - group * span + low
    first = np.append(True, np.diff(user) != 0)
    return np.where(first, NO_TIME, before)


def _arrival(table: pa.Table, rows: Numbers) -> Numbers:
    """The place of rows in the order of their sequence numbers, which are numbers as text."""
    found = table["sequence_number"].take(pa.array(rows)).combine_chunks()
    columns = pa.table({"length": pc.utf8_length(found), "text": found})
    keys = [("length", "ascending"), ("text", "ascending")]
    place = np.empty(len(rows), dtype=np.int64)
    place[pc.sort_indices(columns, sort_keys=keys).to_numpy()] = np.arange(len(rows))
    return place
