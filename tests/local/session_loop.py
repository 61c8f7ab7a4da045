"""The deployed session job on a cloud of its own, and whether its table is as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localaws.cloud import Cloud, CloudOptions
from localaws.sessions.rows import Row, read_sessions
from localaws.sessions.settings import SessionSettings
from localaws.state import StateFolder
from localaws.tables import scan
from localaws.workloads import SESSIONS
from tests.local.job_loop import JobLoop
from tests.local.proxy import Proxy, serving
from tests.local.session_traffic import RULES, Sessions, by_the_book, in_the_table, record
from tests.unit.transforms.session_reference import Event

CLOCK = "the clock"


class SessionLoop(JobLoop):
    """Stream, job, function and table, the job behind a proxy.

    Attributes:
        events: every event that was put, once.
    """

    def __init__(self, cloud: Cloud, proxy: Proxy) -> None:
        super().__init__(cloud, proxy)
        self.events: list[Event] = []

    def put(self, events: Sequence[Event]) -> None:
        self.events += events
        self.put_again(events)

    def put_again(self, events: Sequence[Event]) -> None:
        """Put events that were put before."""
        self.sender.send([record(event) for event in events])

    def close_sessions(self) -> None:
        """Move the event clock so far that no session but that of the clock itself is open."""
        far = max(event.at for event in self.events) + RULES.keep + 1
        self.put([Event(CLOCK, far, key=far)])
        self.settle()

    def rows(self) -> list[Row]:
        """The table's items."""
        return read_sessions(self.clients)

    def sessions(self, *without: str) -> Sessions:
        """The sessions in the table; those of the clock and of these users are left out."""
        return _of_others(in_the_table(self.rows()), CLOCK, *without)

    def expected(self, *without: str) -> Sessions:
        """The sessions that must be in the table."""
        return _of_others(by_the_book(self.events), CLOCK, *without)

    def differences(self, *without: str) -> list[str]:
        """Where the table is not as it must be now; these users are left out.

        A session that is not closed has told less; none but a user's last one may be.
        """
        found, expected = self.sessions(*without), self.expected(*without)
        last = {user: max(at for who, at in expected if who == user) for user, _ in expected}
        lines = [
            f"{key}: {'only here' if key in found else 'missing'}"
            for key in found.keys() ^ expected.keys()
        ]
        for key in found.keys() & expected.keys():
            closed = found[key].keys() == expected[key].keys()
            if not (closed or last[key[0]] == key[1]) or found[key].items() - expected[key].items():
                lines.append(f"{key}: {found[key]}, not {expected[key]}")
        return sorted(lines)

    def rejects(self) -> list[dict[str, Any]]:
        return list(scan(self.clients, "rejects"))


def _of_others(sessions: Sessions, *users: str) -> Sessions:
    return {key: session for key, session in sessions.items() if key[0] not in users}


@contextmanager
def session_loop(folder: Path, mode: str = "live") -> Iterator[SessionLoop]:
    """A fresh cloud with the session job deployed; afterwards no process of it is left."""
    settings = SessionSettings(
        gap="30 minutes", mode=mode, lateness="10 minutes", max_length="2 hours"
    )
    cloud = Cloud(
        StateFolder(folder / "state"),
        CloudOptions(job=SESSIONS, parameters=settings.parameters(window_seconds=1)),
    )
    with cloud, serving(Proxy(cloud.endpoint)) as proxy:
        yield SessionLoop(cloud, proxy)
    assert cloud.left == 0
