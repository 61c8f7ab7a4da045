import pytest

from localaws.detect.times import microseconds

DAY = 1_388_534_400  # 2014-01-01


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-01-01 00:00:00", DAY * 10**6),
        ("2014-01-01 00:00:00.250000", DAY * 10**6 + 250_000),
        ("2014-01-01T00:00:00Z", DAY * 10**6),
        ("2014-01-01T02:00:00+02:00", DAY * 10**6),
        (" 2014-01-01 ", DAY * 10**6),
        (str(DAY), DAY * 10**6),
        (f"{DAY}.5", DAY * 10**6 + 500_000),
        (f"{DAY}000", DAY * 10**6),
        (DAY, DAY * 10**6),
        ("0", 0),
        ("7", 7_000_000),
        ("1969-12-31 23:59:59", -1_000_000),
        ("-1", -1_000_000),
        ("1e3", 1_000_000_000),
        ("", None),
        ("noon", None),
        ("01/02/2014", None),
        ("2014-13-01", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        (None, None),
        (True, None),
    ],
)
def test_a_time_is_a_date_or_a_number_since_1970(text: object, expected: int | None) -> None:
    assert microseconds(text) == expected
