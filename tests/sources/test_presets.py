"""Exports that we know, all rows invented: recognised by their header, mapped to our words, and nobody is named."""

import csv
import io
import json

import pytest

from pipeline.errors import Permanent
from pipeline.sources import _columns as columns
from pipeline.sources._presets import PRESETS, read_header
from tests.sources.files import (
    BRANDWATCH,
    FOURCAT,
    MELTWATER,
    MELTWATER_NEW,
    MOMENT,
    PREAMBLE,
    SPROUT,
    UNIX,
    X_ID,
    read_file,
    workbook,
    written,
)


def table(*rows, preamble=(), delimiter=","):
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([*preamble, names, *([row.get(name, "") for name in names] for row in rows)])
    return out.getvalue()


def read(folder, *rows, name="export.csv", preamble=(), delimiter=",", encoding="utf-8", **options):
    content = table(*rows, preamble=preamble, delimiter=delimiter).encode(encoding)
    return read_file(written(folder, name, content), **options)


@pytest.mark.parametrize("platform", FOURCAT)
def test_4cat_rows_get_their_platform_and_their_exact_time(tmp_path, platform):
    (post,), refused = read(tmp_path, FOURCAT[platform])
    assert not refused
    assert (post.platform, post.kind, post.text) == (platform, "post", "Larkspur was kind")
    assert (post.platform_id, post.parent_id) == (FOURCAT[platform]["id"], None)
    assert post.created_at == MOMENT, "the column `timestamp` is of the server's zone"
    assert platform == "facebook" or post.metrics["likes"] == 7
    assert post.channel == ("portalder" if platform == "facebook" else None)


def test_authors_go_where_they_are_hashed_and_nowhere_else(tmp_path):
    posts, _ = read(tmp_path, *FOURCAT.values())
    assert {post.author_id for post in posts} == {"681", "pat_example", "in/pat-example", "pat.example"}
    for post in posts:
        # Addresses of Facebook and X are rebuilt from their ids where posts are stored.
        shown = (post.text, post.title, post.channel, post.parent_id, post.lang, post.metrics, post.platform_id)
        assert "pat" not in repr(shown).casefold()
        assert post.platform in {"facebook", "x"} or "pat" not in (post.url or "")


def test_4cat_comments_and_reddit_threads_are_comments_of_theirs(tmp_path):
    comment = {
        **{"id": "7422", "thread_id": "7421", "author": "pat", "body": "Same here", "timestamp": "2026-10-01 19:12:00"},
        **{"unix_timestamp": UNIX, "post_url": "https://www.tiktok.com/@sam/video/7421", "post_id": "7421"},
    }
    thread = {"thread_id": "1ab2cd", "id": "1ab2cd", "timestamp": UNIX, "body": "", "subject": "Larkspur?"}
    thread |= {"author": "pat", "url": "https://www.youtube.com/watch?v=abc", "subreddit": "PortAlder"}
    answer = thread | {"id": "k9xyz1", "body": "They are kind", "subject": "", "url": ""}
    (said,), _ = read(tmp_path, comment, name="comments.csv")
    assert (said.platform, said.kind, said.parent_id) == ("tiktok", "comment", "7421")
    posts, _ = read(tmp_path, thread, answer)
    assert [(post.platform, post.platform_id, post.kind, post.channel, post.url) for post in posts] == [
        ("reddit", "t3_1ab2cd", "post", "PortAlder", None),
        ("reddit", "t1_k9xyz1", "comment", "PortAlder", None),
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_brandwatch_rows_below_their_preamble(tmp_path, suffix):
    rows = [
        BRANDWATCH,
        BRANDWATCH | {"Page Type": "linkedin", "Url": "https://www.linkedin.com/posts/pat_a-activity-7-x"},
    ]
    rows.append(BRANDWATCH | {"Page Type": "news", "Url": "https://gazette.example/a", "Title": "A kind clinic"})
    rows.append(BRANDWATCH | {"Page Type": "forum", "Url": "https://www.reddit.com/r/A/comments/1ab2cd/t/k9xyz1/"})
    rows.append(BRANDWATCH | {"Page Type": "review", "Url": "https://reviews.example/7"})
    if suffix == "csv":
        posts, refused = read(tmp_path, *rows, preamble=PREAMBLE)
    else:
        sheet = [*PREAMBLE, list(BRANDWATCH), *(list(row.values()) for row in rows)]
        posts, refused = read_file(workbook(tmp_path / "export.xlsx", Mentions=sheet))
    assert not refused
    assert [(post.platform, post.kind, post.title) for post in posts] == [
        ("x", "post", None),
        ("linkedin", "post", None),
        ("news", "post", "A kind clinic"),
        ("reddit", "comment", "Pat Example (@pat)"),
        ("review", "review", "Pat Example (@pat)"),
    ]
    assert [post.platform_id for post in posts if post.platform in {"x", "reddit"}] == [X_ID, "t1_k9xyz1"]
    assert (posts[0].created_at, posts[0].lang, posts[0].author_id) == (MOMENT, "en", "pat")
    assert posts[0].metrics == {"likes": 7, "shares": 1}


def test_a_zero_in_another_platforms_column_is_no_count(tmp_path):
    (post,), _ = read(tmp_path, BRANDWATCH | {"Page Type": "facebook", "X Likes": "0", "Facebook Likes": "1,204"})
    assert post.metrics == {"likes": 1204, "shares": 1}


def test_words_that_brandwatch_withholds_are_no_post(tmp_path):
    withheld = "Due to licensing restrictions, this mention cannot be downloaded"
    _, (bad,) = read(tmp_path, BRANDWATCH | {"Full Text": withheld, "Date": ""})
    assert bad.reason == "text_withheld"


def test_meltwater_in_its_utf_16_and_tabs(tmp_path):
    (post,), refused = read(tmp_path, MELTWATER, delimiter="\t", encoding="utf-16", preamble=[["sep=\t"]])
    assert not refused
    assert (post.platform, post.platform_id, post.text) == ("x", X_ID, "Larkspur was kind")
    assert (post.created_at, post.lang, post.author_id) == (MOMENT, "en", "@pat")
    (bare,), _ = read(tmp_path, MELTWATER, delimiter="\t", encoding="utf-16-le", name="bare.csv")
    assert bare == post


def test_meltwater_of_2025_with_a_time_of_its_own(tmp_path):
    rows = [MELTWATER_NEW]
    rows.append(
        MELTWATER_NEW | {"Source Name": "Facebook", "URL": "https://www.facebook.com/7", "Content Type": "comment"}
    )
    rows.append(MELTWATER_NEW | {"Source Name": "tiktok", "URL": "https://www.tiktok.com/@pat/video/7"})
    rows.append(
        MELTWATER_NEW | {"Source Name": "X", "URL": f"https://x.com/pat/status/{X_ID}", "Author Handle": "@pat"}
    )
    posts, refused = read(tmp_path, *rows)
    assert not refused
    assert [(post.platform, post.kind, post.title) for post in posts] == [
        ("imports", "post", "A clinic"),
        ("facebook", "comment", None),
        ("tiktok", "post", None),
        ("x", "post", None),
    ]
    assert posts[0].text == "A clinic opened.\nLarkspur was kind."
    assert {post.created_at for post in posts} == {MOMENT}
    assert (posts[0].author_id, posts[0].metrics) == ("Pat Example", {"likes": 7, "replies": 0, "views": 90})
    assert [post.platform_id[:4] for post in posts] == ["sha-", "sha-", "sha-", X_ID[:4]]
    assert not any(post.channel for post in posts)


def test_a_suites_row_keeps_its_id_when_its_words_change(tmp_path):
    first, _ = read(tmp_path, MELTWATER_NEW)
    again, _ = read(tmp_path, MELTWATER_NEW | {"Hit Sentence": "Larkspur moved."}, name="later.csv")
    other, _ = read(tmp_path, MELTWATER_NEW | {"Time": "05:13 PM"}, name="other.csv")
    assert first[0].platform_id == again[0].platform_id != other[0].platform_id


def test_sprout_times_are_of_the_zone_in_their_header(tmp_path):
    (post,), refused = read(tmp_path, SPROUT)
    assert not refused
    assert (post.platform, post.kind, post.created_at) == ("facebook", "comment", MOMENT)
    assert (post.author_id, post.channel) == ("Pat Example", None)


def test_an_id_of_the_suite_is_not_taken_for_the_platforms(tmp_path):
    row = SPROUT | {"Network": "X", "Message ID": "7", "Permalink": f"https://x.com/pat/status/{X_ID}"}
    (post,), _ = read(tmp_path, row)
    assert (post.platform, post.platform_id) == ("x", X_ID)


@pytest.mark.parametrize(
    "changes",
    [
        {"Message Type": "Twitter Direct Message"},
        {"Message Type": "Private message"},
        {"Message Type": "Instagram DM"},
        {"Network": "Facebook Messenger", "Message Type": ""},
        {"Network": "WhatsApp", "Message Type": ""},
    ],
)
def test_what_was_written_in_private_is_never_a_post(tmp_path, changes):
    _, (bad,) = read(tmp_path, SPROUT | changes)
    assert bad.reason == "private_message"


@pytest.mark.parametrize(
    ("row", "preset"),
    [
        (FOURCAT["x"], "4cat"),
        (FOURCAT["facebook"], "4cat"),
        (BRANDWATCH, "brandwatch"),
        (dict.fromkeys(["Url", "Full Text", "Thread Id", "Page Type", "Date (UTC)", "Author", "Domain"]), "brandwatch"),
        (MELTWATER, "meltwater"),
        (MELTWATER_NEW, "meltwater"),
        (SPROUT, "sprout"),
        (
            dict.fromkeys(["Date", "Post ID", "Network", "Post Type", "Content Type", "Profile", "Link", "Post"]),
            "sprout",
        ),
        (dict.fromkeys(["id", "text", "date", "author", "url", "platform", "thread_id"]), ""),
        (dict.fromkeys(["Date", "Headline", "Url", "Full Text"]), ""),
        (dict.fromkeys(["network", "message", "date", "likes"]), ""),
    ],
)
def test_a_header_shows_whose_export_it_is_only_where_it_is_unmistakable(row, preset):
    assert read_header(row, {}).preset == preset


def test_a_preset_can_be_forced_and_columns_still_named(tmp_path):
    row = {"Network": "Instagram", "Message": "Kind", "Timestamp (PT)": "10/01/2026 10:12 am", "Ref": "m-1"}
    (post,), _ = read(tmp_path, row, preset="sprout", columns_map={"id": "Ref"})
    assert (post.platform, post.platform_id, post.created_at) == ("instagram", "m-1", MOMENT)
    (plain,), _ = read(tmp_path, row | {"Timestamp (PT)": ""}, name="b.csv")
    assert (plain.platform_id[:4], plain.created_at) == ("sha-", None)


def test_a_preset_that_fits_no_line_or_is_none_says_so(tmp_path):
    with pytest.raises(Permanent, match="--map text=COLUMN"):
        read(tmp_path, {"Ref": "1", "Words said": "Kind"}, preset="meltwater")
    with pytest.raises(Permanent, match="presets: 4cat, brandwatch, meltwater, sprout"):
        read(tmp_path, SPROUT, preset="hootsuite")


def test_a_line_above_the_header_is_not_taken_for_a_forced_one(tmp_path):
    preamble = [["Title"], ["Snippet", "x"]]
    (post,), _ = read(
        tmp_path,
        {"Title": "A", "Full Text": "Kind", "Url": "https://a.example"},
        preamble=preamble,
        preset="brandwatch",
    )
    assert post.text == "Kind"


@pytest.mark.parametrize("row", [*FOURCAT.values(), BRANDWATCH, MELTWATER, MELTWATER_NEW, SPROUT])
def test_an_odd_cell_costs_only_its_row(tmp_path, row):
    odd = [None, True, 7, 7e300, -1.5, "", " ", "\x00", "9" * 400, "[", [], {}, [[]], {"a": {"b": []}}, deep(900)]
    lines = [row | {name: cell} for name in row for cell in odd]
    content = "\n".join(map(json.dumps, [row, *lines, row | {"id": "last"}]))
    posts, refused = read_file(written(tmp_path, "a.jsonl", content))
    assert len(posts) + len(refused) == len(lines) + 2
    assert {bad.reason for bad in refused} <= {
        *("bad_date", "date_out_of_range", "mangled_id", "no_text", "text_not_text", "bad_id", "unmappable_record")
    }
    assert len(posts) > len(lines) / 2


def deep(levels):
    cell = "x"
    for _ in range(levels):
        cell = [cell]
    return cell


def test_each_column_of_a_preset_is_a_slug_and_each_field_one_of_ours():
    for preset in PRESETS.values():
        assert preset.columns.keys() <= columns.COLUMNS.keys() | {"time"}
        names = [name for named in preset.columns.values() for name in named]
        assert names == [columns.slug(name) for name in names]
