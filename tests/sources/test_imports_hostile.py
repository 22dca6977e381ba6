"""Workbooks made to harm, or only crooked: refused in words, in bounded memory, and a crooked row costs itself."""

import random
import shutil
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import Permanent
from pipeline.sources.imports import file_query
from pipeline.sources.reading import PassState, read_pass
from tests.sources.files import (
    NOW,
    imports,
    many_in_a_sheet,
    read_file,
    rezipped,
    swapped,
    with_shared_texts,
    workbook,
    written,
)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


def with_entities(part):
    start = part.index(b"?>") + 2 if part.startswith(b"<?xml") else 0
    return part[:start] + ENTITIES + part[start:]


BOMBS = {
    "unpacks far": (
        {SHEET: lambda part: part.replace(b"</sheetData>", b" " * 40_000_000 + b"</sheetData>")},
        "100 times its size",
    ),
    "entities in a sheet": ({SHEET: with_entities}, "EntitiesForbidden"),
    "entities in texts": ({STRINGS: with_entities}, "EntitiesForbidden"),
    "entities in the workbook": ({"xl/workbook.xml": with_entities}, "EntitiesForbidden"),
    "entities in styles": ({"xl/styles.xml": with_entities}, "EntitiesForbidden"),
    "entities in the manifest": ({"[Content_Types].xml": with_entities}, "EntitiesForbidden"),
    "no manifest": ({"[Content_Types].xml": b""}, "damaged"),
    "no XML": ({"xl/workbook.xml": b"\x00\xff"}, "damaged"),
    "texts cut off": ({STRINGS: lambda part: part[: len(part) // 2]}, "damaged"),
    "deep": ({"xl/workbook.xml": b"<a>" * 100_000}, "damaged"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_workbook_is_refused(tmp_path, name):
    parts, why = BOMBS[name]
    path = with_shared_texts(workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "Secret words"]]))
    rezipped(path, parts)
    with pytest.raises(Permanent, match=rf"^a\.xlsx: .*{why}") as refused:
        read_file(path)
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"]
)
def test_a_part_that_is_parsed_as_a_whole_must_be_small(tmp_path, monkeypatch, part):
    monkeypatch.setattr("pipeline.sources._sheets.MAX_SMALL_PART_BYTES", 4_000)
    path = rezipped(many_in_a_sheet(tmp_path, 3), {part: lambda held: held + b" " * 4_000})
    with pytest.raises(Permanent, match="larger than any spreadsheet writes"):
        read_file(path)


def test_a_directory_that_lies_about_sizes_unpacks_to_no_more(tmp_path):
    path = rezipped(
        workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "Words"]]),
        {SHEET: lambda part: part.replace(b"</sheetData>", b" " * 9_000_000 + b"</sheetData>")},
    )
    content = bytearray(path.read_bytes())
    entry = content.rindex(SHEET.encode()) - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 24 : entry + 28] = struct.pack("<L", 900)
    path.write_bytes(content)
    with pytest.raises(Permanent, match="damaged"):
        read_file(path)


def test_more_than_we_unpack_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources._sheets.MAX_UNPACKED_BYTES", 3_000)
    with pytest.raises(Permanent, match="unpacks to more than"):
        read_file(many_in_a_sheet(tmp_path, 10))


def test_more_texts_than_we_keep_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources._sheets.MAX_STRINGS_BYTES", 1_000)
    with pytest.raises(Permanent, match="texts; save it as CSV"):
        read_file(with_shared_texts(many_in_a_sheet(tmp_path, 100)))


@pytest.mark.parametrize("part", [SHEET, STRINGS])
def test_one_giant_cell_does_not_fill_the_memory(tmp_path, monkeypatch, part):
    monkeypatch.setattr("pipeline.sources._sheets.MAX_ROW_BYTES", 100_000)
    path = with_shared_texts(workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "Words"]]))
    giant = {
        SHEET: (b'<c r="A2"', b'<c r="C2" t="inlineStr"><is><t>%b</t></is></c><c r="A2"'),
        STRINGS: (b"Words", b"%b"),
    }
    mark, content = giant[part]
    rezipped(path, {part: lambda held: held.replace(mark, content % (bytes(range(65, 91)) * 10_000))})
    with pytest.raises(Permanent, match="a row is larger than"):
        read_file(path)


def test_an_encrypted_or_old_workbook_says_so(tmp_path):
    with pytest.raises(Permanent, match="password or in the old"):
        read_file(written(tmp_path, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)))
    path = many_in_a_sheet(tmp_path, 2)
    content = bytearray(path.read_bytes())
    content[content.rindex(SHEET.encode()) - 46 + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(Permanent, match="protected by a password"):
        read_file(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(range(256)) * 9])
def test_a_zip_that_is_no_workbook_says_so(tmp_path, content):
    with pytest.raises(Permanent, match="not an Excel workbook"):
        read_file(written(tmp_path, "a.xlsx", content))


def test_any_other_zip_says_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("posts.csv", "id,text\n1,Words\n")
    with pytest.raises(Permanent, match="not an Excel workbook"):
        read_file(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.xls", "a.csv", "a"])
def test_a_workbook_goes_by_its_content_not_its_name(tmp_path, name):
    (post,), _ = read_file(many_in_a_sheet(tmp_path, 1).rename(tmp_path / name))
    assert post.text == "Words 0"


def test_no_damage_to_a_workbook_stops_more_than_its_file(tmp_path):
    whole = with_shared_texts(
        workbook(tmp_path / "whole.xlsx", S=[["id", "text", "date"], [1, "One", NOW.date()], [2]])
    )
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chance, refused = random.Random(4), 0
    for _ in range(400):
        name = chance.choice(sorted(parts))
        path = rezipped(Path(shutil.copy(whole, tmp_path / "a.xlsx")), {name: damaged(parts[name], chance)})
        try:
            read_file(path)
        except Permanent:
            refused += 1
    assert 40 < refused < 400


def damaged(part, chance):
    start = chance.randrange(len(part))
    end = min(len(part), start + chance.choice([0, 1, 1, 5, 40]))
    digits = bytes(part[place] for place in range(start, end) if part[place : place + 1].isdigit())
    other = chance.choice([b"", b"-1", b"99999999999", b"x", b"<", b'"', b"\xff", digits[::-1], b"&b;", b"\x00"])
    return part[:start] + other + part[end:]


def test_a_table_that_is_called_a_workbook_is_read_as_what_it_is(tmp_path):
    (post,), _ = read_file(written(tmp_path, "a.xls", "id\ttext\n1\tWords\n"))
    assert post.text == "Words"


def test_without_the_safe_parser_no_workbook_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(openpyxl, "DEFUSEDXML", False)
    with pytest.raises(Permanent, match="defusedxml"):
        read_file(many_in_a_sheet(tmp_path, 2))


def test_links_to_other_workbooks_are_not_followed(tmp_path):
    path = rezipped(
        workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "Words"]]),
        {
            "xl/workbook.xml": lambda part: part.replace(
                b"</sheets>",
                b'</sheets><externalReferences><externalReference xmlns:r="http://schemas.openxmlformats'
                b'.org/officeDocument/2006/relationships" r:id="rId99"/></externalReferences>',
            ),
            "xl/_rels/workbook.xml.rels": lambda part: part.replace(
                b"</Relationships>",
                b'<Relationship Id="rId99" Target="externalLinks/none.xml" Type="http://schemas.'
                b'openxmlformats.org/officeDocument/2006/relationships/externalLink"/></Relationships>',
            ),
        },
    )
    (post,), _ = read_file(path)
    assert post.text == "Words"


ROWS = [["id", "text"], [1, "One"], [2, "Two"], [3, "Three"]]
CROOKED = {
    "a text that is not there": ((b'<c r="B3" t="s"><v>3</v>', b'<c r="B3" t="s"><v>99</v>'), "broken_row"),
    "a column past all": ((b'r="B3"', b'r="ZZZZZ3"'), "broken_row"),
    "no number": ((b'<c r="A3" t="n"><v>2</v>', b'<c r="A3" t="n"><v>two</v>'), "broken_row"),
    "no row number": ((b'<row r="3"', b'<row r="x"'), "broken_row"),
}


@pytest.mark.parametrize("name", CROOKED)
def test_a_crooked_row_costs_only_itself(tmp_path, name):
    (held, crooked), reason = CROOKED[name]
    path = with_shared_texts(workbook(tmp_path / "a.xlsx", S=ROWS))
    rezipped(path, {SHEET: lambda part: swapped(part, held, crooked)})
    posts, (bad,) = read_file(path)
    assert [post.text for post in posts] == ["One", "Three"]
    assert (bad.position, bad.reason) == ("2", reason)


def test_rows_are_counted_and_not_believed(tmp_path):
    path = rezipped(
        workbook(tmp_path / "a.xlsx", S=ROWS),
        {
            SHEET: lambda part: swapped(
                swapped(part, b'<row r="4"', b'<row r="999999999"'), b'ref="A1:B4"', b'ref="A1:XFD1048576"'
            )
        },
    )
    posts, refused = read_file(path)
    assert [post.text for post in posts] == ["One", "Two", "Three"]
    assert not refused


def test_what_stands_above_the_damage_is_stored_first(tmp_path):
    path = rezipped(many_in_a_sheet(tmp_path, 900), {SHEET: lambda part: part[: part.index(b'<row r="802"') + 4]})
    source, query = imports(tmp_path), file_query(path)
    reads = read_pass(source, query, PassState(), NOW, 99)
    assert [len(next(reads).posts) for _ in range(2)] == [500, 300]
    with pytest.raises(Permanent, match="damaged"):
        next(reads)
