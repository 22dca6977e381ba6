"""Every text in one batch, with room for it, and a padded length that depends on it alone."""

from hypothesis import given
from hypothesis import strategies as st

from models.batches import BATCH_TOKENS, length_batches


@given(st.lists(st.integers(min_value=1, max_value=256), max_size=200))
def test_every_text_is_in_one_batch_that_holds_it(lengths: list[int]) -> None:
    batches = list(length_batches(lengths))
    assert sorted(number for numbers, _ in batches for number in numbers) == list(range(len(lengths)))
    for numbers, length in batches:
        assert len(numbers) * length <= BATCH_TOKENS
        for number in numbers:
            assert lengths[number] <= length < lengths[number] + 16
            assert list(length_batches([lengths[number]])) == [([0], length)]
