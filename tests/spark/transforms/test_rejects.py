import pytest

from transforms.rejects import rejects, with_reasons

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


def test_a_good_record_found_unusable_later_is_a_reject_with_that_reason(spark, records):
    repeated = spark.createDataFrame(
        [("2", "duplicate", "seen before")],
        "sequence_number string, reason string, detail string",
    )
    plain = records({}, {}).drop("detail", "payload")

    (row,) = rejects(with_reasons(plain, repeated), "job").collect()
    assert (row.position, row.reason, row.detail) == ("clickstream/2", "duplicate", "seen before")
    assert row.payload is None
