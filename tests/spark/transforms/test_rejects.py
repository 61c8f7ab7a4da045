import pytest

from transforms.rejects import rejects, with_repetitions

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def test_a_reject_says_where_the_record_was_and_why_it_was_set_aside(records):
    (row,) = rejects(records(b"garbage", {}), "price_candidates").collect()

    assert row.asDict() == {
        "position": "clickstream/1",
        "job": "price_candidates",
        "stream": "clickstream",
        "sequence_number": "1",
        "partition_key": "ann",
        "arrived_at": "2026-01-01T00:01:00.000Z",
        "reason": "not_json",
        "detail": "not one JSON object",
        "payload": "garbage",
        "payload_bytes": 7,
        "expires_at": 1_767_225_660 + 90 * 86_400,
    }


def test_repetitions_are_duplicates_and_what_was_set_aside_keeps_its_reason(spark, records):
    repeated = spark.createDataFrame(
        [("1", "seen before"), ("2", "seen before")], "sequence_number string, detail string"
    )

    rows = rejects(with_repetitions(records({}, {"quantity": 0}, {}), repeated), "job")
    assert sorted((r.sequence_number, r.reason, r.detail) for r in rows.collect()) == [
        ("1", "duplicate", "seen before"),
        ("2", "bad_value", "quantity 0; allowed is 1 or more"),
    ]
