"""One record of the candidates' stream, and one item of `products`, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from catalog.price_loop import PRICE_CANDIDATES
from catalog.price_model import PRICE_REQUEST
from lambdas.price_updater.errors import PermanentError

Key = tuple[str, str]
PRICED_ON = ("price_cents", "cost_cents", "min_price_cents", "max_price_cents")

_READ = dict.fromkeys(
    (*PRICE_REQUEST.names, "known_product", "price_version", "last_arrival_at")
)  # not event_keys: the model has no use for it, and an event carries it in base64
_REQUIRED = tuple(name for name in PRICE_CANDIDATES.schema.required if name in _READ)


@dataclass(frozen=True)
class Candidate:
    """A price candidate. `asked` is the line that the model gets, JSON types alone."""

    product_id: str
    candidate_id: str
    window_end: datetime
    known_product: bool
    price_cents: int | None
    price_version: int
    last_arrival_at: int
    asked: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """Identity of the candidate: product and candidate id."""
        return self.product_id, self.candidate_id


@dataclass(frozen=True)
class Product:
    """A product as it stands: its price, the bounds the price may move in, its price's version.

    `item` is what was read, as DynamoDB types: the write is conditioned on it.
    """

    product_id: str
    price_cents: int
    cost_cents: int
    min_price_cents: int | None
    max_price_cents: int | None
    price_version: int
    price_updated_at: datetime | None
    item: Mapping[str, Any]


def parse_candidate(image: Mapping[str, Any]) -> Candidate:
    """The candidate of a stream record's `NewImage`.

    Raises:
        PermanentError: a column that every candidate carries is missing or of another type.
    """
    row = _plain(image, _READ)
    missing = [name for name in _REQUIRED if row.get(name) is None]
    if missing:
        raise PermanentError("malformed_candidate", f"price candidate: no {', '.join(missing)}")
    try:
        return Candidate(
            product_id=str(row["product_id"]),
            candidate_id=str(row["candidate_id"]),
            window_end=parse_time(row["window_end"]),
            known_product=row["known_product"] is True,
            price_cents=_cents(row, "price_cents", least=0),
            price_version=_cents(row, "price_version", least=0) or 0,
            last_arrival_at=int(row["last_arrival_at"]),
            asked={name: row.get(name) for name in PRICE_REQUEST.names},
        )
    except (TypeError, ValueError) as error:
        raise PermanentError("malformed_candidate", f"price candidate: {error}") from error


def parse_product(item: Mapping[str, Any]) -> Product:
    """The product of an item of `products`, read with the columns that prices depend on.

    Raises:
        PermanentError: the price or the cost is missing, or an attribute is not what it must be;
            without a cost no price can be known to be above it.
    """
    row = _plain(item, item)
    where = f"product {row.get('product_id')!r}"
    missing = [name for name in ("price_cents", "cost_cents") if row.get(name) is None]
    if missing:
        raise PermanentError("unpriceable_product", f"{where}: no {', '.join(missing)}")
    try:
        moved_at = row.get("price_updated_at")
        return Product(
            product_id=row["product_id"],
            price_cents=_cents(row, "price_cents", least=1) or 0,
            cost_cents=_cents(row, "cost_cents", least=0) or 0,
            min_price_cents=_cents(row, "min_price_cents", least=0),
            max_price_cents=_cents(row, "max_price_cents", least=1),
            price_version=_cents(row, "price_version", least=0) or 0,
            price_updated_at=None if moved_at is None else parse_time(moved_at),
            item=dict(item),
        )
    except (TypeError, ValueError) as error:
        raise PermanentError("unpriceable_product", f"{where}: {error}") from error


def parse_time(text: Any) -> datetime:
    """A moment from ISO-8601 text; without an offset it is UTC.

    Raises:
        ValueError: it is no such text.
    """
    if not isinstance(text, str):
        raise ValueError(f"time {text!r}; ISO-8601 text is allowed")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def time_text(moment: datetime) -> str:
    """A moment as tables carry it: ISO-8601 UTC, milliseconds only where there are any."""
    timespec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _plain(image: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named attributes as JSON types."""
    deserialize = TypeDeserializer().deserialize
    return {name: _json(deserialize(image[name])) for name in names if name in image}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items()}
    return value


def _cents(row: Mapping[str, Any], name: str, least: int) -> int | None:
    """A whole number of at least `least`; null stays null."""
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}; a whole number from {least} is allowed")
    return value
