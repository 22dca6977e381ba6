"""A poisoned or crooked row of a file costs only itself."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.files import read_file, written

# One poisoned row, and the reason for which it is refused (None: it is neutralised and stored).
JSON_POISON = {
    "broken": (b'{"id": "p", "text": "unclosed', "broken_json"),
    "nul": (b'{"id": "p", "text": "a\\u0000b"}', None),
    "raw nul": (b'{"id": "p", "text": "a\x00b"}', "broken_json"),
    "surrogate": (b'{"id": "p", "text": "a\\ud800b"}', None),
    "undecodable": (b'{"id": "p", "text": "a\xff\xfe\x81b"}', "undecodable"),
    "list": (b'["id", "text"]', "not_an_object"),
    "null": (b"null", "not_an_object"),
    "deep": (b"[" * 100_000, "broken_json"),
    "huge number": (b'{"id": ' + b"9" * 5_000 + b', "text": "x"}', "broken_json"),
    "not text": (b'{"id": "p", "text": {"a": 1}}', "text_not_text"),
    "long": (b'{"id": "p", "text": "' + b"x" * 1_000_000 + b'"}', "text_too_large"),
    "endless": (b'{"id": "p", "text": "' + b"x" * 5_000_000 + b'"}', "record_too_large"),
    "year 9999": (b'{"id": "p", "text": "x", "date": "9999-12-31T23:59:59Z"}', "date_out_of_range"),
    "nan date": (b'{"id": "p", "text": "x", "date": NaN}', "bad_date"),
    "no words": (b'{"id": "p", "text": "  "}', "no_text"),
    "formula": (b'{"id": "p", "text": "=cmd|\' /C calc\'!A0"}', None),
    "script": (b'{"id": "p", "text": "<script>alert(1)</script>", "url": "javascript:alert(1)"}', None),
    "header": (b'{"id": "p", "text": "x", "title": "=?UTF-8?Q?x=0D=0ABcc:_evil?=\\r\\nBcc: evil"}', None),
    "odd metrics": (b'{"id": "p", "text": "x", "likes": {"a": 1}, "score": "many", "shares": 1e400}', None),
    "mangled": (b'{"id": 1.5e18, "text": "x"}', "mangled_id"),
}
TABLE_POISON = {
    "few columns": (b"p,x", "wrong_columns"),
    "many columns": (b"p,x,2026-10-01,more,and more", "wrong_columns"),
    "open quote": (b'p,"never closed,2026-10-01', None),
    "open quote and commas": (b'p,"never, ever, closed,2026-10-01', "wrong_columns"),
    "inner quotes": (b'p,"not" so "sure",2026-10-01', None),
    "inch": (b'p,a 5" needle,2026-10-01', None),
    "only a quote": (b'"', "wrong_columns"),
    "nul": (b"p,a\x00b,2026-10-01", None),
    "undecodable": (b"p,a\xff\x81b,2026-10-01", "undecodable"),
    "long": (b"p," + b"x" * 2_000_000 + b",2026-10-01", "text_too_large"),
    "long in quotes": (b'p,"' + b"x" * 2_000_000 + b'",2026-10-01', "text_too_large"),
    "endless": (b"p," + b"x" * 5_000_000 + b",2026-10-01", "record_too_large"),
    "year 9999": (b"p,x,9999-12-31", "date_out_of_range"),
    "formula": (b"p,=1+1,2026-10-01", None),
    "mangled": (b"1.23457E+18,x,2026-10-01", "mangled_id"),
    "no words": (b"p,,2026-10-01", "no_text"),
}
GOOD_JSON = [json.dumps({"id": f"g{number}", "text": f"Gut – word {number}"}).encode() for number in range(12)]
GOOD_ROWS = [
    b"g0,Plain,2026-10-01",
    b'g1,"With, comma",2026-10-01',
    b'g2,"Two\nlines, of words",2026-10-01',
    b'g3,"She said ""no"" twice",2026-10-01',
    b"g4,An apostrophe's fine,2026-10-01",
    'g5,"Ünïcode – «quoted»",2026-10-01'.encode(),
    b'g6,"""All of it quoted""",2026-10-01',
    b'g7,"",2026-10-01'.replace(b'""', b'"ok"'),
    b"g8,Last,",
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(JSON_POISON)), place=st.integers(0, len(GOOD_JSON)))
def test_one_poisoned_line_of_json_costs_only_itself(tmp_path, name, place):
    poison, reason = JSON_POISON[name]
    lines = [*GOOD_JSON[:place], poison, *GOOD_JSON[place:]]
    check_poisoned(written(tmp_path, "a.jsonl", b"\n".join(lines) + b"\n"), reason, place, len(GOOD_JSON))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(TABLE_POISON)),
    place=st.integers(0, len(GOOD_ROWS)),
    ending=st.sampled_from([b"\n", b"\r\n"]),
)
def test_one_poisoned_row_of_a_table_costs_only_itself(tmp_path, name, place, ending):
    poison, reason = TABLE_POISON[name]
    rows = [b"id,text,date", *GOOD_ROWS[:place], poison, *GOOD_ROWS[place:]]
    check_poisoned(written(tmp_path, "a.csv", ending.join(rows) + ending), reason, place, len(GOOD_ROWS))


def check_poisoned(path, reason, place, good):
    posts, refused = read_file(path)
    assert {f"g{number}" for number in range(good)} <= {post.platform_id for post in posts}
    assert [bad.reason for bad in refused] == ([reason] if reason else [])
    assert len(posts) == good + (reason is None)
    assert [bad.position for bad in refused] == ([str(place + 1)] if reason else [])
    stored = "".join(f"{post.title}{post.text}{post.url}" for post in posts)
    assert not any(character in stored for character in "\x00\ud800")
    assert "javascript:" not in stored


def test_stray_quotes_in_a_tab_separated_file_swallow_no_row(tmp_path):
    rows = ['1\t"open\tx', "2\tplain\tx", '3\tclosed"\tx', '4\t"whole"\tx', '5\t"a" b "c"\tx', '6\t"\tx', '7\t"\tx']
    posts, refused = read_file(written(tmp_path, "a.tsv", "id\ttext\tlabel\n" + "\n".join(rows)))
    assert [post.platform_id for post in posts] == list("1234567")
    assert posts[3].text == "whole"
    assert not refused


def test_a_quote_that_closes_in_another_row_joins_no_rows(tmp_path):
    posts, refused = read_file(written(tmp_path, "a.csv", 'id,text\n1,"open\n2,shut",3,4\n5,fine\n'))
    assert [(post.platform_id, post.text) for post in posts] == [("1", '"open'), ("5", "fine")]
    assert [(bad.position, bad.reason) for bad in refused] == [("2", "wrong_columns")]


def test_a_table_of_one_column_keeps_its_commas(tmp_path):
    posts, refused = read_file(written(tmp_path, "a.csv", 'text\nYes, we do\n"No, we\ndo not"\n'))
    assert [post.text for post in posts] == ["Yes, we do", "No, we\ndo not"]
    assert not refused
