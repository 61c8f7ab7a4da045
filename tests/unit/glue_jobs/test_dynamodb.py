import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs import dynamodb

_SCALARS = st.booleans() | st.integers() | st.text() | st.binary()
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), _VALUES))
def test_an_item_comes_back_as_it_went(item: dynamodb.Item) -> None:
    assert dynamodb.plain_item(dynamodb.typed_item(item)) == item


def test_what_is_none_is_left_out() -> None:
    assert dynamodb.typed_item({"a": None, "b": 1}) == {"b": {"N": "1"}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"N": "-5"}, -5), ({"N": "1.5"}, 1.5), ({"N": "1E+2"}, 100.0), ({"NULL": True}, None)],
)
def test_whole_numbers_are_int_and_others_float(
    value: dict[str, object], expected: float | None
) -> None:
    found = dynamodb.plain(value)

    assert found == expected
    assert type(found) is type(expected)


def test_pauses_grow_up_to_a_limit_and_the_first_attempt_has_none() -> None:
    pauses: list[float] = []

    rng = random.Random(7)
    attempts = list(dynamodb.backoff(rng, pauses.append))

    assert attempts == list(range(10))
    assert len(pauses) == 9
    assert all(0 <= pause <= min(5, 0.05 * 2**n) for n, pause in enumerate(pauses, start=1))
