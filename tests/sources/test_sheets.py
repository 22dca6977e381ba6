"""Excel workbooks: read as tables are, page by page and in bounded memory."""

import tracemalloc
from datetime import UTC, date, datetime, time

import pytest

from pipeline.errors import CursorRejected, Permanent
from pipeline.sources._sheets import Workbook
from pipeline.sources.imports import file_query
from pipeline.sources.reading import PassState, read_pass
from tests.sources.files import (
    HEADER,
    NOW,
    ROW,
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


def test_a_sheet_gives_what_its_csv_gives(tmp_path):
    moment = datetime(2026, 10, 1, 9, 30)
    path = workbook(tmp_path / "a.xlsx", S=[HEADER, [77, moment, *ROW[2:5], 1204], ["78", "", "Plain words"]])
    (post, plain), refused = read_file(path)
    row = f'77,2026-10-01 09:30:00,"{ROW[2]}",{ROW[3]},{ROW[4]},1204'
    (same,), _ = read_file(written(tmp_path, "a.csv", f"{','.join(HEADER)}\n{row}\n"))
    assert post == same
    assert post.created_at == moment.replace(tzinfo=UTC)
    assert (plain.platform_id, plain.text, plain.created_at, plain.author_id) == ("78", "Plain words", None, None)
    assert not refused


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        (datetime(2026, 10, 1, 9, 30, 15), datetime(2026, 10, 1, 9, 30, 15, tzinfo=UTC)),
        (date(2026, 10, 1), datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T09:30:15+02:00", datetime(2026, 10, 1, 7, 30, 15, tzinfo=UTC)),
        (1_790_000_000, datetime.fromtimestamp(1_790_000_000, UTC)),
    ],
)
def test_dates_are_read_as_cells_and_as_texts(tmp_path, cell, moment):
    (post,), _ = read_file(workbook(tmp_path / "a.xlsx", S=[["id", "text", "date"], [1, "Words", cell]]))
    assert post.created_at == moment


def test_a_day_number_that_lost_its_format_is_no_date(tmp_path):
    _, (bad,) = read_file(workbook(tmp_path / "a.xlsx", S=[["id", "text", "date"], [1, "Words", 46296.4]]))
    assert bad.reason == "bad_date"


@pytest.mark.parametrize("cell", [2.10948671549945e18, 2109486715499446272.0, "2.10949E+18"])
def test_an_id_that_a_spreadsheet_rounded_is_no_id(tmp_path, cell):
    path = workbook(tmp_path / "a.xlsx", S=[["id", "text"], [cell, "Words"], [8.0, "Fine"], ["0042", "Text"]])
    posts, (bad,) = read_file(path)
    assert [post.platform_id for post in posts] == ["8", "0042"]
    assert (bad.position, bad.reason) == ("1", "mangled_id")


def test_numbers_and_truths_in_a_column_of_text_are_words(tmp_path):
    posts, _ = read_file(workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, 10], [2, True], [3, 4.5]]))
    assert [post.text for post in posts] == ["10", "True", "4.5"]


def test_escaped_characters_are_read(tmp_path):
    (post,), _ = read_file(workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "One_x000D_\nTwo"]]))
    assert post.text.split() == ["One", "Two"]


def test_rows_above_the_header_and_empty_ones_are_stepped_over(tmp_path):
    rows = [
        ["Report:", "All mentions"],
        [],
        ["Date", "Headline", "Url", "Full Text"],
        [],
        [None, "News", None, "Words"],
    ]
    posts, refused = read_file(workbook(tmp_path / "a.xlsx", S=rows))
    assert [(post.title, post.text) for post in posts] == [("News", "Words")]
    assert not refused


def test_texts_that_rows_share_are_read(tmp_path):
    rows = [["id", "text"], [1, "Twice"], [2, "Twice"], [3, "Once & for all"]]
    posts, _ = read_file(with_shared_texts(workbook(tmp_path / "a.xlsx", S=rows)))
    assert [post.text for post in posts] == ["Twice", "Twice", "Once & for all"]


def test_the_first_sheet_with_a_header_is_read_or_the_named_one(tmp_path):
    posts = [["id", "text"], [1, "First"]], [["id", "text"], [2, "Second"]]
    path = workbook(tmp_path / "a.xlsx", Summary=[["Mentions", 2]], Posts=posts[0], More=posts[1])
    assert [post.text for post in read_file(path)[0]] == ["First"]
    assert [post.text for post in read_file(path, sheet=" more ")[0]] == ["Second"]
    with pytest.raises(Permanent, match="no sheet of that name") as refused:
        read_file(path, sheet="Nowhere")
    assert "'Posts'" in refused.value.hint
    with pytest.raises(Permanent, match="--map text=COLUMN"):
        read_file(path, sheet="Summary")


def test_a_workbook_without_rows_has_no_posts(tmp_path):
    assert read_file(workbook(tmp_path / "a.xlsx", S=[])) == ([], [])
    assert read_file(workbook(tmp_path / "b.xlsx", S=[["id", "text"]])) == ([], [])


def test_formulas_give_the_value_that_was_saved_with_them(tmp_path):
    path = workbook(tmp_path / "a.xlsx", S=[["id", "text", "title"], [1, "=1+1", "Kept"], [2, "=NOW()", "Also"]])
    rezipped(
        path, {SHEET: lambda part: swapped(part, b'r="B2"><f>1+1</f><v />', b'r="B2" t="str"><f>1+1</f><v>Two</v>')}
    )
    posts, _ = read_file(path)
    assert [(post.text, post.title) for post in posts] == [("Two", "Kept"), ("", "Also")]


def test_an_error_in_a_cell_is_no_words(tmp_path):
    posts, (bad,) = read_file(workbook(tmp_path / "a.xlsx", S=[["id", "text"], [1, "#NAME?"], [2, "Words"]]))
    assert [post.platform_id for post in posts] == ["2"]
    assert bad.reason == "no_text"


@pytest.mark.parametrize("fresh", [True, False], ids=["as a new process", "in one process"])
def test_pages_join_without_loss(tmp_path, fresh):
    path = many_in_a_sheet(tmp_path, 1_200)
    source, query, cursor, ids, sizes = imports(tmp_path), file_query(path), None, [], []
    while True:
        source = imports(tmp_path) if fresh else source
        page = source.fetch_page(query, cursor, None)
        ids += [source.to_post(record).platform_id for record in page.records]
        sizes.append(len(page.records))
        if (cursor := page.next_cursor) is None:
            break
    assert ids == [str(number) for number in range(1_200)]
    assert sizes == [500, 500, 200]


def test_a_page_can_be_read_twice(tmp_path):
    source, query = imports(tmp_path), file_query(many_in_a_sheet(tmp_path, 700))
    cursor = source.fetch_page(query, None, None).next_cursor
    first, again = (source.fetch_page(query, cursor, None) for _ in range(2))
    assert [record["id"] for record in first.records] == [str(number) for number in range(500, 700)]
    assert [*first.records] == [*again.records]


def test_the_next_page_does_not_read_the_sheet_from_its_top(tmp_path, monkeypatch):
    path, tops = many_in_a_sheet(tmp_path, 1_600), []
    read = Workbook._from_top
    monkeypatch.setattr(Workbook, "_from_top", lambda *given: tops.append(given) or read(*given))
    assert sum(each.fetched for each in read_pass(imports(tmp_path), file_query(path), PassState(), NOW, 99)) == 1_600
    assert len(tops) == 3, "once for the header, once for the sample of ids, once for all pages"


@pytest.mark.parametrize("write", [lambda path: path, with_shared_texts], ids=["in their rows", "shared"])
def test_it_is_a_row_that_may_not_be_large_not_the_sheet(tmp_path, monkeypatch, write):
    monkeypatch.setattr("pipeline.sources._sheets.MAX_ROW_BYTES", 40_000)
    posts, refused = read_file(write(many_in_a_sheet(tmp_path, 2_000)))
    assert (len(posts), refused) == (2_000, [])


def test_a_workbook_that_changes_under_a_cursor_is_read_anew(tmp_path):
    query = file_query(many_in_a_sheet(tmp_path, 600))
    cursor = imports(tmp_path).fetch_page(query, None, None).next_cursor
    many_in_a_sheet(tmp_path, 601)
    with pytest.raises(CursorRejected):
        imports(tmp_path).fetch_page(query, cursor, None)


def test_a_page_ends_early_where_its_rows_are_large(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.sources.imports.PAGE_BYTES", 100)
    reads = list(read_pass(imports(tmp_path), file_query(many_in_a_sheet(tmp_path, 60)), PassState(), NOW, 100))
    assert len(reads) > 5
    assert sum(read.fetched for read in reads) == 60


def test_memory_does_not_grow_with_the_rows(tmp_path):
    def peak(count):
        # LibreOffice says of each row how high it is, which openpyxl would note row by row.
        path = rezipped(
            many_in_a_sheet(tmp_path, count, f"{count}.xlsx", words="x"),
            {SHEET: lambda part: part.replace(b"<row ", b'<row ht="12.8" hidden="false" customHeight="false" ')},
        )
        book = Workbook(path)
        tracemalloc.start()
        assert sum(1 for _ in book.rows("S")) == count + 1
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    small, large = peak(500), peak(5_500)
    # 5,000 rows more would be 0.3 MB as nothing but the shells of their elements.
    assert large < small + 100_000


def test_shared_texts_are_kept_once(tmp_path):
    path = with_shared_texts(many_in_a_sheet(tmp_path, 5_000))
    Workbook(path)
    tracemalloc.start()
    book = Workbook(path)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert book.titles_like("") == ["S"]
    # 5,000 texts take 0.3 MB; with the elements that they were read from it would be 1.2 MB more.
    assert peak < kept + 500_000


def test_the_drop_folder_offers_workbooks_but_not_the_marks_of_open_ones(tmp_path):
    folder = tmp_path / "imports"
    folder.mkdir()
    workbook(folder / "a.xlsx", S=[["id", "text"], [1, "Words"]])
    written(folder, "~$a.xlsx", b"someone")
    written(folder, "b.xls", b"\xd0\xcf\x11\xe0")
    names = [query.channel.rpartition("/")[2] for query in imports(tmp_path).queries(None, ())]
    assert names == ["a.xlsx", "b.xls"]


def test_a_time_of_its_own_column_is_kept(tmp_path):
    rows = [["Date", "Time", "URL", "Opening Text", "Hit Sentence"]]
    rows.append([date(2026, 10, 1), time(17, 12), "https://news.example/a", "Words", ""])
    (post,), _ = read_file(workbook(tmp_path / "a.xlsx", S=rows))
    assert post.created_at == datetime(2026, 10, 1, 17, 12, tzinfo=UTC)
