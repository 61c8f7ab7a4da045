"""The records of one invocation: asked about together, settled one by one in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from lambdas.price_updater.decision import Change, Kept, decide, is_stale
from lambdas.price_updater.errors import PermanentError, PriceUpdaterError, TransientError
from lambdas.price_updater.failures import FailureQueue
from lambdas.price_updater.model import Answers, PriceModel
from lambdas.price_updater.record import Candidate, parse_candidate
from lambdas.price_updater.settings import Settings
from lambdas.price_updater.store import CHANGED, PriceStore, Products

Record = Mapping[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Parts:
    """What the function works with; tests hand in their own."""

    settings: Settings
    store: PriceStore
    model: PriceModel
    failures: FailureQueue
    clock: Callable[[], datetime]
    logger: Any  # a logging.Logger, or the one of powertools


class Batch:
    """One invocation. `outcomes` counts its records, `click_to_price_ms` has its changes."""

    def __init__(self, parts: Parts, records: Sequence[Record]) -> None:
        self._parts = parts
        self._candidates = {
            record["dynamodb"]["SequenceNumber"]: _parsed(record)
            for record in records
            if _is_new(record)
        }
        known = [
            candidate
            for candidate in self._candidates.values()
            if isinstance(candidate, Candidate) and candidate.known_product
        ]
        self._products: Products = parts.store.read([each.product_id for each in known])
        self._answers: Answers = parts.model.ask([each for each in known if self._stands(each)])
        self._failed_products: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.click_to_price_ms: list[float] = []

    def settle(self, record: Record) -> str:
        """What became of the record: `changed`, `repeated`, `stale`, `set_aside`, `ignored` or
        a reason why the price was kept.

        Raises:
            TransientError: it must be sent again.
        """
        if not _is_new(record):
            return self._count("ignored")
        try:
            return self._count(self._settle(record))
        except TransientError as error:
            self._failed_products.add(_product_id(record))
            self._count("failed")
            self._parts.logger.warning("candidate failed", extra=_extra(record, error))
            raise

    def _settle(self, record: Record) -> str:
        if _product_id(record) in self._failed_products:
            raise TransientError("out_of_order", "an earlier candidate of the product failed")
        try:
            return self._price(record)
        except PermanentError as error:
            return self._set_aside(record, error)
        except TransientError as error:
            failure = error
        except Exception as error:
            self._parts.logger.exception("a fault of the function")
            failure = TransientError("internal_error", f"{type(error).__name__}: {error}")
        if self._age(record) < self._parts.settings.give_up_after:
            raise failure
        return self._set_aside(record, failure)

    def _price(self, record: Record) -> str:
        candidate = _value(self._candidates[record["dynamodb"]["SequenceNumber"]])
        if not candidate.known_product:
            raise PermanentError(
                "unknown_product",
                f"product {candidate.product_id!r}: not in the product catalog when it was clicked",
            )
        product = _value(self._products[candidate.product_id])
        if is_stale(candidate, product):
            return "stale"
        answer = self._answers.get(candidate.key)
        if answer is None:
            raise TransientError("not_asked", "the product has moved inside the batch")
        decision = decide(candidate, product, _value(answer), self._parts.settings)
        return decision.reason if isinstance(decision, Kept) else self._write(decision)

    def _write(self, change: Change) -> str:
        now = self._parts.clock()
        outcome = self._parts.store.commit(change, now)
        if outcome == CHANGED:
            self._note(change, now)
        return outcome

    def _note(self, change: Change, now: datetime) -> None:
        product = change.product
        self._products[product.product_id] = replace(
            product, price_cents=change.new_price_cents, price_version=change.price_version
        )
        waited = now.timestamp() * 1000 - change.candidate.last_arrival_at
        self.click_to_price_ms.append(waited)
        self._parts.logger.info(
            "price changed",
            extra={
                "product_id": product.product_id,
                "candidate_id": change.candidate.candidate_id,
                "old_price_cents": product.price_cents,
                "new_price_cents": change.new_price_cents,
                "reason": change.reason,
                "click_to_price_ms": round(waited),
            },
        )

    def _set_aside(self, record: Record, error: PriceUpdaterError) -> str:
        # All after the first failure comes again: set aside then, it is not in the queue twice.
        if self._failed_products:
            raise TransientError("deferred", f"an earlier record failed; then: {error}")
        self._parts.failures.send(record, error, self._parts.clock())
        self._parts.logger.warning("candidate set aside", extra=_extra(record, error))
        return "unknown_product" if error.code == "unknown_product" else "set_aside"

    def _stands(self, candidate: Candidate) -> bool:
        product = self._products[candidate.product_id]
        return not isinstance(product, PriceUpdaterError) and not is_stale(candidate, product)

    def _age(self, record: Record) -> timedelta:
        created = record["dynamodb"].get("ApproximateCreationDateTime")
        if created is None:
            return timedelta(0)
        return self._parts.clock() - datetime.fromtimestamp(float(created), UTC)

    def _count(self, outcome: str) -> str:
        self.outcomes[outcome] += 1
        return outcome


def _is_new(record: Record) -> bool:
    """Candidates are written once: only inserts mean anything, not expiry or a hand's edit."""
    return bool(record.get("eventName") == "INSERT")


def _parsed(record: Record) -> Candidate | PermanentError:
    try:
        return parse_candidate(record["dynamodb"].get("NewImage", {}))
    except PermanentError as error:
        return error


def _value(found: Value | PriceUpdaterError) -> Value:
    """What was found, or the failure in its place raised."""
    if isinstance(found, PriceUpdaterError):
        raise found
    return found


def _product_id(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["product_id"]["S"])


def _extra(record: Record, error: PriceUpdaterError) -> dict[str, Any]:
    return {
        "product_id": _product_id(record),
        "sequence_number": record["dynamodb"]["SequenceNumber"],
        "code": error.code,
        "reason": str(error),
    }
