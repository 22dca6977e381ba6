"""The figures of redaction: an identifier counts when it is hidden whole, a look-alike as soon as it is touched."""

import pytest

from pipeline.errors import ConfigError
from pipeline.evaluation.practice_redaction import Planted, hidden_in, hiding_figures, planted_posts
from pipeline.privacy.redaction import Identifier

POST = Planted("x", "Ada Fisk took 20 mg on 5/18", ((0, 8, "name"), (23, 27, "date")), ((14, 19),))


def test_half_a_name_is_not_hidden() -> None:
    hidden = hidden_in(POST, [Identifier("name", 0, 3), Identifier("date", 23, 27)])
    assert (hidden.found.total(), hidden.kinds.total()) == (1, 2)


def test_a_touched_look_alike_and_a_touched_word_are_counted() -> None:
    hidden = hidden_in(POST, [Identifier("other_code", 9, 16)])
    assert (hidden.public_hidden, hidden.words_hidden, hidden.words) == (1, 1, 2)


def test_shares_are_of_all_posts_together() -> None:
    found = [Identifier("name", 0, 8), Identifier("date", 23, 27)]
    recall, public, words = hiding_figures([hidden_in(POST, found), hidden_in(POST, [])])
    assert (recall.value, public.value, words.value) == (0.5, 0.0, 0.0)


def test_an_unknown_set_is_an_error() -> None:
    with pytest.raises(ConfigError):
        planted_posts("training")
