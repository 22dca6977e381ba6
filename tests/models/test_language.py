"""English is told from Spanish, in short, loud and disguised posts as well."""

import pytest

from models.language import english_chance
from models.training.corpus import corpus_claims, written_posts
from pipeline.config import POLICY

LEAST = POLICY["least_english"]
DISGUISED = "V\u0430ccin\u0435s c\u0430use \u0430utism, they know 💉"


@pytest.mark.parametrize("text", ["", "lol no", "flu shot 💉💉💉 ????", "VACCINES CAUSE AUTISM, WAKE UP", DISGUISED])
def test_little_loud_or_disguised_english_counts_as_english(text: str) -> None:
    assert english_chance(text) >= LEAST


def test_english_posts_are_english_and_spanish_wordings_are_not() -> None:
    english = [english_chance(post.text) for post in written_posts("training")[:400]]
    spanish = [english_chance(text) for claim in corpus_claims() for _, text in claim.fields if not text.isascii()]
    assert sum(chance >= LEAST for chance in english) == len(english)
    assert sum(chance < LEAST for chance in spanish) >= 0.99 * len(spanish) > 400
