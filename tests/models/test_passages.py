"""Long posts in passages: covered, overlapping, bounded; short ones whole."""

from hypothesis import given
from hypothesis import strategies as st

from models.passages import MAX_PASSAGES, WHOLE_WORDS, WINDOW_WORDS, split_passages


def test_a_short_post_is_one_passage() -> None:
    text = "One sentence. Another one!\nA third"
    (only,) = split_passages(text)
    assert text[only.start : only.end] == text


def test_a_long_post_is_cut_at_its_sentences_and_overlaps() -> None:
    text = " ".join(f"This is sentence number {number} of a long post." for number in range(40))
    cut = [text[one.start : one.end] for one in split_passages(text)]
    assert all(part.strip().startswith("This is") and part.strip().endswith("post.") for part in cut)
    assert all(len(part.split()) <= WINDOW_WORDS for part in cut)
    assert all("number 4 of" in part for part in cut[:2])
    assert "number 39 of" in cut[-1]


def test_pictures_and_spaced_letters_do_not_make_a_short_post_long() -> None:
    words = [f"word{number}" for number in range(WHOLE_WORDS)]
    assert len(split_passages(" 🔥 ".join(words))) == 1
    assert len(split_passages(" ".join(" ".join("claims") for _ in words))) == 1


def test_a_flood_is_bounded() -> None:
    assert len(split_passages("word " * 100_000)) <= MAX_PASSAGES


@given(st.text(alphabet=st.sampled_from(list("ab .!\n?")), max_size=4000))
def test_passages_lie_in_the_text_in_order_and_hold_every_word(text: str) -> None:
    found = split_passages(text)
    assert all(0 <= one.start <= one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    if len(found) < MAX_PASSAGES and len(text.split()) > WHOLE_WORDS:
        held = set()
        for one in found:
            held |= set(range(one.start, one.end))
        # Marks between two sentences may stand alone; words may not be lost.
        assert all(position in held for position, letter in enumerate(text) if letter in "ab")
