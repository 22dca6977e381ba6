"""Dropped files: every usual shape is read, and a poisoned row costs only itself."""

import csv
import io
import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import read_settings
from pipeline.errors import CursorRejected, Permanent
from pipeline.listening import Listening
from pipeline.sources import Query
from pipeline.sources.imports import Imports, file_query
from pipeline.sources.reading import PassState, read_pass
from tests.sources.files import HEADER, NOW, ROW, imports, read_file, written


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("a.csv", ",", "utf-8"),
        ("a.csv", ",", "utf-8-sig"),
        ("a.csv", ";", "utf-8"),
        ("a.csv", "\t", "utf-16"),  # Excel's "Unicode text", as media-monitoring exports send it
        ("a.tsv", "\t", "utf-8"),
        ("a.tsv", "\t", "utf-16"),
        ("a.txt", "\t", "utf-8"),
        ("a.csv", ",", "cp1252"),
    ],
)
def test_the_usual_tables_are_read(tmp_path, name, delimiter, encoding):
    table = io.StringIO()
    row = [*ROW[:2], "Café “closed”,\nthey said; tab\there Ċ"[: None if encoding != "cp1252" else -1], *ROW[3:]]
    csv.writer(table, delimiter=delimiter).writerows([HEADER, row, [*ROW[:1], "", "Plain words", "", "", ""]])
    path = written(tmp_path, name, table.getvalue().encode(encoding))
    posts, refused = read_file(path)
    assert not refused
    post, plain = posts
    assert post.text == row[2].strip()
    assert (post.platform, post.platform_id, post.author_id, post.kind) == ("imports", "77", "someone", "post")
    assert post.created_at == datetime(2026, 10, 1, 9, 30, tzinfo=UTC), "a time without a zone is UTC"
    assert (post.url, post.metrics) == ("https://example.org/p/77", {"likes": 1204})
    assert (plain.created_at, plain.author_id, plain.url, plain.metrics) == (None, None, None, {})


def test_lines_of_json_are_read(tmp_path):
    lines = [
        {
            "tweet_id": 2109486715499446272,
            "tweet": "One",
            "created_at": "Wed Oct 07 20:19:24 +0000 2026",
            "platform": "Twitter",
        },
        {
            "id": "c0mment",
            "body": "Two",
            "created_utc": 1_790_000_000,
            "platform": "reddit",
            "kind": "comment",
            "title": "Comment",
        },
        {"guid": "g-1", "headline": "Three", "published": "Wed, 07 Oct 2026 20:19:24 GMT", "lang": "en"},
        {"review_id": "r-1", "review": "Four", "reviewer": "someone", "stars": 2, "date": "2026-10-07T20:19:24Z"},
    ]
    posts, refused = read_file(written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert not refused
    assert [(post.platform, post.platform_id, post.kind) for post in posts] == [
        ("x", "2109486715499446272", "post"),
        ("reddit", "t1_c0mment", "comment"),
        ("imports", "g-1", "post"),
        ("imports", "r-1", "review"),
    ]
    assert [post.title for post in posts] == [None, None, "Three", None]
    moment = datetime(2026, 10, 7, 20, 19, 24, tzinfo=UTC)
    assert [post.created_at for post in posts] == [moment, datetime.fromtimestamp(1_790_000_000, UTC), moment, moment]
    assert posts[3].metrics == {"score": 2}


def test_lines_above_the_header_are_stepped_over(tmp_path):
    content = (
        "Report:,All mentions\nLabel,x\n\nDate,Headline,Url,Full Text\n2026-10-01,News,https://example.org/1,Words\n"
    )
    (post,), refused = read_file(written(tmp_path, "export.csv", content))
    assert (post.title, post.text) == ("News", "Words")
    assert not refused


def test_named_columns_and_a_platform_are_used(tmp_path):
    path = written(tmp_path, "a.csv", "Ref,Was hat der Patient gesagt?,Wann\n9,Alles gut,03/10/2026\n")
    (post,), _ = read_file(
        path,
        columns_map={"id": "Ref", "text": "Was hat der Patient gesagt?", "date": "Wann"},
        platform="Google Reviews",
        date_format="%d/%m/%Y",
    )
    assert (post.platform, post.platform_id, post.text) == ("google_reviews", "9", "Alles gut")
    assert post.created_at == datetime(2026, 10, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Ref,Words said,When\n9,Hello,2026-10-01\n"),
        ("a.csv", "Ref,Words said,When\n9,comment,Comment\n"),  # a row is not taken for the header
        ("a.jsonl", '{"Ref": 9, "Words said": "Hello"}\n'),
    ],
)
def test_a_file_without_a_column_of_text_says_what_it_found(tmp_path, name, content):
    with pytest.raises(Permanent, match="--map text=COLUMN") as refused:
        read_file(written(tmp_path, name, content))
    # The hint is for the person who runs the command: the message goes into the ledger and logs.
    assert "'Ref', 'Words said'" in refused.value.hint
    assert "Words said" not in str(refused.value)


def test_a_named_column_must_exist(tmp_path):
    path = written(tmp_path, "a.csv", "id,text\n1,Hello\n")
    with pytest.raises(Permanent, match="--map"):
        read_file(path, columns_map={"date": "Nowhere"})
    with pytest.raises(Permanent, match="knows no field colour"):
        read_file(path, columns_map={"colour": "text"})


def test_a_json_array_says_how_to_make_lines(tmp_path):
    with pytest.raises(Permanent, match="jq -c"):
        read_file(written(tmp_path, "a.json", '[{"text": "x"}]'))


@pytest.mark.parametrize(
    "make", [lambda folder: folder / "none.csv", lambda folder: folder], ids=["missing", "a folder"]
)
def test_what_is_no_file_waits_for_a_person(tmp_path, make):
    with pytest.raises(Permanent, match="no such file"):
        read_file(make(tmp_path))


@pytest.mark.parametrize("content", ["", "\n\n", "id,text\n"])
def test_an_empty_file_has_no_posts(tmp_path, content):
    assert read_file(written(tmp_path, "a.csv", content)) == ([], [])


@pytest.mark.parametrize("value", ["1.23457E+18", "2.1094867154994463e+18", "1,23457E+18", "2109486715499446272.0"])
def test_a_number_that_a_spreadsheet_rounded_is_no_id(tmp_path, value):
    path = written(tmp_path, "a.tsv", f"id\ttext\n{value}\tHello\n8.0\tFine\n")
    posts, refused = read_file(path)
    assert [post.platform_id for post in posts] == ["8"]
    assert [bad.reason for bad in refused] == ["mangled_id"]


def test_a_float_in_json_is_no_id_either(tmp_path):
    _, (bad,) = read_file(written(tmp_path, "a.jsonl", '{"id": 2.109486715499446e18, "text": "Hello"}\n'))
    assert bad.reason == "mangled_id"


def test_rows_without_an_id_get_a_stable_one_of_their_own(tmp_path):
    content = "url,text,date\nhttps://example.org/place,Kind,2026-10-01\nhttps://example.org/place,Rude,2026-10-02\n"
    first, _ = read_file(written(tmp_path, "a.csv", content))
    again, _ = read_file(written(tmp_path, "b.csv", content))
    assert [post.platform_id for post in first] == [post.platform_id for post in again]
    assert len({post.platform_id for post in first}) == 2, "reviews of one place share its address"


@pytest.mark.parametrize("value", ["03/04/2026", "soon", "9999-01-01", "1970-01-01", "99999999999999999999", "inf"])
def test_a_date_that_cannot_be_believed_is_quarantined(tmp_path, value):
    _, (bad,) = read_file(written(tmp_path, "a.csv", f"id,text,date\n1,Hello,{value}\n"))
    assert bad.reason in {"bad_date", "date_out_of_range"}


def many(folder: Path, count: int, name: str = "many.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-16" if name.endswith(".tsv") else "utf-8", newline="") as stream:
        tab = "\t" if name.endswith(".tsv") else ","
        stream.write(tab.join(("id", "text")) + "\n")
        stream.writelines(f"{number}{tab}Words ਅĀ number {number}\n" for number in range(count))
    return path


@pytest.mark.parametrize("name", ["many.csv", "many.tsv"])
def test_pages_join_without_loss_in_one_and_two_byte_encodings(tmp_path, name):
    path = many(tmp_path, 1_500, name)
    source, query = imports(tmp_path), file_query(path)
    cursor, ids, sizes = None, [], []
    while True:
        page = imports(tmp_path).fetch_page(query, cursor, None)  # as a new process would
        ids += [source.to_post(record).platform_id for record in page.records]
        sizes.append(len(page.records))
        if (cursor := page.next_cursor) is None:
            break
    assert ids == list(map(str, range(1_500)))
    assert sizes == [500, 500, 500]


def test_a_file_that_changes_under_a_cursor_is_read_anew(tmp_path):
    path = many(tmp_path, 1_200)
    source, query = imports(tmp_path), file_query(path)
    state = next(read_pass(source, query, PassState(), NOW, 1)).state_after
    with path.open("a") as stream:
        stream.write("new,Words\n")
    with pytest.raises(CursorRejected):
        source.fetch_page(query, state.pending_cursor, None)
    reads = list(read_pass(source, query, state, NOW, 100))
    assert sum(len(read.posts) for read in reads) == 1_201


@pytest.mark.parametrize("cursor", ["", "5:abc", "0.0:" + "0" * 64, "-1.0:" + "0" * 64])
def test_a_cursor_of_another_file_is_rejected(tmp_path, cursor):
    path = many(tmp_path, 10)
    with pytest.raises(CursorRejected):
        imports(tmp_path).fetch_page(file_query(path), cursor, None)


def test_a_file_read_to_its_end_is_read_again_only_once_it_changed(tmp_path):
    folder = tmp_path / "imports"
    folder.mkdir()
    path = written(folder, "b.csv", "id,text\n1,Hello\n")
    written(folder, ".hidden.csv", "id,text\n")
    written(folder, "notes.md", "text")
    source = imports(tmp_path)
    (query,) = source.queries(None, ())
    (read,) = read_pass(source, query, PassState(), NOW, 9)
    assert len(read.posts) == 1
    (again,) = read_pass(source, query, read.state_after, NOW, 9)
    assert again.fetched == 0
    path.write_text("id,text\n1,Hello\n2,There\n")
    (changed,) = source.queries(None, ())
    assert changed.key != query.key


def test_no_folder_is_no_query(tmp_path):
    assert imports(tmp_path).queries(None, ()) == []


def test_the_folder_can_be_set(tmp_path):
    written(tmp_path, "a.csv", "id,text\n")
    listening = Listening.model_validate({"sources": {"imports": {"folder": str(tmp_path)}}})
    (query,) = Imports(read_settings({}), listening).queries(None, ())
    assert query.channel == str(tmp_path / "a.csv")


def test_options_may_be_a_bare_map(tmp_path):
    path = written(tmp_path, "a.csv", "k,v\n1,Hello\n")
    query = Query("imports", "file", json.dumps({"id": "k", "text": "v"}), str(path))
    (record,) = imports(tmp_path).fetch_page(query, None, None).records
    assert imports(tmp_path).to_post(record).text == "Hello"
    for words in ("[1]", "{", '{"map": [1]}'):
        with pytest.raises(Permanent):
            imports(tmp_path).fetch_page(Query("imports", "file", words, str(path)), None, None)


def test_a_file_cannot_be_asked(tmp_path):
    answer = imports(tmp_path).recheck(["1", "2"])
    assert (answer.live, answer.gone) == (frozenset(), frozenset())


def test_a_page_ends_early_where_its_rows_are_large(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.imports.PAGE_BYTES", 100)
    path = many(tmp_path, 30)
    reads = list(read_pass(imports(tmp_path), file_query(path), PassState(), NOW, 100))
    assert len(reads) > 3
    assert sum(read.fetched for read in reads) == 30


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = many(tmp_path, count, f"{count}.csv")
        tracemalloc.start()
        for _ in read_pass(imports(tmp_path), file_query(path), PassState(), NOW, 10_000):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    small, large = peak(2_000), peak(30_000)
    # 30,000 rows are one file of 0.9 MB: smaller than the read-ahead, so only what piles up would show.
    assert large < small + 6 * 1024 * 1024


@pytest.mark.research
@pytest.mark.parametrize(
    ("name", "rows", "platform"),
    [
        ("reddit_health/vaccinemyths_reddit.tsv", 1_197, "reddit"),
        ("reddit_health/health_misinfo_reddit.tsv", 1_113, "reddit"),
        ("ct22_1c_covid_tweets/train.tsv", 3_323, "x"),
    ],
)
def test_research_sets_become_posts(research_data, name, rows, platform):
    posts, refused = read_file(research_data / name, platform=platform)
    assert len(posts) + len(refused) == rows
    assert len(posts) >= 0.99 * rows
    assert {bad.reason for bad in refused} <= {"mangled_id"}
    kinds = Counter(post.kind for post in posts)
    if "vaccinemyths" in name:
        assert kinds == {"comment": 980, "post": 217}
        assert not any(post.title for post in posts if post.kind == "comment")
        assert all(post.created_at for post in posts)
