"""Sessions of users, moved on by a batch of events: Arrow tables in and out, no Spark.

segments of the state + events -> taken in -> sessions before and after -> rows that changed, state
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from transforms.session_intake import Clock, Intake, Rules, Users, take_in
from transforms.session_segments import (
    Flags,
    Groups,
    Numbers,
    Segments,
    numbers,
    session_starts,
)
from transforms.session_tables import ASIDE, ROWS, STATE, columns_of, output

NEVER: Final = 2**62  # a time that no clock is ever past
Mode = Literal["lab", "lab_all", "live", "closed"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


@dataclass(frozen=True)
class Outcome:
    """What came of a batch: `rows` that changed, the `state` to keep, events set `aside`."""

    rows: pa.Table
    state: pa.Table
    aside: pa.Table


@dataclass(frozen=True)
class Sessions:
    """Sessions at one moment: places in their segments, and what they add up to."""

    segments: Segments
    groups: Groups
    user: Numbers
    start: Numbers
    end: Numbers
    has_next: Flags
    closed: Flags

    @classmethod
    def of(cls, segments: Segments, rules: Rules, latest: Numbers, now: int) -> Sessions:
        """The sessions of segments; closed are those that an event of now would not extend."""
        groups = Groups.of(segments, session_starts(segments, rules.gap, rules.max_length))
        user, end = segments.user[groups.first], segments.end[groups.last]
        has_next = np.append(np.diff(user) == 0, False) if len(user) else np.zeros(0, dtype=bool)
        closed = has_next | (end + rules.gap < np.maximum(now, latest[user]))
        return cls(segments, groups, user, segments.start[groups.first], end, has_next, closed)

    @property
    def of_segment(self) -> Numbers:
        """The place of each segment's session."""
        begins = np.zeros(len(self.segments), dtype=np.int64)
        begins[self.groups.first] = 1
        return np.cumsum(begins) - 1

    def final(self, rules: Rules, users: Users, now: int) -> Flags:
        """Whether no event that is not late can change the session any more."""
        bound = users.latest[self.user] - rules.lateness
        next_start = np.append(self.start[1:], 0)
        forgotten = users.latest[self.user] + rules.keep < now
        return forgotten | (self.end + rules.gap < bound) | (self.has_next & (next_start < bound))


@dataclass(frozen=True)
class Moved:
    """The sessions of some users before a batch and after it."""

    table: pa.Table
    before: Sessions
    after: Sessions
    users: Users
    is_final: Flags
    is_event: Flags  # of the segments after


def advance(table: pa.Table, rules: Rules, clock: Clock, mode: Mode) -> Outcome:
    """What a batch comes to: segments of the state and events of some users, a table of `INPUT`.

    The table holds all segments of the state of each user in it, those that newer ones replace
    too: the highest version counts. Rows of the table may stand in any order.
    """
    encoded = table["user_id"].combine_chunks().dictionary_encode()
    user = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    intake = take_in(table, user, rules, clock)
    moved = _moved(table, user, intake, rules, clock)
    rows = _rows(moved, mode)
    if mode == "lab_all":
        rows.append(_event_rows(moved))
    return Outcome(pa.concat_tables(rows), _state(moved, rules, mode), _aside(table, intake))


def _moved(table: pa.Table, user: Numbers, intake: Intake, rules: Rules, clock: Clock) -> Moved:
    segments = Segments.of(table, user, intake.stands | intake.accepted)
    is_event = intake.accepted[segments.row]
    users = _users_after(table, user, intake)
    before = Sessions.of(segments.only(~is_event), rules, intake.users.latest, clock.before)
    after = Sessions.of(segments, rules, users.latest, clock.now)
    return Moved(table, before, after, users, after.final(rules, users, clock.now), is_event)


def _users_after(table: pa.Table, user: Numbers, intake: Intake) -> Users:
    found = (user, numbers(table, "start"), numbers(table, "arrived_at"))
    return intake.users.after(*(values[intake.accepted] for values in found))


def _rows(moved: Moved, mode: Mode) -> list[pa.Table]:
    """The rows of sessions: new ones, those that changed, and those that are none any more."""
    before, after = moved.before, moved.after
    if mode == "closed":
        return [_session_rows(moved, after, moved.is_final, "closed")]
    at, known = _places(after, before)
    same = _same_first(after, before, at, known)
    gone = _session_rows(moved, before, ~_places(before, after)[1], "withdrawn")
    if mode != "live":
        return [_session_rows(moved, after, ~same, "open"), gone]
    was_closed = _matched(before.closed, at, known)
    same_close = same & was_closed & _same_sums(after, before, at, known)
    reopened = was_closed & ~(after.closed & same_close)
    return [
        _session_rows(moved, after, after.closed & ~same_close, "closed", reopened),
        _session_rows(moved, after, ~after.closed & (~same | reopened), "open", reopened),
        gone,
    ]


def _places(sessions: Sessions, among: Sessions) -> tuple[Numbers, Flags]:
    """Where each session stands among others, by user and start, and whether it does."""
    keys = [_keys(each, sessions, among) for each in (sessions, among)]
    at = np.searchsorted(keys[1], keys[0])
    known = at < len(keys[1])
    known[known] = keys[1][at[known]] == keys[0][known]
    return at, known


def _keys(sessions: Sessions, *all_of_them: Sessions) -> Numbers:
    """User and start as one number, in the order of both."""
    starts = np.concatenate([each.start for each in all_of_them])
    if not len(starts):
        return sessions.start
    return sessions.user * (int(np.ptp(starts)) + 1) + (sessions.start - int(starts.min()))


def _matched(values: NDArray[Any], at: Numbers, known: Flags) -> NDArray[Any]:
    """The values at these places, zero where there is none."""
    found = np.zeros(len(known), dtype=values.dtype)
    found[known] = values[at[known]]
    return found


def _same_first(after: Sessions, before: Sessions, at: Numbers, known: Flags) -> Flags:
    """Whether the session is known and its first event, with device and page, is the same."""
    first = before.segments.row[before.groups.first]
    same: Flags = after.segments.row[after.groups.first] == _matched(first, at, known)
    return np.logical_and(known, same)


def _same_sums(after: Sessions, before: Sessions, at: Numbers, known: Flags) -> Flags:
    """Whether nothing came to a known session that begins as it did."""
    same: Flags = after.groups.events == _matched(before.groups.events, at, known)
    return np.logical_and(known, same)


def _session_rows(
    moved: Moved, sessions: Sessions, wanted: Flags, status: str, reopened: Flags | None = None
) -> pa.Table:
    groups, user = sessions.groups, sessions.user[wanted]
    counter = moved.users.counter[user]
    return output(
        ROWS,
        moved.table,
        columns_of(sessions.segments, groups, wanted),
        status=status,
        revision=2 * counter + (status == "closed"),
        reopened=None if reopened is None else reopened[wanted],
    )


def _event_rows(moved: Moved) -> pa.Table:
    """Rows of events inside sessions: new ones, and those whose session is another now."""
    after, before = moved.after, moved.before
    inside = ~np.isin(np.arange(len(after.segments)), after.groups.first)
    first = after.segments.row[after.groups.first][after.of_segment]
    was_first = np.full(moved.table.num_rows, -1)
    was_first[before.segments.row] = before.segments.row[before.groups.first][before.of_segment]
    moved_over = was_first[after.segments.row] != first
    wanted = inside & (after.segments.events == 1) & (moved.is_event | moved_over)
    place = np.flatnonzero(wanted)
    session = after.of_segment[place]
    singles = after.segments.only(wanted)
    # The row of an event names the session by its start and by the device it started on.
    head = after.groups.first[session]
    columns = {
        "user": singles.row,
        "start": after.start[session],
        "end": singles.start,
        "key": singles.key,
        "device": after.segments.row[head],
    }
    counter = moved.users.counter[singles.user]
    return output(ROWS, moved.table, columns, status="event", revision=2 * counter)


def _state(moved: Moved, rules: Rules, mode: Mode) -> pa.Table:
    """What may still change: of a session that may, what is settled as one segment."""
    after, latest = moved.after, moved.users.latest
    segments = after.segments
    stays = ~moved.is_final[after.of_segment]
    kept = segments.only(stays)
    settled = kept.end < latest[kept.user] - rules.lateness
    begins = ~settled
    begins |= np.isin(np.flatnonzero(stays), after.groups.first)
    groups = Groups.of(kept, begins)
    user = kept.user[groups.first]
    return output(
        STATE,
        moved.table,
        columns_of(kept, groups, np.ones(len(groups.first), dtype=bool)),
        counter=moved.users.counter[user],
        latest=latest[user],
        due_at=_due(after, user, rules, latest, mode),
    )


def _due(
    after: Sessions, user: Numbers, rules: Rules, latest: Numbers, mode: Mode
) -> NDArray[Any] | None:
    """The clock after which a user without events has something to tell; null for none."""
    if mode == "closed":
        return latest[user] + rules.keep
    if mode != "live":
        return None
    is_open = np.zeros(len(latest), dtype=bool)
    is_open[after.user[~after.closed]] = True
    return np.where(is_open[user], latest[user] + rules.gap, NEVER)


def _aside(table: pa.Table, intake: Intake) -> pa.Table:
    parts = []
    for reason, flags in (("late", intake.late), ("duplicate", intake.duplicate)):
        row = np.flatnonzero(flags)
        columns = {"user": row, "start": numbers(table, "start")[row], "sequence_number": row}
        earliest = intake.earliest[row]
        parts.append(output(ASIDE, table, columns, reason=reason, earliest=earliest))
    return pa.concat_tables(parts)
