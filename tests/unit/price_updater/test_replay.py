"""Whatever fails and however often records come again, the tables end the same."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PRODUCTS = ("p1", "p2", "p3")
WINDOWS = 4


def stream(make: SimpleNamespace) -> list[dict[str, Any]]:
    """Candidates of three products in four windows, as if each had moved the price by 50 cents."""
    records = []
    for window in range(WINDOWS):
        for product in PRODUCTS:
            records.append(
                make.record(
                    len(records) + 1,
                    product_id=product,
                    candidate_id=f"2026-01-01T00:00:{window}0Z#{window}",
                    window_end=f"2026-01-01T00:00:{window + 1}0Z",
                    price_cents=1000 + 50 * window,
                    price_version=3 + window,
                )
            )
    return records


def new_world(make: SimpleNamespace) -> Any:
    world = make.world()
    world.stock(*({"product_id": each} for each in PRODUCTS))
    world.runtime.answer = lambda row: (
        make.answer
        | {
            "product_id": row["product_id"],
            "candidate_id": row["candidate_id"],
            "price_cents": row["price_cents"] + 50.0,
        }
    )
    return world


def deliver(
    world: Any,
    records: list[dict[str, Any]],
    batch_size: int,
    failures: Iterator[str | None],
    make: SimpleNamespace,
) -> None:
    """Send the stream as an event source mapping does: again from the first record that failed.

    `failures` are drawn from before each invocation; when they are used up nothing fails.
    """
    position = 0
    for _ in range(200):
        if position == len(records):
            return
        kind = next(failures, None)
        if kind == "endpoint":
            world.runtime.fail_next = [make.client_error("ServiceUnavailable")]
        elif kind == "write":
            world.dynamodb.fail_next["transact_write_items"] = [make.client_error("Internal")]
        elif kind == "read":
            world.dynamodb.fail_next["batch_get_item"] = [make.client_error("Internal")]
        batch = records[position : position + batch_size]
        failed = world.send(*batch)
        if kind == "lost response":  # the function did its work, its answer was not heard
            continue
        position = min(failed) - 1 if failed else position + len(batch)
    raise AssertionError("the stream was not drained")


def outcome(world: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return (world.dynamodb.rows("products"), world.ledger())


kinds = st.sampled_from([None, "endpoint", "write", "read", "lost response"])


def test_an_undisturbed_run_moves_every_price_by_one_batch_a_window(make: SimpleNamespace) -> None:
    world = new_world(make)
    deliver(world, stream(make), len(PRODUCTS), iter([]), make)
    assert [row["price_cents"] for row in world.dynamodb.rows("products")] == [1200] * 3
    assert len(world.ledger()) == 12


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(disturbances=st.lists(kinds, max_size=30))
def test_failures_and_repeats_end_in_the_same_tables(
    make: SimpleNamespace, disturbances: Any
) -> None:
    undisturbed = new_world(make)
    deliver(undisturbed, stream(make), len(PRODUCTS), iter([]), make)
    expected = outcome(undisturbed)
    world = new_world(make)
    deliver(world, stream(make), len(PRODUCTS), iter(disturbances), make)
    assert outcome(world) == expected
    assert world.queue.messages == []
