"""Ids that spreadsheets and programs round, dates that they turn, and cells that would name a person."""

import json
import random
from datetime import UTC, datetime

import pytest

from pipeline.sources._columns import rounded_digits
from tests.sources.files import read_file, workbook, written

# Ids of X as they are, as a spreadsheet rounds them (15 digits) and as a program that counts in doubles (17).
SOUND = [
    "2109486715499446273",
    "2109486731064512519",
    "2109486744998547456",
    "2109486752032391168",
    "2109486769266794496",
]
BY_SPREADSHEET = [f"{text[:15]}0000" for text in SOUND]
BY_PROGRAM = [f"{text[:17]}00" for text in SOUND]


def rows(ids, url="https://example.org/p"):
    return "id,text,url\n" + "".join(f"{name},Words {place},{url}/{place}\n" for place, name in enumerate(ids))


@pytest.mark.parametrize("ids", [BY_SPREADSHEET, BY_PROGRAM, BY_SPREADSHEET[:3], [text[1:] for text in BY_SPREADSHEET]])
@pytest.mark.parametrize("shape", ["csv", "jsonl", "xlsx"])
def test_a_column_of_rounded_ids_is_quarantined(tmp_path, ids, shape):
    if shape == "csv":
        path = written(tmp_path, "a.csv", rows(ids))
    elif shape == "jsonl":
        path = written(tmp_path, "a.jsonl", "\n".join(json.dumps({"id": int(name), "text": "Words"}) for name in ids))
    else:
        path = workbook(tmp_path / "a.xlsx", S=[["id", "text"], *([int(name), "Words"] for name in ids)])
    posts, refused = read_file(path)
    assert not posts
    assert {bad.reason for bad in refused} == {"mangled_id"}
    assert len(refused) == len(ids)


@pytest.mark.parametrize(
    "ids",
    [
        SOUND,
        [*BY_SPREADSHEET[:2]],  # two may be chance
        [*BY_SPREADSHEET, SOUND[0]],  # one that ends otherwise: this column was not rounded as a whole
        ["100000", "200000", "300000", "400000"],  # short numbers are not rounded
        ["DAbcDEf000000000000", "DAbcDEg000000000000", "DAbcDEh000000000000"],
    ],
)
def test_a_column_that_only_looks_rounded_is_read(tmp_path, ids):
    posts, refused = read_file(written(tmp_path, "a.csv", rows(ids)))
    assert [post.platform_id for post in posts] == ids
    assert not refused


def test_rows_that_came_back_whole_are_kept_in_a_rounded_column(tmp_path):
    ids = [BY_SPREADSHEET[place % 5][:12] + f"{place:03}0000" for place in range(600)] + [SOUND[0], "42"]
    posts, refused = read_file(written(tmp_path, "a.csv", rows(ids)))
    assert [post.platform_id for post in posts] == [SOUND[0], "42"], "the sample had no sound id, the file has"
    assert len(refused) == 600


def test_real_snowflakes_rarely_look_rounded():
    # The worst case: no worker and no sequence number, so every id is divisible by 2^22.
    chance = random.Random(26)
    files = [[str(chance.randrange(10**11, 6 * 10**11) << 22) for _ in range(3)] for _ in range(50_000)]
    assert all(17 < len(name) < 20 for names in files for name in names)
    assert [names for names in files if rounded_digits(names)] == []
    # The arithmetic behind it: n zeros end one of them in 5^n.
    ends = sum(name.endswith("000") for names in files for name in names)
    assert ends == pytest.approx(150_000 / 5**3, rel=0.15)


@pytest.mark.parametrize("cell", ['"=""2109486715499446273"""', "'2109486715499446273", '"""2109486715499446273"""'])
def test_the_marks_that_keep_an_id_whole_are_taken_off(tmp_path, cell):
    (post,), _ = read_file(written(tmp_path, "a.csv", f"id,text\n{cell},Words\n"))
    assert post.platform_id == SOUND[0]


def test_an_id_of_reddit_with_an_e_is_no_rounded_number(tmp_path):
    (post,), refused = read_file(written(tmp_path, "a.csv", "id,text,platform\n1e23456,Words,reddit\n"))
    assert (post.platform_id, refused) == ("t3_1e23456", [])


@pytest.mark.parametrize("name", ["2.10949E+18", "2,10949E+18", "2E+18", "2.10948671549945E18"])
def test_an_address_with_a_rounded_id_is_no_id_and_no_address(tmp_path, name):
    url = f"https://x.com/i/status/{name}"
    content = f"id\ttext\turl\n\tWords\t{url}\n7\tMore\t{url}\n"
    (post,), (bad,) = read_file(written(tmp_path, "a.tsv", content))
    assert (post.platform_id, post.url) == ("7", None)
    assert (bad.position, bad.reason) == ("1", "mangled_id")


def test_a_rounded_id_is_taken_from_the_address_that_has_it_whole(tmp_path):
    content = "id,text,url\n" + "".join(
        f"{rounded},Words,https://twitter.com/someone/status/{sound}?s=20\n"
        for rounded, sound in zip([*BY_SPREADSHEET, "2.10949E+18"], [*SOUND, "7"], strict=True)
    )
    posts, refused = read_file(written(tmp_path, "a.csv", content))
    assert [(post.platform, post.platform_id) for post in posts] == [("x", name) for name in [*SOUND, "7"]]
    assert not refused


@pytest.mark.parametrize(
    ("url", "platform", "name"),
    [
        (f"https://x.com/i/web/status/{SOUND[0]}", "x", SOUND[0]),
        (f"http://twitter.com/someone/statuses/{SOUND[0]}", "x", SOUND[0]),
        ("https://old.reddit.com/r/AskDocs/comments/1ab2cd/a_title/", "reddit", "t3_1ab2cd"),
        ("https://www.reddit.com/r/AskDocs/comments/1ab2cd/a_title/k9xyz1/", "reddit", "t1_k9xyz1"),
        ("https://www.linkedin.com/feed/update/urn:li:activity:7380000000000000321", "linkedin", None),
        ("https://www.tiktok.com/@someone/video/7421", "tiktok", None),
        ("https://www.instagram.com/p/DAbcDEf/", "instagram", None),
        ("https://m.facebook.com/groups/7/posts/8", "facebook", None),
        ("https://www.threads.net/@someone/post/DAxYz", "threads", None),
        ("https://youtu.be/abcdefghijk", "youtube", None),
        ("https://bsky.app/profile/someone.example/post/3l", "bluesky", None),
        ("https://notx.com/i/status/7", "imports", None),
        ("https://x.com.evil.example/i/status/7", "imports", None),
        ("https://[x.com/i/status/7", "imports", None),
    ],
)
def test_an_address_shows_the_platform_and_where_we_know_how_the_id(tmp_path, url, platform, name):
    (post,), _ = read_file(written(tmp_path, "a.tsv", f"text\turl\nWords\t{url}\n"))
    assert post.platform == platform
    assert post.platform_id == name if name else post.platform_id.startswith("sha-")
    assert post.kind == ("comment" if (name or "").startswith("t1_") else "post")
    (given,), _ = read_file(written(tmp_path, "a.tsv", f"text\turl\nWords\t{url}\n"), platform="Nextdoor")
    assert given.platform == "nextdoor", "what the operator says of a file goes before what an address shows"


@pytest.mark.parametrize(
    ("cell", "platform"),
    [
        ("LinkedIn", "linkedin"),
        ("TikTok", "tiktok"),
        ("X (Twitter)", "x"),
        ("facebook.com", "facebook"),
        ("", "imports"),
    ],
)
def test_platforms_are_called_as_their_connectors_are(tmp_path, cell, platform):
    (post,), _ = read_file(written(tmp_path, "a.csv", f"id,text,platform\n1,Words,{cell}\n"))
    assert post.platform == platform


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("07-Jul-2026 05:12PM", datetime(2026, 7, 7, 17, 12, tzinfo=UTC)),
        ("07-Jul-2026 05:12 PM", datetime(2026, 7, 7, 17, 12, tzinfo=UTC)),
        ("7-Jul-26", datetime(2026, 7, 7, tzinfo=UTC)),
        ("Jul 7, 2026 12:05 am", datetime(2026, 7, 7, 0, 5, tzinfo=UTC)),
        ("July 7, 2026 at 12:05 pm", None),
        ("2026-07-07 12:05 PM", datetime(2026, 7, 7, 12, 5, tzinfo=UTC)),
        ("7 July 2026 17:12:30", datetime(2026, 7, 7, 17, 12, 30, tzinfo=UTC)),
        ("7 Jul 2026 13:12 PM", None),
        ("7 Juillet 2026", None),  # Jui could be June too
        ("07/07/2026 5:12 PM", None),
    ],
)
def test_half_days_and_months_by_name(tmp_path, cell, moment):
    posts, refused = read_file(written(tmp_path, "a.tsv", f"id\ttext\tdate\n1\tWords\t{cell}\n"))
    assert [post.created_at for post in posts] == ([moment] if moment else [])
    assert [bad.reason for bad in refused] == ([] if moment else ["bad_date"])


@pytest.mark.parametrize(
    ("cell", "lang"), [("English", "en"), ("en-US", "en"), ("es", "es"), ("und", "und"), ("Unknown", None), ("", None)]
)
def test_languages_are_codes(tmp_path, cell, lang):
    (post,), _ = read_file(written(tmp_path, "a.csv", f"id,text,language\n1,Words,{cell}\n"))
    assert post.lang == lang


@pytest.mark.parametrize(
    ("channel", "kept"), [("AskDocs", "AskDocs"), ("@someone", None), ("u/someone", None), ("someone", None)]
)
def test_a_channel_is_never_a_person(tmp_path, channel, kept):
    (post,), _ = read_file(written(tmp_path, "a.csv", f"id,text,channel,author\n1,Words,{channel},someone\n"))
    assert post.channel == kept


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://social.example/@someone/112", False),
        ("https://forum.example/users/someone/7", False),
        ("https://www.google.com/maps/reviews/@41.1,-73.4,17z/data=!4m6", True),
        ("https://forum.example/t/7", True),
    ],
)
def test_an_address_that_names_a_person_is_not_kept(tmp_path, url, kept):
    (post,), _ = read_file(written(tmp_path, "a.tsv", f"id\ttext\turl\n1\tWords\t{url}\n"))
    assert post.url == (url if kept else None)


def test_an_author_that_is_a_rounded_number_is_nobody(tmp_path):
    (post,), _ = read_file(written(tmp_path, "a.csv", "id,text,author\n1,Words,1.23457E+18\n"))
    assert post.author_id is None


def test_a_long_search_query_above_the_header_is_stepped_over(tmp_path):
    query = "\n".join(f'OR ""Larkspur {number}""' for number in range(40))
    content = f'Query:,"{query}"\n\nDate,Headline,Url,Full Text\n2026-10-01,News,https://example.org/1,Words\n'
    (post,), _ = read_file(written(tmp_path, "a.csv", content))
    assert post.title == "News"
