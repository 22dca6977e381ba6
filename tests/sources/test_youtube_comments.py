"""What only YouTube's comments do: replies in front of their threads, and look-ups that never read as losses."""

from datetime import timedelta

import pytest

from demo.wires import Answer
from pipeline.errors import Permanent, Transient
from pipeline.sources import Query
from pipeline.sources.reading import PassState, read_pass
from tests.sources.rigs import NOW, published_at, rigged
from tests.sources.rigs.youtube import CHANNEL, PLATFORM, VIDEO, comment, reply, video


@pytest.fixture
def youtube():
    with rigged(PLATFORM) as made:
        yield made
        assert not made.server.strays, "asked for what no route of the platform knows"


def paths(rig):
    return [path.rpartition("/")[2] for _, path, _ in rig.server.requests]


def test_threads_are_asked_for_newest_first_in_plain_text(youtube):
    youtube.source.fetch_page(youtube.query, None, None)
    asked = youtube.server.requests[-1][2]
    assert {name: asked[name] for name in asked if name not in {"key", "alt"}} == {
        "videoId": VIDEO,
        "part": "snippet,replies",
        "order": "time",
        "textFormat": "plainText",
        "maxResults": "100",
    }


def test_text_keeps_its_signs_and_lines(youtube):
    text = "Larkspur Family Health isn't <closed> & isn't slow.\nReally."
    youtube.server.add(comment(30, published_at(23) + timedelta(minutes=5)) | {"text": text})
    record = youtube.source.fetch_page(youtube.query, None, None).records[0]
    assert youtube.source.to_post(record).text == text
    youtube.server.edit("youtube", "UgwInvented00030AaABAg", text + " Sure.")
    (changed,) = youtube.source.recheck(["UgwInvented00030AaABAg"]).edited
    assert youtube.source.to_post(changed).text == text + " Sure."


def test_a_channel_gives_the_comments_on_all_its_videos(youtube):
    youtube.server.add(comment(31, published_at(23) + timedelta(minutes=5)) | {"parent_id": "otherVideo1"})
    query = Query("youtube", "channel", channel=CHANNEL)
    posts = [post for read in read_pass(youtube.source, query, PassState(), NOW, 9) for post in read.posts]
    assert {post.parent_id for post in posts} == {VIDEO, "otherVideo1"}
    assert len(posts) == 25


def test_replies_stand_before_their_thread_and_name_it(youtube):
    youtube.server.add(*(reply(number, youtube.ids[23]) for number in (38, 39)))
    page = youtube.source.fetch_page(youtube.query, None, None)
    posts = [youtube.source.to_post(record) for record in page.records]
    assert [post.platform_id for post in posts[2:]] == youtube.ids[:17:-1]
    assert {post.parent_id for post in posts[:2]} == {youtube.ids[23]}
    assert posts[0].url == f"https://www.youtube.com/watch?v={VIDEO}&lc={posts[0].platform_id}"
    assert posts[2].metrics["replies"] == 2
    assert (page.calls, page.gap, paths(youtube)) == (1, "", ["commentThreads"])


def test_replies_that_a_thread_does_not_show_are_listed(youtube):
    youtube.server.add(*(reply(number, youtube.ids[20]) for number in range(24, 40)))
    page = youtube.source.fetch_page(youtube.query, None, None)
    posts = [youtube.source.to_post(record) for record in page.records]
    replies = [post for post in posts if post.parent_id == youtube.ids[20]]
    assert len({post.platform_id for post in replies}) == len(replies) == 16
    assert all(post.url and f"v={VIDEO}&" in post.url for post in replies)
    assert (page.calls, page.gap) == (1 + 3, "")
    assert paths(youtube) == ["commentThreads", *["comments"] * 3]


def test_replies_taken_down_are_still_counted_and_leave_no_gap(youtube):
    youtube.server.add(*(reply(number, youtube.ids[20]) for number in (38, 39)))
    youtube.server.delete("youtube", f"{youtube.ids[20]}.inventedReply00038")
    page = youtube.source.fetch_page(youtube.query, None, None)
    assert len(page.records) == 7
    assert (page.calls, page.gap) == (2, "")


def test_more_replies_than_a_page_may_ask_for_are_told_as_a_gap(youtube, monkeypatch):
    monkeypatch.setattr(type(youtube.source), "page_calls", 1 + 2)
    youtube.server.add(*(reply(number, youtube.ids[20]) for number in range(24, 40)))
    youtube.server.add(*(reply(number, youtube.ids[19]) for number in range(24, 40)))
    page = youtube.source.fetch_page(youtube.query, None, None)
    assert (page.calls, page.gap) == (1 + 2, "replies_left_out")
    # All that was shown or listed stands: twelve of the first thread, five of the second.
    assert len(page.records) == 6 + 12 + 5


def test_a_thread_taken_down_while_its_replies_are_listed_costs_only_these(youtube, monkeypatch):
    youtube.server.add(*(reply(number, youtube.ids[20]) for number in range(24, 40)))
    wire = youtube.server.wire("youtube")
    answer = wire.answer

    def gone(request, *rest):
        return wire.failure("no_such_comment", 0) if "parentId" in request.params else answer(request, *rest)

    monkeypatch.setattr(wire, "answer", gone)
    page = youtube.source.fetch_page(youtube.query, None, None)
    assert len(page.records) == 6 + 5
    assert page.gap == ""


def test_a_refused_page_of_replies_does_not_cost_the_cursor(youtube, monkeypatch):
    youtube.server.add(*(reply(number, youtube.ids[20]) for number in range(24, 40)))
    wire = youtube.server.wire("youtube")
    answer = wire.answer
    refusal = Answer(400, {"error": {"errors": [{"reason": "processingFailure"}]}})

    def refused(request, *rest):
        return refusal if "parentId" in request.params and "pageToken" in request.params else answer(request, *rest)

    monkeypatch.setattr(wire, "answer", refused)
    with pytest.raises(Transient):
        youtube.source.fetch_page(youtube.query, None, None)


def test_comments_that_are_off_are_a_gap_and_the_other_queries_go_on(youtube):
    youtube.server.wire("youtube").comments_off.add(VIDEO)
    page = youtube.source.fetch_page(youtube.query, None, None)
    assert (list(page.records), page.next_cursor, page.gap) == ([], None, "comments_disabled")
    assert youtube.source.fetch_page(Query("youtube", "channel", channel=CHANNEL), None, None).records


def test_a_video_that_is_gone_is_named_to_the_operator(youtube):
    youtube.server.fail("not_found", "youtube")
    with pytest.raises(Permanent, match=f"{VIDEO}.*videoNotFound"):
        youtube.source.fetch_page(youtube.query, None, None)


def test_comments_and_videos_are_rechecked_together(youtube):
    youtube.server.add(video(5), video(6), reply(40, youtube.ids[20]))
    youtube.server.delete("youtube", "film0000006")
    ids = [*youtube.ids[:5], f"{youtube.ids[20]}.inventedReply00040", "film0000005", "film0000006", "not an id"]
    answer = youtube.source.recheck(ids)
    assert answer.live == set(ids[:7])
    assert answer.gone == {"film0000006"}
    # A video does not tell when it was edited, so it is always handed back.
    assert [record["id"] for record in answer.edited] == ["film0000005"]


def test_only_comments_that_changed_are_handed_back(youtube):
    youtube.server.edit("youtube", youtube.ids[3], "Larkspur Family Health, corrected.")
    answer = youtube.source.recheck(youtube.ids[:6])
    assert [record["id"] for record in answer.edited] == [youtube.ids[3]]


def test_a_comment_whose_author_left_is_handed_back_without_one(youtube):
    youtube.server.add(comment(32, published_at(23), author=None))
    (left,) = youtube.source.recheck(["UgwInvented00032AaABAg", youtube.ids[0]]).edited
    assert left["id"] == "UgwInvented00032AaABAg"
    assert youtube.source.to_post(left).author_id is None


def test_more_than_a_batch_is_an_error(youtube):
    with pytest.raises(ValueError, match="50"):
        youtube.source.recheck([f"UgwInvented{number:05d}AaABAg" for number in range(51)])


def test_a_look_up_that_is_cut_short_is_never_read_as_gone(youtube, monkeypatch):
    wire = youtube.server.wire("youtube")
    answer = wire.answer

    def short(*request):
        whole = answer(*request)
        return Answer(200, {**whole.body, "items": whole.body["items"][:5]})

    monkeypatch.setattr(wire, "answer", short)
    recheck = youtube.source.recheck(youtube.ids)
    assert recheck.live == set(youtube.ids)
    assert not recheck.gone


def test_an_empty_look_up_is_asked_again(youtube):
    youtube.server.fail("empty", "youtube")
    assert youtube.source.recheck(youtube.ids[:5]).live == set(youtube.ids[:5])


def test_a_look_up_with_a_next_page_is_no_answer(youtube, monkeypatch):
    body = {"kind": "youtube#commentListResponse", "nextPageToken": "CDIQAA", "items": []}
    monkeypatch.setattr(youtube.server.wire("youtube"), "answer", lambda *_: Answer(200, body))
    with pytest.raises(Transient):
        youtube.source.recheck(youtube.ids[:2])


def test_where_one_missing_comment_refuses_them_all_the_others_are_still_live(youtube):
    youtube.server.wire("youtube").strict = True
    youtube.server.delete("youtube", youtube.ids[2])
    answer = youtube.source.recheck(youtube.ids[:9])
    assert answer.gone == {youtube.ids[2]}
    assert answer.live == {*youtube.ids[:2], *youtube.ids[3:9]}
