import random
import struct
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.price_loop import OBSERVATIONS_TYPE
from transforms import candidates as C

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR = timedelta(hours=1)
COUNTS = (
    "product_id string, window_start bigint, clicks bigint, purchases bigint, units bigint,"
    f" users bigint, shown {OBSERVATIONS_TYPE}, first_event_at bigint, last_event_at bigint,"
    " last_arrival_at bigint, batch_hash bigint, event_keys array<bigint>"
)
COUNT = {
    "product_id": "tea",
    "window_start": START,
    "clicks": 2,
    "purchases": 1,
    "units": 3,
    "users": 2,
    "shown": [(100, 2, 3)],
    "first_event_at": START + 1,
    "last_event_at": START + 2,
    "last_arrival_at": START + 1_999,
    "batch_hash": 7,
    "event_keys": [-1, 258],
}
PRODUCT = {"product_id": "tea", "price_cents": 120, "price_version": 4, "category": "drinks"}
KNOWN = (
    f"{C.PRODUCT_FEATURES.ddl()}, known_product boolean, orders array<struct<ordered_at: string,"
    " quantity: bigint, status: string>>, candidates array<struct<candidate_id: string,"
    f" window_start: string, observations: {OBSERVATIONS_TYPE}>>"
)


@pytest.fixture
def identified(spark):
    """`identified({...}, ...)`: counts with their identity, from a base."""

    def make(*overrides):
        rows = [tuple((COUNT | o).values()) for o in overrides]
        return C.with_identity(spark.createDataFrame(rows, COUNTS), timedelta(seconds=10))

    return make


@pytest.fixture
def featured(spark, identified):
    """`featured(counts, orders=, candidates=, known=)`: the counts with all features of tea."""

    def make(*overrides, orders=(), candidates=(), known=True, limit=50):
        product = [PRODUCT.get(name) for name in C.PRODUCT_FEATURES.names]
        rows = [(*product, True, list(orders), list(candidates))] if known else []
        joined = C.with_known(identified(*overrides), spark.createDataFrame(rows, KNOWN))
        counts = C.with_features(joined, HOUR)
        return C.with_evidence(counts, limit)

    return make


def test_the_id_is_the_start_of_the_window_and_a_hash_of_the_events(identified):
    row = identified({}).first()

    start, _, digest = row.candidate_id.partition("#")
    assert (start, row.window_start) == ("2026-01-01T00:00:00Z",) * 2
    assert row.window_end == "2026-01-01T00:00:10Z"
    assert len(digest) == 16
    assert int(digest, 16) >= 0


def test_times_are_utc_whatever_zone_the_session_has(spark, identified):
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/Los_Angeles")
    try:
        assert identified({}).first().window_start == "2026-01-01T00:00:00Z"
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)


_KEYS = st.sets(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6).map(sorted)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(sets=st.lists(_KEYS, min_size=10, max_size=30, unique_by=tuple))
def test_other_events_have_another_id_and_the_same_ones_the_same(identified, sets):
    twice = [{"event_keys": keys} for keys in sets] * 2
    random.Random(7).shuffle(twice)

    ids = {}
    for row in identified(*twice).collect():
        ids.setdefault(tuple(row.event_keys), set()).add(row.candidate_id)

    assert all(len(found) == 1 for found in ids.values())
    assert len(set.union(*ids.values())) == len(sets)


def test_an_unknown_product_is_kept_and_flagged(featured):
    rows = featured({}, {"product_id": "mug"}).collect()

    assert {r.product_id: (r.known_product, r.price_cents, r.price_version) for r in rows} == {
        "tea": (True, 120, 4),
        "mug": (False, None, None),
    }


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([(200, 1, 0), (100, 2, 3)], [(100, 2, 3), (200, 1, 0)]),
        ([(None, 1, 2), (120, 2, 3), (90, 1, 0)], [(90, 1, 0), (120, 3, 5)]),
        ([(None, 1, 2)], [(120, 1, 2)]),
    ],
    ids=["ascending", "without a price beside the one that stands", "without a price"],
)
def test_observations_are_by_price_and_what_had_none_counts_at_the_one_that_stands(
    featured, shown, expected
):
    assert featured({"shown": shown}).first().observations == expected


def test_what_has_no_price_on_an_unknown_product_is_no_observation(featured):
    row = featured({"shown": [(None, 1, 0), (5, 1, 0)]}, known=False).first()

    assert row.observations == [(5, 1, 0)]


def test_recent_orders_are_those_from_the_horizon_to_the_window(featured):
    orders = [
        ("2025-12-31T22:59:59Z", 100, "placed"),  # before the horizon
        ("2025-12-31T22:59:59.999Z", 100, "placed"),
        ("2025-12-31T23:00:00Z", 1, "placed"),
        ("2025-12-31T23:00:00.300Z", 1, "placed"),
        ("2025-12-31T23:30:00Z", 10, "cancelled"),
        ("2025-12-31T23:30:00Z", 20, "returned"),
        ("2025-12-31T23:40:00Z", None, None),
        ("2025-12-31T23:59:59Z", 4, "shipped"),
        ("2026-01-01T00:00:00Z", 100, "placed"),  # in the window
        ("2026-01-01T00:00:00.300Z", 100, "placed"),
    ]

    row = featured({}, orders=orders).first()
    assert (row.recent_orders, row.recent_units) == (4, 7)


@pytest.mark.parametrize("known", [True, False])
def test_no_order_is_none_and_not_unknown(featured, known):
    row = featured({}, known=known).first()

    assert (row.recent_orders, row.recent_units) == (0, 0)


def earlier(second, observations, digest="a"):
    start = f"2025-12-31T23:59:{second:02}Z"
    return (f"{start}#{digest}", start, observations)


def evidence(rows):
    return {row.window_start: [tuple(o) for o in row.evidence] for row in rows.collect()}


def test_evidence_adds_up_the_newest_candidates_before_the_window(featured):
    candidates = [
        earlier(10, [(100, 50, 50)]),
        earlier(20, [(100, 1, 1), (120, 2, 0)]),
        earlier(30, [(120, 3, 1)]),
        ("2026-01-01T00:00:00Z#a", "2026-01-01T00:00:00Z", [(100, 9, 9)]),  # the window itself
    ]

    found = evidence(featured({}, candidates=candidates, limit=2))
    assert found == {"2026-01-01T00:00:00Z": [(100, 1, 1), (120, 5, 1)]}


def test_evidence_of_a_window_holds_the_windows_of_its_own_batch_before_it(featured):
    later = {"window_start": START + 10_000, "shown": [(90, 1, 1)], "event_keys": [3]}

    assert evidence(featured({}, later, candidates=[earlier(10, [(100, 1, 0)])])) == {
        "2026-01-01T00:00:00Z": [(100, 1, 0)],
        "2026-01-01T00:00:10Z": [(100, 3, 3)],
    }


def test_a_replay_finds_the_evidence_that_the_first_try_found(identified, featured):
    first_id = identified({}).first().candidate_id
    later = {"window_start": START + 10_000, "event_keys": [3]}
    written = (first_id, "2026-01-01T00:00:00Z", [(100, 2, 3)])

    again = evidence(featured({}, later, candidates=[written]))
    assert again == evidence(featured({}, later))


def test_a_candidate_carries_its_keys_and_lives_ninety_days_from_its_last_arrival(featured):
    row = C.candidates(featured({})).first()

    assert bytes(row.event_keys) == struct.pack(">qq", -1, 258)
    assert row.expires_at == 1_767_225_601 + 90 * 86_400
    assert (row.clicks, row.purchases, row.units, row.users, row.position_hash) == (2, 1, 3, 2, 7)
    assert row.category == "drinks"


def test_too_many_keys_for_one_item_are_left_out(featured):
    assert C.candidates(featured({}), max_keys=1).first().event_keys is None
