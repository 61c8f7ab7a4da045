from datetime import timedelta

import pytest

from transforms.windows import (
    asked_products,
    batch_summary,
    counted_events,
    counts_by_window,
    events_to_count,
    own_counts,
    repeated_counts,
    repetitions,
    with_counted_in,
)

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
WINDOW = timedelta(seconds=10)
KNOWN = (
    "product_id string, candidates array<struct<candidate_id: string, window_start: string,"
    " position_hash: bigint, event_keys: array<bigint>>>"
)


@pytest.fixture
def counted(spark, records):
    """`counted(payloads, candidates)`: the marked events and their counts."""

    def make(*payloads, candidates=()):
        known = spark.createDataFrame([("tea", list(candidates))] if candidates else [], KNOWN)
        events = events_to_count(records(*payloads), WINDOW)
        marked = with_counted_in(events, counted_events(known), 2).cache()
        return marked, counts_by_window(marked).cache()

    return make


def test_a_window_counts_what_happened_to_a_product_in_it(counted):
    _, counts = counted(
        {"price_cents": 200},
        {"price_cents": 100, "event_timestamp": START + 9_999, "user_id": "bob"},
        {"event_type": "purchase", "quantity": 3, "price_cents": 200},
        {"event_type": "purchase", "user_id": "zoe"},
    )

    (row,) = counts.collect()
    assert (row.product_id, row.window_start) == ("tea", START)
    assert (row.clicks, row.purchases, row.units, row.users) == (2, 2, 4, 3)
    assert sorted(row.shown, key=str) == [(100, 1, 0), (200, 1, 3), (None, 0, 1)]
    assert (row.first_event_at, row.last_event_at) == (START, START + 9_999)
    assert row.last_arrival_at == START + 60_000
    assert row.event_keys == sorted(row.event_keys)
    assert len(row.event_keys) == 4


def test_an_event_on_a_border_opens_the_later_window(counted):
    _, counts = counted({"event_timestamp": START - 1}, {"event_timestamp": START})

    assert sorted(r.window_start for r in counts.collect()) == [START - 10_000, START]


@pytest.mark.parametrize(
    "unfed",
    [{"event_type": "impression"}, {"event_type": "cart"}, {"product_id": None}, {"quantity": 0}],
    ids=["impression", "cart", "no product", "reject"],
)
def test_other_records_feed_nothing(counted, unfed):
    _, counts = counted(unfed)

    assert counts.collect() == []


def test_an_event_sent_twice_in_a_batch_counts_once_and_the_first_record_stays(spark, counted):
    # Ten payloads, so that sequence numbers 9 and 10 are in play: they are numbers, not texts.
    events = [{"event_id": f"e{n}"} for n in range(8)] + [{"event_id": "e"}] * 2
    marked, counts = counted(*events)

    assert counts.first().clicks == 9
    (repeated,) = repetitions(marked, counts).collect()
    assert repeated.sequence_number == "10"
    assert repeated.detail == "the event is in this batch more than once"


def test_an_event_id_that_is_used_for_another_product_or_window_is_another_event(counted):
    _, counts = counted(
        {"event_id": "e"},
        {"event_id": "e", "product_id": "mug"},
        {"event_id": "e", "event_timestamp": START + 10_000},
    )

    assert [row.clicks for row in counts.collect()] == [1, 1, 1]


def test_events_without_an_id_are_told_apart_by_their_position(counted):
    _, counts = counted({}, {})

    assert counts.first().clicks == 2


def candidate_of(counts, candidate_id="c1"):
    row = counts.first()
    return (candidate_id, "2026-01-01T00:00:00Z", row.batch_hash, row.event_keys)


def test_events_that_a_candidate_of_other_records_holds_are_duplicates(counted):
    before = candidate_of(counted({"event_id": "e1"})[1])
    marked, counts = counted(
        {"event_id": "e0"}, {"event_id": "e1"}, {"event_id": "e2"}, candidates=[before]
    )

    assert [row.clicks for row in own_counts(counts).collect()] == [2]
    assert [row.candidate_id for row in repeated_counts(counts).collect()] == ["c1"]
    assert [tuple(row) for row in repetitions(marked, counts).collect()] == [
        ("2", "the event is counted in candidate c1", "duplicate")
    ]


def test_the_same_events_in_other_records_are_all_duplicates(counted):
    before = candidate_of(counted({"event_id": "e0"}, {"event_id": "e1"})[1])
    marked, counts = counted({"event_id": "e1"}, {"event_id": "e0"}, candidates=[before])

    assert own_counts(counts).collect() == []
    assert repetitions(marked, counts).count() == 2


def test_a_replayed_batch_meets_its_own_candidate_and_finds_no_duplicates(counted):
    payloads = [{"event_id": "e0"}, {"event_id": "e1"}, {"event_id": "e1"}]
    first_marked, first = counted(*payloads)
    marked, counts = counted(*payloads, candidates=[candidate_of(first)])

    (row,) = own_counts(counts).collect()
    assert (row.clicks, row.event_keys) == (2, first.first().event_keys)
    assert repetitions(marked, counts).collect() == repetitions(first_marked, first).collect()


def test_a_replay_after_duplicates_were_taken_out_finds_the_same_duplicates(counted):
    earlier = candidate_of(counted({"event_id": "e0"})[1], "c0")
    # The batch holds e0 again, as its second record.
    payloads = [{"event_id": "e1"}, {"event_id": "e0"}, {"event_id": "e2"}]
    first_marked, first = counted(*payloads, candidates=[earlier])
    own = candidate_of(own_counts(first), "c1")

    marked, counts = counted(*payloads, candidates=[earlier, own])

    assert own_counts(counts).first().event_keys == own[3]
    assert repetitions(marked, counts).collect() == repetitions(first_marked, first).collect()


def test_a_batch_that_holds_two_earlier_batches_whole_finds_no_duplicates(counted):
    # After a lost checkpoint the same records come in other batches.
    _, both = counted({"event_id": "e0"}, {"event_id": "e1", "event_timestamp": START + 10_000})
    rows = {row.window_start: row for row in both.collect()}
    candidates = [
        ("c0", "2026-01-01T00:00:00Z", rows[START].batch_hash, rows[START].event_keys),
        (
            "c1",
            "2026-01-01T00:00:10Z",
            rows[START + 10_000].batch_hash,
            rows[START + 10_000].event_keys,
        ),
    ]
    marked, counts = counted(
        {"event_id": "e0"},
        {"event_id": "e1", "event_timestamp": START + 10_000},
        candidates=candidates,
    )

    assert own_counts(counts).count() == 2
    assert repetitions(marked, counts).collect() == []


def test_a_candidate_without_a_position_hash_is_one_of_other_records(counted):
    _, first = counted({"event_id": "e0"})
    held = ("c0", "2026-01-01T00:00:00Z", None, first.first().event_keys)
    _, counts = counted({"event_id": "e0"}, candidates=[held])

    assert repeated_counts(counts).count() == 1


def test_products_are_asked_for_with_the_windows_touched_and_the_horizon_before(records):
    events = events_to_count(
        records({"event_timestamp": START + 12_000}, {"event_timestamp": START + 25_000}), WINDOW
    )

    assert [tuple(row) for row in asked_products(events, timedelta(hours=24)).collect()] == [
        ("tea", "2025-12-31T00:00:10Z", "2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z")
    ]


def test_the_summary_says_what_became_of_each_record(records):
    rows = records(
        {},
        {"event_type": "impression", "event_timestamp": START + 5},
        {"event_timestamp": START - 1},
        b"garbage",
        earliest=START,
    )

    (row,) = batch_summary(rows).collect()
    assert row.asDict() == {
        "set_aside": 2,
        "late": 1,
        "good": 2,
        "to_count": 1,
        "earliest_at": START,
        "latest_at": START + 5,
        "last_arrival_at": START + 60_000,
    }


def test_what_arrived_before_the_mark_was_set_is_not_late(records):
    before = records({"event_timestamp": START - 1}, earliest=START, since=START + 60_001)

    assert [row.reason for row in before.collect()] == [None]


def test_a_clock_that_runs_ahead_moves_the_mark_to_its_arrival_only(records):
    (row,) = batch_summary(records({"event_timestamp": START + 80_000_000})).collect()

    assert row.latest_at == START + 60_000


def test_the_summary_of_no_good_event_has_no_latest_time(records):
    assert batch_summary(records(b"garbage")).first().latest_at is None
