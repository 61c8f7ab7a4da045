"""What became of the events: the totals of `job_batches`, and of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from localaws.clients import Clients
from localaws.tables import scan


@dataclass(frozen=True)
class Totals:
    """Sums over the job's finished batches."""

    counted: int = 0
    rejected: int = 0
    late: int = 0
    candidates: int = 0
    batches: int = 0

    @property
    def accounted(self) -> int:
        """Events whose fate is known."""
        return self.counted + self.rejected + self.late

    def __sub__(self, other: Totals) -> Totals:
        return Totals(
            **{f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(self)}
        )


def read_totals(clients: Clients) -> Totals:
    """The totals so far."""
    items = list(scan(clients, "job_batches", ("counted", "rejected", "late", "results")))

    def total(column: str) -> int:
        return sum(int(item[column]) for item in items)

    return Totals(
        counted=total("counted"),
        rejected=total("rejected"),
        late=total("late"),
        candidates=total("results"),
        batches=len(items),
    )


def read_price_changes(clients: Clients) -> list[dict[str, Any]]:
    """The ledger in the order of its commits."""
    changes = scan(clients, "price_changes")
    return sorted(changes, key=lambda change: (change["committed_at"], change["candidate_id"]))
