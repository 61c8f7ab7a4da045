"""What sessions there are in sorted input, and how many of a job's are not those."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.session_events import Sent


@dataclass(frozen=True)
class Check:
    """Sessions of the input; of them those that the job told `wrong` or not at all, and those it
    told besides; `batches_late` is the most batches that a start row left after its event."""

    sessions: int
    wrong: int
    batches_late: int


def sessions_of(sent: Sent, gap_ms: int) -> NDArray[np.int64]:
    """One row a session: user, start, end, events, and the place of its first event."""
    order = np.lexsort((sent.at, sent.user))
    user, at = sent.user[order], sent.at[order]
    starts = np.ones(len(at), dtype=bool)
    starts[1:] = (np.diff(user) != 0) | (np.diff(at) > gap_ms)
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(at)) - 1
    return np.stack([user[first], at[first], at[last], last - first + 1, order[first]], axis=1)


def check(sent: Sent, gap_ms: int, rows: pa.Table, events_a_batch: int) -> Check:
    """Compares what a job told with what there is.

    `rows` has `batch`, `user_id`, `start`, `end`, `events`, `status` and `revision`. Of the rows
    of one key the one with the highest revision counts; every session must be closed.
    """
    truth = sessions_of(sent, gap_ms)
    user = np.array([int(name[5:]) for name in rows["user_id"].to_pylist()])
    told = np.stack([user, *(rows[n].to_numpy() for n in ("start", "end", "events"))], axis=1)
    status = np.array(rows["status"].to_pylist())
    order = np.lexsort((rows["revision"].to_numpy(), told[:, 1], told[:, 0]))
    key = told[order, :2]
    newest = order[np.append((key[1:] != key[:-1]).any(axis=1), True)]
    standing = told[newest[status[newest] == "closed"]]
    unclosed = int((status[newest] == "open").sum())
    expected = {tuple(row) for row in truth[:, :4].tolist()}
    found = {tuple(row) for row in standing.tolist()}
    wrong = len(expected ^ found) + unclosed
    return Check(len(truth), wrong, _batches_late(truth, told, rows, events_a_batch))


def _batches_late(
    truth: NDArray[np.int64], told: NDArray[np.int64], rows: pa.Table, events_a_batch: int
) -> int:
    first_told: dict[tuple[int, int], int] = {}
    batches = rows["batch"].to_pylist()
    for (user, start, *_), batch in zip(told.tolist(), batches, strict=True):
        before = first_told.get((user, start), batch)
        first_told[user, start] = min(batch, before)
    late = 0
    for user, start, _, _, place in truth.tolist():
        told_in = first_told.get((user, start))
        if told_in is not None:
            late = max(late, told_in - place // events_a_batch)
    return late
