"""Cleaning: hostile characters are neutralised, unbelievable records are refused with a slug."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import Skippable
from pipeline.post import Post, clean_post, content_hash, screening_text
from tests.waiting import processor_within

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)


def post(text: str = "words", **fields: object) -> Post:
    return Post("x", "1", "post", text, **fields)


def test_what_postgresql_refuses_is_taken_out_and_the_rest_stays() -> None:
    cleaned = clean_post(post("a\0b \ud800c\x07 d\u0301e\ttab\nline", title="t\0"), NOW)
    assert cleaned.text == "ab c d\u0301e\ttab\nline"
    assert cleaned.title == "t"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": " \0 "}, "no_text"),
        ({"text": "x" * 70_000}, "text_too_large"),
        ({"created_at": datetime(9999, 12, 31, tzinfo=UTC)}, "date_out_of_range"),
        ({"created_at": datetime(1999, 12, 31, tzinfo=UTC)}, "date_out_of_range"),
        ({"created_at": NOW + timedelta(days=2)}, "date_out_of_range"),
        ({"created_at": datetime(2026, 1, 1)}, "date_without_zone"),
        ({"platform_id": " \0"}, "bad_id"),
        ({"platform_id": "x" * 300}, "bad_id"),
    ],
)
def test_what_cannot_be_believed_is_refused(fields: dict[str, object], reason: str) -> None:
    given = {"platform": "x", "platform_id": "1", "kind": "post", "text": "words"} | fields
    with pytest.raises(Skippable) as refused:
        clean_post(Post(**given), NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/<b>", "data:text/html,x", "https://a b"])
def test_what_is_no_web_address_is_dropped(url: str) -> None:
    assert clean_post(post(url=url), NOW).url is None


def test_a_web_address_stays() -> None:
    assert clean_post(post(url="https://a.example/p?q=1#x"), NOW).url == "https://a.example/p?q=1#x"


def test_stacked_marks_are_cleaned_fast() -> None:
    with processor_within(0.2):
        cleaned = clean_post(post("e" + "\u0301\u0316" * 10_000), NOW)
    assert len(cleaned.text) < 12


def test_the_hash_tells_title_from_text() -> None:
    assert content_hash("a", "b") != content_hash(None, "ab")
    assert screening_text("a", "b") == "a\nb"
    assert screening_text(None, "b") == "b"


def test_nothing_of_a_post_is_in_its_repr() -> None:
    shown = repr(post("secret words", title="secret title", author_id="secret author", url="https://secret.example"))
    assert "secret" not in shown
