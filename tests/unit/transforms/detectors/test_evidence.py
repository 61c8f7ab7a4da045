import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.detectors.evidence import (
    Roots,
    binomial_root,
    evidence,
    least_root,
    poisson_root,
    ratio_limits,
    side,
)


def test_a_count_as_expected_is_no_deviation() -> None:
    assert poisson_root(7, 7.0) == 0
    assert binomial_root(3, 9, 0.25) == pytest.approx(0)


def test_no_count_at_all_is_as_unlikely_as_the_root_of_twice_what_was_expected() -> None:
    assert poisson_root(0, 8.0) == -4
    assert binomial_root(0, 18, 0.5) == pytest.approx(-math.sqrt(36 * math.log(2)))
    assert binomial_root(18, 0, 0.5) == pytest.approx(math.sqrt(36 * math.log(2)))


@pytest.mark.parametrize("expected", [0.05, 0.5, 3.0, 10.0, 100.0])
def test_the_root_is_about_as_unlikely_as_the_count(expected: float) -> None:
    count, tail, term = 0, 1.0, math.exp(-expected)  # tail: P(so many or more)
    while tail > 1e-7:
        if count > expected:
            normal = 1 - NormalDist().cdf(poisson_root(count, expected))
            assert 0.2 < normal / tail < 5
        tail -= term
        count += 1
        term *= expected / count


def test_a_large_count_is_the_usual_number_of_standard_deviations() -> None:
    assert poisson_root(1_005_000, 1e6) == pytest.approx(5, rel=0.01)
    assert binomial_root(505_000, 495_000, 0.5) == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize(
    ("roots", "expected"),
    [
        (Roots(6.0, 0.0, 4.5), 6.0),
        (Roots(0.0, -6.0, 4.5), 6.0),
        (Roots(-6.0, 0.0, -4.5), -6.0),
        (Roots(9.0, 0.0, 2.0), 2.0 * math.sqrt(2)),
        (Roots(3.0, -3.0, 4.2), 4.2),
        (Roots(9.0, 9.0, 0.1), 0.1 * math.sqrt(2)),
    ],
    ids=["clicks up", "impressions down", "clicks down", "not borne out", "both", "all traffic"],
)
def test_evidence_is_the_ratios_or_that_of_one_count_which_it_bears_out(
    roots: Roots, expected: float
) -> None:
    assert evidence(roots) == pytest.approx(expected)
    assert abs(roots.ratio) >= least_root(abs(evidence(roots))) - 1e-9


@pytest.mark.parametrize(
    ("roots", "expected"),
    [
        (Roots(6.0, -1.0, 4.5), "clicks"),
        (Roots(1.0, -6.0, 4.5), "impressions"),
        (Roots(-6.0, 1.0, -4.5), "clicks"),
        (Roots(-1.0, 6.0, -4.5), "impressions"),
        (Roots(5.0, 6.0, -1.0), "impressions"),
    ],
)
def test_the_side_is_the_count_that_moved_more_to_where_the_rate_went(
    roots: Roots, expected: str
) -> None:
    assert side(roots) == expected


@given(
    st.integers(1, 10**7), st.floats(1e-6, 1 - 1e-6), st.floats(0.1, 30), st.sampled_from((-1, 1))
)
def test_at_the_limits_of_the_ratio_the_root_is_what_was_asked_for(
    total: int, share: float, root: float, sign: int
) -> None:
    low, high = ratio_limits(total, share, root)
    limit = low if sign < 0 else high
    if limit is None:
        assert binomial_root(total, 0, share) <= root
    elif limit == 0:
        assert binomial_root(0, total, share) >= -root
    else:
        found = limit / (1 + limit)
        assert binomial_root(total * found, total * (1 - found), share) == pytest.approx(
            sign * root, rel=0.05, abs=0.05
        )
