from typing import Any

import numpy as np
import pytest

from glue_jobs import dynamodb, reads
from glue_jobs.dynamodb import typed_item


class FakeDynamo:
    """Gives prepared answers in turn and keeps what was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers, self.asked = list(answers), []

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return self.answers.pop(0)

    batch_get_item = query


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "backoff", lambda: iter(range(10)))


def page(*items: dict[str, Any], units: float = 1.0, more: bool = False) -> dict[str, Any]:
    found = {
        "Items": [typed_item(item) for item in items],
        "ConsumedCapacity": {"CapacityUnits": units},
    }
    return found | ({"LastEvaluatedKey": {"product_id": {"S": "tea"}}} if more else {})


def products(*ids: str, unprocessed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Responses": {"products": [typed_item({"product_id": i, "price_cents": 5}) for i in ids]},
        "ConsumedCapacity": [{"TableName": "products", "CapacityUnits": float(len(ids))}],
        "UnprocessedKeys": {"products": {"Keys": [{"product_id": {"S": i}} for i in unprocessed]}}
        if unprocessed
        else {},
    }


def test_unprocessed_keys_are_asked_for_again_and_all_units_count() -> None:
    client = FakeDynamo(products("a", unprocessed=("b", "c")), products("b", unprocessed=("c",)),
                        products("c"))  # fmt: skip

    found, units = reads.products_of(client, ["a", "b", "c"])

    assert found.keys() == {"a", "b", "c"}
    assert units == 3.0
    assert [len(r["RequestItems"]["products"]["Keys"]) for r in client.asked] == [3, 2, 1]
    assert all(r["RequestItems"]["products"]["ConsistentRead"] for r in client.asked)


def test_keys_that_stay_unprocessed_are_an_error_and_no_unknown_product() -> None:
    client = FakeDynamo(*[products(unprocessed=("a",))] * 10)

    with pytest.raises(dynamodb.StillThrottledError, match=r"products: 1 of 1 keys unprocessed"):
        reads.products_of(client, ["a"])


def test_all_pages_of_orders_are_read() -> None:
    client = FakeDynamo(page({"quantity": 1}, more=True, units=0.5), page({"quantity": 2}))

    found, units = reads.orders_of(client, "tea", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")

    assert (found, units) == ([{"quantity": 1}, {"quantity": 2}], 1.5)
    assert client.asked[1]["ExclusiveStartKey"] == {"product_id": {"S": "tea"}}


FIRST, LAST = "2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z"


def candidate(start: str, digest: str, *keys: int) -> dict[str, Any]:
    return {
        "candidate_id": f"{start}#{digest}",
        "window_start": start,
        "position_hash": 7,
        "observations": [],
        "event_keys": np.array(keys, ">i8").tobytes(),
    }


def test_candidates_of_the_windows_carry_their_keys_and_those_before_do_not() -> None:
    before = candidate("2026-01-01T00:00:00Z", "a", 9)
    client = FakeDynamo(page(candidate(LAST, "b", 1, -2), candidate(FIRST, "c", 3), before))

    found, units = reads.candidates_of(client, "tea", FIRST, LAST, 50)

    keys = {c["candidate_id"]: sorted(c["event_keys"]) for c in found}
    assert keys == {f"{LAST}#b": [-2, 1], f"{FIRST}#c": [3], "2026-01-01T00:00:00Z#a": []}
    assert units == 1.0
    assert client.asked[0]["ConsistentRead"]
    assert client.asked[0]["ExpressionAttributeValues"][":end"] == {"S": f"{LAST}$"}


def test_a_key_in_two_candidates_of_a_window_is_taken_once() -> None:
    client = FakeDynamo(page(candidate(FIRST, "b", 1, 2), candidate(FIRST, "a", 2)))

    found, _ = reads.candidates_of(client, "tea", FIRST, LAST, 50)

    assert [(c["candidate_id"][-1], c["event_keys"]) for c in found] == [("a", [2]), ("b", [1])]


def test_reading_ends_when_there_is_evidence_enough() -> None:
    starts = [f"2026-01-01T00:00:0{n}Z" for n in (3, 2, 1)]
    client = FakeDynamo(page(*(candidate(s, "a") for s in starts), more=True))

    found, _ = reads.candidates_of(client, "tea", FIRST, LAST, 2)

    assert [c["window_start"] for c in found] == starts[:2]


def test_a_candidate_without_keys_protects_nothing() -> None:
    bare = {k: v for k, v in candidate(FIRST, "a").items() if k != "event_keys"}

    found, _ = reads.candidates_of(FakeDynamo(page(bare)), "tea", FIRST, LAST, 2)

    assert found[0]["event_keys"] == []
