"""What only Instagram does: replies below comments, tags without a next page, handles that are never kept."""

from collections import Counter
from datetime import timedelta

import pytest

from demo.wires import Answer
from demo.wires._graph import Problem
from demo.wires.instagram import InstagramWire
from pipeline.errors import CursorRejected, Permanent, RateLimited, Skippable, Transient
from pipeline.sources._graph_records import nested
from pipeline.sources.reading import RECORD_ERRORS, PassState, read_pass
from tests.sources.rigs import NOW, invented, rigged
from tests.sources.rigs.instagram import PLATFORM

MEDIA = "17890000000000003"
RECORD = {
    "id": MEDIA,
    "caption": "Larkspur Clinic has new hours.",
    "timestamp": "2026-10-12T08:00:00+0000",
    "permalink": "https://www.instagram.com/larkspurfamily/reel/C9_x-Y/",
}
COMMENT = {
    "id": "17850000000000001",
    "text": "They called back.",
    "timestamp": "2026-10-12T09:00:00+0000",
    "from": {"id": "4711004711", "username": "voice_1"},
    "kind": "comment",
    "media_id": MEDIA,
    "shortcode": "C9_x-Y",
}


@pytest.fixture
def instagram():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays


def comment(number, created_at, parent=f"media_{MEDIA}"):
    name = f"comment_{17_850_000_000_000_000 + number}"
    return invented("instagram", number, created_at, id=name, kind="comment", parent_id=parent)


def tag(hours):
    name = f"tag_{17_900_000_000_000_000 + hours}"
    return invented("instagram", 300 + hours, NOW - timedelta(hours=hours), id=name)


def asked(instagram, mode):
    return next(query for query in instagram.source.queries(None, ()) if query.mode == mode)


def read(instagram, state=PassState(), mode="comments", max_pages=99):  # noqa: B008  (immutable)
    return list(read_pass(instagram.fresh(), asked(instagram, mode), state, instagram.server.now, max_pages))


def posts(reads):
    return [post for page in reads for post in page.posts]


def ids(reads):
    return [post.platform_id for post in posts(reads)]


def threads(instagram):
    """Comments under many media; 20 under one, the oldest of which has 15 replies and the newest has 2."""
    made = [comment(100 + number, NOW - timedelta(hours=6, minutes=number)) for number in range(20)]
    oldest, newest = made[-1]["id"], made[0]["id"]
    made += [comment(200 + number, NOW - timedelta(hours=4, minutes=number), parent=oldest) for number in range(15)]
    made += [comment(300 + number, NOW - timedelta(hours=4, minutes=number), parent=newest) for number in range(2)]
    made += [
        comment(400 + number, NOW - timedelta(hours=5), parent=instagram.ids[number]) for number in range(0, 24, 2)
    ]
    instagram.server.add(*made)
    return [post["id"] for post in made]


def test_the_account_is_read_whole_in_three_queries(instagram, practice):
    queries = instagram.source.queries(practice, ["vaccine shedding"])
    assert [query.mode for query in queries] == ["media", "tags", "comments"]
    assert {query.channel for query in queries} == {InstagramWire.account}


def test_all_comments_and_replies_once_each(instagram):
    wanted = threads(instagram)
    reads = read(instagram)
    assert Counter(ids(reads)) == Counter(wanted)
    assert not any(page.gap or page.quarantined for page in reads)
    found = {post.platform_id: post for post in posts(reads)}
    assert found[wanted[0]].parent_id == f"media_{MEDIA}"
    assert {found[name].parent_id for name in wanted[20:35]} == {wanted[19]}
    assert {found[name].parent_id for name in wanted[35:37]} == {wanted[0]}
    assert {found[name].url for name in wanted[:37]} == {f"https://www.instagram.com/p/C{MEDIA}/"}


def test_comments_read_a_page_a_run_lose_and_repeat_nothing(instagram):
    wanted, found, state = threads(instagram), [], PassState()
    while not found or not found[-1].finished:
        found += read(instagram, state, max_pages=1)
        state = found[-1].state_after
        assert len(found) < 40
    assert len(found) > 6
    assert Counter(ids(found)) == Counter(wanted)


def test_a_new_reply_to_an_old_comment_is_heard(instagram):
    wanted = threads(instagram)
    state = read(instagram)[-1].state_after
    instagram.server.now += timedelta(hours=6)
    instagram.server.add(comment(900, instagram.server.now - timedelta(minutes=5), parent=wanted[19]))
    reads = read(instagram, state)
    assert "comment_17850000000000900" in ids(reads)
    assert not set(ids(reads)) & set(wanted[:20]), "what is older than the overlap is left out"
    assert not any(page.gap for page in reads)


def test_a_list_that_is_full_and_names_no_next_page_is_not_trusted():
    full = {"data": [{"id": str(number)} for number in range(5)]}
    assert nested(full, 5) is None
    assert nested(full, 6) == full["data"]
    assert nested({**full, "paging": {"next": "x", "cursors": {}}}, 6) is None
    assert nested(None, 6) == []


@pytest.mark.parametrize("cursor", ["", "DROP TABLE", "1..5~comments~a/b.", "1..5~tags.", "1..a~replies~b~7."])
def test_a_cursor_of_comments_that_is_none_of_ours_is_rejected_unsent(instagram, cursor):
    with pytest.raises(CursorRejected):
        instagram.source.fetch_page(asked(instagram, "comments"), cursor, None)
    assert not instagram.server.requests


def test_tags_are_read_to_their_end_though_no_page_names_the_next(instagram):
    tags = [tag(hours) for hours in range(20)]
    instagram.server.add(*tags)
    reads = read(instagram, mode="tags")
    assert Counter(ids(reads)) == Counter(post["id"] for post in tags)
    assert reads[-1].finished
    assert not any("next" in str(params) for _, _, params in instagram.server.requests)


def test_tags_are_not_rechecked_because_graph_shows_them_in_a_list_only(instagram):
    instagram.server.add(tag(1))
    answer = instagram.source.recheck(["tag_17900000000000001", instagram.ids[0], "17900000000000001", "media_12"])
    assert (answer.live, answer.gone) == ({instagram.ids[0]}, frozenset())


def test_a_comment_that_we_hid_is_not_public(instagram):
    wanted = threads(instagram)
    instagram.server.delete("instagram", wanted[3], removed=True)
    instagram.server.delete("instagram", wanted[4])
    (hidden,) = [post for post in posts(read(instagram)) if post.platform_id == wanted[3]]
    assert (hidden.status, hidden.text, hidden.author_id) == ("removed", "", None)
    answer = instagram.source.recheck(wanted[:10])
    assert answer.gone == {wanted[3], wanted[4]}
    assert answer.live == {*wanted[:3], *wanted[5:10]}


def test_a_recheck_brings_new_words(instagram):
    wanted = threads(instagram)
    instagram.server.edit("instagram", wanted[0], "Larkspur Family Health, corrected.")
    answer = instagram.source.recheck([wanted[0], instagram.ids[0]])
    words = {post.platform_id: post.text for post in map(instagram.source.to_post, answer.edited)}
    assert words[wanted[0]] == "Larkspur Family Health, corrected."
    assert words[instagram.ids[0]] == "Larkspur Family Health saw me on visit number 0."


def test_what_is_not_found_without_a_permission_is_not_gone(instagram, monkeypatch):
    monkeypatch.setattr(instagram.server.wire("instagram"), "find", lambda *_: None)
    with pytest.raises(Permanent):
        instagram.source.recheck(instagram.ids)


def test_no_handle_is_asked_for_or_kept(instagram):
    threads(instagram)
    instagram.server.add(tag(1))
    found = posts([*read(instagram), *read(instagram, mode="media"), *read(instagram, mode="tags")])
    assert len(found) > 60
    assert "voice_" not in repr(found) + "".join(f"{post.author_id} {post.url}" for post in found)
    assert not any("username" in params.get("fields", "") for _, _, params in instagram.server.requests)


@pytest.mark.parametrize(
    ("permalink", "url"),
    [
        ("https://www.instagram.com/larkspurfamily/reel/C9_x-Y/", "https://www.instagram.com/p/C9_x-Y/"),
        ("https://www.instagram.com/p/C9_x-Y", "https://www.instagram.com/p/C9_x-Y/"),
        ("https://www.instagram.com/larkspurfamily/", None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_an_address_is_built_from_the_shortcode(instagram, permalink, url):
    assert instagram.source.to_post({**RECORD, "permalink": permalink}).url == url


def test_the_account_has_followers_media_and_reach(instagram):
    counts = {one.metric: one.value for one in instagram.source.account_metrics()}
    assert counts == {"followers_count": 480, "media_count": 24, "reach": 91}


def test_without_the_permission_for_insights_the_other_numbers_stay(instagram, monkeypatch):
    def refused(*_):
        raise Problem(403, 10, "(#10) Application does not have permission for this action")

    monkeypatch.setattr(instagram.server.wire("instagram"), "insights", refused)
    assert [one.metric for one in instagram.source.account_metrics()] == ["followers_count", "media_count"]


@pytest.mark.parametrize("insights", [{"data": []}, {"data": [{"values": []}]}, {"data": "x"}, {}, {"data": [7]}])
def test_an_account_too_small_for_insights_has_no_reach(instagram, monkeypatch, insights):
    monkeypatch.setattr(instagram.server.wire("instagram"), "insights", lambda *_: insights)
    assert len(instagram.source.account_metrics()) == 2


def test_a_limit_on_insights_is_told(instagram):
    instagram.server.fail("rate_limit", "instagram", after=1)
    with pytest.raises(RateLimited):
        instagram.source.account_metrics()


@pytest.mark.parametrize(
    "comments",
    [[{"id": "5 5", "text": "x"}], [{"id": "17850000000000001", "replies": "x"}], [7], ["x", None], "x", {"data": 5}],
)
def test_odd_comments_are_quarantined_or_transient(instagram, monkeypatch, comments):
    listing = comments if isinstance(comments, str | dict) else {"data": comments}
    body = {"data": [{"id": MEDIA, "comments": listing}]}
    monkeypatch.setattr(instagram.server.wire("instagram"), "answer", lambda *_: Answer(200, body))
    try:
        reads = read(instagram, max_pages=1)
    except Transient:
        return
    assert reads[0].fetched == len(reads[0].quarantined) == len(comments)


def test_a_media_without_a_usable_id_is_counted_and_the_rest_is_read(instagram, monkeypatch):
    body = {"data": [{"id": "../me"}, {}, 7, {"id": MEDIA, "comments": {"data": [COMMENT]}}]}
    monkeypatch.setattr(instagram.server.wire("instagram"), "answer", lambda *_: Answer(200, body))
    (page, end) = read(instagram)
    assert len(page.posts) == 1
    assert [one.reason for one in page.quarantined] == ["not_an_object", "bad_id", "bad_id"]
    assert end.finished


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "me"}, "bad_id"),
        ({"id": 17890000000000003}, "bad_id"),
        ({"timestamp": "yesterday"}, "bad_date"),
        ({"caption": {"a": 1}}, "text_not_text"),
    ],
)
def test_a_broken_record_says_why(instagram, change, reason):
    with pytest.raises(Skippable) as caught:
        instagram.source.to_post({**RECORD, **change})
    assert caught.value.reason == reason


@pytest.mark.parametrize("value", [None, 7, -1, 2**70, "x" * 9_999, [], [[]], {}, {"id": {}}, {"id": "x"}, True])
@pytest.mark.parametrize("record", [RECORD, COMMENT])
def test_a_hostile_record_is_a_post_or_an_error_of_its_own(instagram, record, value):
    for name in (*record, "owner", "like_count", "comments_count", "hidden", "parent_id", "replies"):
        if name == "kind":
            continue  # ours, not the platform's
        try:
            post = instagram.source.to_post({**record, name: value})
        except (Skippable, *RECORD_ERRORS):
            continue
        assert post.platform_id.startswith(("media_", "comment_"))
        assert all(type(count) is int for count in post.metrics.values())
        assert (post.author_id or "4711").isdigit()
