import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.detectors.novelty import Novelty


@pytest.mark.parametrize(
    ("reach", "new"),
    [
        (0, [True, True, True, True, True, True]),
        (1, [True, False, True, False, False, True]),
        (2, [True, False, True, False, False, False]),
    ],
)
def test_new_is_what_is_above_all_within_reach(reach: int, new: list[bool]) -> None:
    novelty = Novelty(reach)
    assert [novelty.is_new(score) for score in (2, 1, 3, 3, 1, 2)] == new


@given(st.integers(0, 6), st.lists(st.integers(0, 5)))
def test_it_is_what_a_look_at_all_scores_says(reach: int, scores: list[int]) -> None:
    novelty = Novelty(reach)
    plain = [
        all(score > earlier for earlier in scores[max(0, row - reach) : row])
        for row, score in enumerate(scores)
    ]
    assert [novelty.is_new(score) for score in scores] == plain
