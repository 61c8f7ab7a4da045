"""What became of the events: the totals of `job_batches`, and of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from localaws.clients import Clients
from localaws.tables import scan
from localaws.workloads import PRICE

_COLUMNS = (
    *("job", "counted", "rejected", "late", "results"),
    *("reopened", "anomalies", "undelivered"),
)


@dataclass(frozen=True)
class Totals:
    """Sums over the job's finished batches.

    Attributes:
        candidates: rows that the batches gave, whichever the job.
        reopened: closed sessions that a late event made another of.
        anomalies: of the rows, those of anomalies.
        undelivered: rows that a destination did not take.
    """

    counted: int = 0
    rejected: int = 0
    late: int = 0
    candidates: int = 0
    batches: int = 0
    reopened: int = 0
    anomalies: int = 0
    undelivered: int = 0

    @property
    def accounted(self) -> int:
        """Events whose fate is known."""
        return self.counted + self.rejected + self.late

    def __sub__(self, other: Totals) -> Totals:
        return Totals(
            **{f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(self)}
        )


def read_totals(clients: Clients, job: str = PRICE) -> Totals:
    """The job's totals so far."""
    items = [item for item in scan(clients, "job_batches", _COLUMNS) if item["job"] == job]

    def total(column: str) -> int:
        return sum(int(item.get(column) or 0) for item in items)

    return Totals(
        counted=total("counted"),
        rejected=total("rejected"),
        late=total("late"),
        candidates=total("results"),
        batches=len(items),
        reopened=total("reopened"),
        anomalies=total("anomalies"),
        undelivered=total("undelivered"),
    )


def read_price_changes(clients: Clients) -> list[dict[str, Any]]:
    """The ledger in the order of its commits."""
    changes = scan(clients, "price_changes")
    return sorted(changes, key=lambda change: (change["committed_at"], change["candidate_id"]))
