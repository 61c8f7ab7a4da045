"""The records of one request: users side by side, the rows of one user in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lambdas.session_writer.record import RowError, Session, parse_record
from lambdas.session_writer.settings import Settings
from lambdas.session_writer.store import SessionStore, StoreError

THREADS = 16
IGNORED, FAILED = "ignored", "failed"

Numbered = list[tuple[int, Session]]


@dataclass(frozen=True)
class Parts:
    """What the function works with; tests hand in their own."""

    settings: Settings
    store: SessionStore
    logger: Any  # a logging.Logger, or the one of powertools


class Batch:
    """One request. `has_time` says whether another write may begin."""

    def __init__(
        self, parts: Parts, records: Sequence[Mapping[str, Any]], has_time: Callable[[], bool]
    ) -> None:
        self._parts = parts
        self._records = records
        self._has_time = has_time

    def settle(self) -> list[str]:
        """What became of each record: `written`, `superseded`, `ignored` or `failed`."""
        outcomes: dict[int, str] = {}
        by_user: dict[str, Numbered] = {}
        for number in range(len(self._records)):
            session = self._parsed(number)
            if isinstance(session, Session):
                by_user.setdefault(session.user_id, []).append((number, session))
            else:
                outcomes[number] = session
        with ThreadPoolExecutor(THREADS) as pool:
            for settled in pool.map(self._write_user, by_user.values()):
                outcomes.update(settled)
        return [outcomes[number] for number in range(len(self._records))]

    def _parsed(self, number: int) -> Session | str:
        try:
            session = parse_record(self._records[number], self._parts.settings.time_to_live)
        except RowError as error:
            return self._failed(number, error)
        return session or IGNORED

    def _write_user(self, sessions: Iterable[tuple[int, Session]]) -> dict[int, str]:
        # A row that failed holds up no later one: its revision says that it is older.
        return {number: self._write(number, session) for number, session in sessions}

    def _write(self, number: int, session: Session) -> str:
        try:
            if not self._has_time():
                raise StoreError("the invocation is about to end; the row was not tried")
            return self._parts.store.put(session)
        except StoreError as error:
            return self._failed(number, error)
        except Exception as error:
            self._parts.logger.exception("a fault of the function")
            return self._failed(number, error)

    def _failed(self, number: int, error: Exception) -> str:
        extra = {"record_id": self._records[number]["recordId"], "reason": str(error)}
        self._parts.logger.warning("row failed", extra=extra)
        return FAILED
