"""Reads and transactions, the same cases on the fake and on the emulator."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.price_updater.answers import Answer
from lambdas.price_updater.decision import Change
from lambdas.price_updater.errors import PermanentError, TransientError
from lambdas.price_updater.store import CHANGED, REPEATED, STALE, PriceStore


@pytest.fixture
def change(make: SimpleNamespace) -> Callable[..., Change]:
    """A change from 1000 to 1050 of the product as the store reads it."""

    def build(store: PriceStore, **candidate: Any) -> Change:
        product = store.read(["p1"])["p1"]
        return Change(
            make.candidate(**candidate), product, Answer(1050.4, 55.04, 41.2, "m1"), 1050, ()
        )

    return build


def test_price_and_ledger_entry_are_written_together(
    tables: SimpleNamespace, change: Callable[..., Change], make: SimpleNamespace
) -> None:
    tables.put()
    assert tables.store.commit(change(tables.store), make.now) == CHANGED
    (product,) = tables.products()
    assert product == {
        "product_id": "p1",
        "name": "Mug",
        "colour": "blue",
        "cost_cents": 400,
        "min_price_cents": 500,
        "max_price_cents": 2000,
        "price_cents": 1050,
        "price_version": 4,
        "price_updated_at": "2026-01-01T00:00:10Z",
    }
    (entry,) = tables.ledger()
    assert (entry["old_price_cents"], entry["new_price_cents"]) == (1000, 1050)


def test_a_candidate_in_the_ledger_writes_nothing_even_when_the_price_is_back(
    tables: SimpleNamespace, change: Callable[..., Change], make: SimpleNamespace
) -> None:
    tables.put()
    first = change(tables.store)
    tables.store.commit(first, make.now)
    tables.put()  # as if the catalog had been restored
    later = make.now + timedelta(minutes=1)
    assert tables.store.commit(first, later) == REPEATED
    assert tables.products()[0]["price_cents"] == 1000
    assert tables.ledger()[0]["committed_at"] == "2026-01-01T00:00:13Z"


@pytest.mark.parametrize(
    "moved", [{"price_version": 4}, {"price_cents": 990}], ids=["version", "price alone"]
)
def test_a_price_that_has_moved_meanwhile_is_left_alone(
    tables: SimpleNamespace, change: Callable[..., Change], make: SimpleNamespace, moved: Any
) -> None:
    tables.put()
    late = change(tables.store)
    tables.put(**moved)
    assert tables.store.commit(late, make.now) == STALE
    assert tables.products()[0]["price_cents"] == moved.get("price_cents", 1000)
    assert tables.ledger() == []


@pytest.mark.parametrize(
    ("read", "moved"),
    [
        ({}, {"cost_cents": 1100}),
        ({"min_price_cents": None}, {"min_price_cents": 1100}),
        ({"max_price_cents": 2000}, {"max_price_cents": None}),
    ],
    ids=["cost up", "a floor appears", "the ceiling goes"],
)
def test_bounds_that_have_moved_meanwhile_are_read_again_before_a_price_is_written(
    tables: SimpleNamespace,
    change: Callable[..., Change],
    make: SimpleNamespace,
    read: Any,
    moved: Any,
) -> None:
    tables.put(**read)
    late = change(tables.store)
    tables.put(**(read | moved))
    with pytest.raises(TransientError, match="its bounds have changed"):
        tables.store.commit(late, make.now)
    assert tables.products()[0]["price_cents"] == 1000
    assert tables.ledger() == []


def test_a_product_that_has_vanished_is_not_made_anew(
    tables: SimpleNamespace, change: Callable[..., Change], make: SimpleNamespace
) -> None:
    tables.put()
    late = change(tables.store)
    tables.client.delete_item(TableName="products", Key={"product_id": {"S": "p1"}})
    with pytest.raises(PermanentError, match="not in the product catalog"):
        tables.store.commit(late, make.now)
    assert tables.products() == tables.ledger() == []


def test_a_missing_version_is_version_0(
    tables: SimpleNamespace, change: Callable[..., Change], make: SimpleNamespace
) -> None:
    tables.put(price_version=None)
    assert tables.store.commit(change(tables.store), make.now) == CHANGED
    assert tables.products()[0]["price_version"] == 1


def test_reads_say_for_each_product_what_stands_or_why_nothing_does(
    tables: SimpleNamespace,
) -> None:
    tables.put()
    tables.put(product_id="p2", cost_cents=None)
    found = tables.store.read(["p1", "p2", "p3", "p1"])
    assert list(found) == ["p1", "p2", "p3"]
    assert (found["p1"].price_cents, found["p1"].price_version) == (1000, 3)
    assert found["p2"].code == "unpriceable_product"
    assert found["p3"].code == "unknown_product"


def test_more_products_than_one_call_takes_are_read_in_more(tables: SimpleNamespace) -> None:
    ids = [f"p{number:03}" for number in range(201)]
    for each in ids:
        tables.put(product_id=each)
    found = tables.store.read(ids)
    assert [found[each].product_id for each in ids] == ids


class Throttled:
    """Leaves all keys but the first of each call unprocessed."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        request = RequestItems["products"]
        first, left = request["Keys"][:1], request["Keys"][1:]
        response = self.inner.batch_get_item(RequestItems={"products": {**request, "Keys": first}})
        unprocessed = {"products": {**request, "Keys": left}} if left else {}
        return response | {"UnprocessedKeys": unprocessed}


def test_unprocessed_keys_are_asked_for_again_and_then_by_the_next_try(
    make: SimpleNamespace,
) -> None:
    client = make.dynamodb()
    for each in ("a", "b", "c", "d", "e"):
        client.put_item("products", make.attributes({"product_id": each, "price_cents": 5}))
    found = PriceStore(Throttled(client), "products", "price_changes").read("abcde")
    assert [each.code for each in found.values()] == ["unpriceable_product"] * 4 + ["read_failed"]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("TransactionConflict", TransientError),
        ("ThrottlingError", TransientError),
        ("ProvisionedThroughputExceeded", TransientError),
        ("ValidationError", PermanentError),
    ],
)
@pytest.mark.parametrize("position", [0, 1], ids=["ledger", "product"])
def test_a_cancelled_transaction_says_why(
    change: Callable[..., Change],
    make: SimpleNamespace,
    world: Any,
    code: str,
    raised: Any,
    position: int,
) -> None:
    reasons = [{"Code": "None"}, {"Code": "None"}]
    reasons[position] = {"Code": code}
    store = world.parts.store
    late = change(store)
    world.dynamodb.fail_next["transact_write_items"] = [
        make.client_error("TransactionCanceledException", CancellationReasons=reasons)
    ]
    with pytest.raises(raised, match=code):
        store.commit(late, make.now)


@pytest.mark.parametrize("code", ["TransactionInProgressException", "InternalServerError"])
def test_any_other_error_may_pass(
    change: Callable[..., Change], make: SimpleNamespace, world: Any, code: str
) -> None:
    late = change(world.parts.store)
    world.dynamodb.fail_next["transact_write_items"] = [make.client_error(code)]
    with pytest.raises(TransientError, match=code):
        world.parts.store.commit(late, make.now)


def test_a_lost_connection_may_come_back(
    change: Callable[..., Change], make: SimpleNamespace, world: Any
) -> None:
    late = change(world.parts.store)
    world.dynamodb.fail_next["transact_write_items"] = [
        EndpointConnectionError(endpoint_url="http://dynamodb")
    ]
    with pytest.raises(TransientError, match="http://dynamodb"):
        world.parts.store.commit(late, make.now)
