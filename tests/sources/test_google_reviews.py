"""What only Google's reviews do: a list by last change, ratings without words, translations, a quota of nought."""

from datetime import datetime, timedelta

import pytest

from demo.wires import Answer
from pipeline.errors import ConfigError, Permanent, Skippable, Transient
from pipeline.sources import AccountMetric
from pipeline.sources.reading import PassState, admit, read_pass
from tests.sources.rigs import NOW, published_at, rig_of
from tests.sources.rigs.google_reviews import PLATFORM, RECORD, found, old, source

rig = rig_of(PLATFORM)


def test_each_location_is_read_whole_and_nothing_is_searched(practice):
    channels = ["accounts/1/locations/2", "accounts/1/locations/3"]
    asked = source(channels=channels).queries(practice, ["vaccine shedding"])
    assert [(query.mode, query.words, query.channel) for query in asked] == [
        ("reviews", "", "accounts/1/locations/2"),
        ("reviews", "", "accounts/1/locations/3"),
    ]


@pytest.mark.parametrize("channel", ["locations/2", "accounts/1/locations/2/", "accounts/../locations/2", "Larkspur"])
def test_a_channel_that_is_no_location_is_refused(practice, channel):
    with pytest.raises(ConfigError, match="accounts/A/locations/L"):
        source(channels=[channel]).queries(practice, ())


def test_old_reviews_that_were_changed_do_not_end_a_pass(rig):
    rig.server.add(*(old(rig, number) for number in range(900, 909)))
    for number in range(900, 909):
        rig.server.edit("google_reviews", f"locations/456/reviews/inv{number}", "Larkspur Family Health, changed.")
    # They fill the first page and half of the second one, before all that is new.
    posts = found(rig, PassState(floor_at=published_at(10)))
    assert {post.platform_id for post in posts} >= set(rig.ids)
    assert [post.edited_at for post in posts[:9]] == [rig.server.now] * 9
    # One request for the page that ends with them, one more to end it with another review.
    assert len(rig.server.requests) == 33 // 6 + 1


def test_a_pass_ends_where_the_list_is_read_down_to_the_overlap(rig):
    rig.server.add(*(old(rig, number) for number in range(900, 918)))
    assert len(found(rig, PassState(floor_at=NOW))) == 30
    assert len(rig.server.requests) == 5


def test_a_review_changed_since_the_last_pass_is_read_again(rig):
    rig.server.add(*(old(rig, number) for number in range(900, 930)))
    state = list(read_pass(rig.source, rig.query, PassState(), NOW, 50))[-1].state_after
    rig.server.now += timedelta(hours=1)
    rig.server.edit("google_reviews", "locations/456/reviews/inv903", "Larkspur Family Health made it good.")
    (post,) = [post for post in found(rig, state) if post.platform_id.endswith("inv903")]
    assert post.text == "Larkspur Family Health made it good."


def test_an_ended_list_is_no_gap(rig):
    # Only the newest review is left: all that set the watermark were taken down.
    rig.server.posts[:] = rig.server.posts[-1:]
    (read,) = read_pass(rig.source, rig.query, PassState(floor_at=published_at(3)), NOW, 50)
    assert (read.finished, read.gap) == (True, None)


def test_a_list_without_an_end_is_given_up(rig, monkeypatch):
    monkeypatch.setattr("pipeline.sources.google_reviews.LONGEST_LIST", 5)
    changed = {"reviews": [RECORD | {"createTime": "2020-01-01T00:00:00Z"}], "nextPageToken": "again"}
    monkeypatch.setattr(rig.server.wire("google_reviews"), "answer", lambda *_: Answer(200, changed))
    for read in (
        lambda: rig.source.fetch_page(rig.query, None, NOW - timedelta(days=7)),
        lambda: rig.source.recheck(["locations/456/reviews/x"]),
    ):
        rig.server.requests.clear()
        with pytest.raises(Transient, match="end"):
            read()
        assert len(rig.server.requests) == 5


def test_a_review_keeps_its_stars_and_no_name():
    post = source().to_post(
        RECORD | {"reviewReply": {"comment": "We are sorry.", "updateTime": "2026-10-11T08:00:00Z"}}
    )
    assert (post.platform_id, post.kind) == ("locations/456/reviews/AbFvOqk-_1", "review")
    assert post.channel == "locations/456"
    assert post.metrics == {"score": 2, "replies": 1}
    assert post.author_id is None
    assert post.edited_at is None, "written and kept in one go"
    text = f"{post!r} {post.text} {post.title} {post.url} {post.author_id}"
    assert not any(word in text for word in ("Invented", "Person", "sorry"))


def test_a_rating_without_words_is_left_out_and_counted(rig, now):
    silent = {key: value for key, value in RECORD.items() if key != "comment"}
    posts, refused = admit(source(), [silent, RECORD], now)
    assert [post.platform_id for post in posts] == ["locations/456/reviews/AbFvOqk-_1"]
    assert [one.reason for one in refused] == ["no_text"]
    rig.server.add(rig.post(900, published_at(3)) | {"text": ""})
    metrics = rig.source.account_metrics()
    stars = [1 + number % 5 for number in (*range(24), 900)]
    assert metrics == [
        AccountMetric("accounts/123/locations/456", "reviews", 25),
        AccountMetric("accounts/123/locations/456", "rating_hundredths", round(100 * sum(stars) / 25)),
    ]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("(Translated by Google) Very kind.\n\n(Original)\nMuy amables.", "Muy amables."),
        ("Muy amables.\n\n(Translated by Google)\nVery kind.", "Muy amables."),
        ("(Translated by Google) Very kind.", "Very kind."),
        ("Kind. (Original) ideas, too.", "Kind. (Original) ideas, too."),
    ],
)
def test_the_reviewers_own_words_are_kept_and_not_their_translation(comment, words):
    assert source().to_post(RECORD | {"comment": comment}).text.strip() == words


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"createTime": "yesterday"}, "bad_date"),
        ({"updateTime": ["x"]}, "bad_date"),
        ({"name": "accounts/1/locations/2/reviews/x; --"}, "bad_id"),
    ],
)
def test_a_broken_record_says_why(change, reason):
    with pytest.raises(Skippable) as caught:
        source().to_post(RECORD | change)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": {"a": []}},
        {"comment": 7},
        {"comment": ["x"]},
        {"starRating": []},
        {"createTime": 10**400},
        {"createTime": "9999-99-99T00:00:00Z"},
        {"updateTime": "9999-12-31T23:59:59-23:59"},
        {"comment": "x" * 70_000},
    ],
)
def test_a_hostile_record_is_refused_alone(change, now):
    posts, refused = admit(source(), [RECORD | change, {}, RECORD], now)
    assert len(posts) == 1
    assert len(refused) == 2


@pytest.mark.parametrize("rating", ["SIX", "STAR_RATING_UNSPECIFIED", None])
def test_an_unknown_rating_is_no_number(rating):
    assert "score" not in source().to_post(RECORD | {"starRating": rating}).metrics


def test_a_project_without_approval_is_told_to_apply(rig):
    rig.server.fail("usage_cap", "google_reviews", times=10)
    with pytest.raises(Permanent, match="apply for basic access"):
        rig.source.fetch_page(rig.query, None, None)
    assert len(rig.server.requests) == 1


def test_a_refusal_says_what_a_person_can_do(rig):
    rig.server.fail("forbidden", "google_reviews")
    with pytest.raises(Permanent, match="owner or manager"):
        rig.source.fetch_page(rig.query, None, None)


def test_a_withdrawn_sign_in_waits_for_a_person_and_shows_no_secret(rig):
    rig.server.wire("google_reviews").signed_in = False
    with pytest.raises(Permanent, match="refresh token") as caught:
        rig.source.fetch_page(rig.query, None, None)
    assert "not-a" not in f"{caught.value} {caught.value!r} {rig.source!r}"
    assert not rig.server.requests


def test_an_unreachable_sign_in_passes(rig):
    source = rig.fresh(AUSCULT_GOOGLE_REVIEWS_URL="http://127.0.0.1:9")
    with pytest.raises(Transient):
        source.fetch_page(rig.query, None, None)


@pytest.mark.parametrize("body", ["<title>Sign in</title>", [], {"access_token": "x", "expires_in": 10**400}])
def test_an_odd_sign_in_is_an_error_of_ours(rig, monkeypatch, body):
    monkeypatch.setattr(rig.server.wire("google_reviews"), "sign_in", lambda _: Answer(200, body))
    with pytest.raises((Transient, Permanent)):
        rig.source.fetch_page(rig.query, None, None)


def test_a_token_is_used_until_it_expires(rig, monkeypatch):
    wire = rig.server.wire("google_reviews")
    signed, sign_in = [], wire.sign_in
    monkeypatch.setattr(wire, "sign_in", lambda request: (answer := sign_in(request)) and (signed.append(1), answer)[1])
    found(rig)
    assert len(signed) == 1
    rig.source._sign_in.expiry = datetime(2020, 1, 1)
    rig.source.fetch_page(rig.query, None, None)
    assert len(signed) == 2
