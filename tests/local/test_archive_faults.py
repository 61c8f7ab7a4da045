"""Whatever is killed or sent twice: the history holds each event that was sent, once."""

from __future__ import annotations

import random
from pathlib import Path

from catalog.lake import CLICK_REJECTS, CLICKS
from tests.local.archive_loop import ArchiveLoop, archive_loop, commits
from tests.local.job_loop import feed_until, is_work
from tests.local.proxy import Hold, no_fault

KILLS = 2
# A start of the job takes some 100 requests beside those to Kinesis, a batch some 60.
LAST_MOMENT = 200
PART = 20


def test_a_job_killed_in_its_commits_and_at_random_moments_archives_each_event_once(
    tmp_path: Path,
) -> None:
    rng = random.Random(20_261)
    with archive_loop(tmp_path) as loop:
        parts = iter([list(range(first, first + PART)) for first in range(0, 4_000, PART)])
        loop.start_job()
        loop.put(next(parts))
        loop.settle()
        moments = [
            Hold(commits(CLICKS), 1),
            Hold(commits(CLICKS), 1, done=True),
            Hold(commits(CLICK_REJECTS), 1, done=True),
            Hold(lambda request: request.writes("job_batches"), 1),
            *(Hold(is_work, rng.randint(1, LAST_MOMENT)) for _ in range(KILLS)),
        ]
        for moment in moments:
            loop.proxy.fault = moment
            feed_until(moment, loop, parts, lambda part: _put_twice(loop, part))
            killed = loop.child
            loop.kill_when(moment)
            loop.proxy.fault = no_fault
            loop.restart_job(killed)
        loop.settle()
        _assert_each_once(loop)
        assert loop.totals().accounted == loop.sent


def _put_twice(loop: ArchiveLoop, part: list[int]) -> None:
    """Put new events, and again one that was put long before and one of these."""
    loop.put([*part, 3, part[0]])


def _assert_each_once(loop: ArchiveLoop) -> None:
    assert loop.history() == loop.expected()
    assert loop.set_aside() == {"duplicate": loop.again}
