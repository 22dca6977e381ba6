"""The analysts' views explain themselves, and their page in docs/ says what the database says."""

import sqlalchemy as sa

from pipeline.config import POLICY
from pipeline.warehouse.dictionary import View, dictionary_page, read_dictionary
from pipeline.warehouse.engine import view_files
from pipeline.workplace import Workplace
from tests.conftest import ROOT


def views_of(workplace: Workplace) -> list[View]:
    with workplace.engine.connect() as connection:
        return read_dictionary(connection)


def test_every_view_and_column_has_a_comment_and_an_origin(workplace: Workplace) -> None:
    views = views_of(workplace)
    assert {view.name for view in views} == {path.stem for path in view_files() if path.stem.startswith("mart_")}
    assert [view.name for view in views if not view.comment or not view.tables] == []
    assert [f"{view.name}.{column.name}" for view in views for column in view.columns if not column.comment] == []


def test_a_view_without_comments_is_found(workplace: Workplace) -> None:
    with workplace.engine.connect() as connection:
        connection.execute(sa.text("create view marts.mart_bare as select post_id from staging.stg_posts"))
        bare = next(view for view in read_dictionary(connection) if view.name == "mart_bare")
    assert bare.comment == bare.columns[0].comment == ""
    # Through the view of staging down to the tables.
    assert bare.tables == ("posts", "source_uses")


def test_every_view_says_its_grain_in_its_first_line() -> None:
    for path in view_files():
        if path.parent.name in ("marts", "staging") and path.stem != "shown":
            assert path.read_text().startswith("-- One row per "), path.name


def test_the_page_is_the_one_in_docs(workplace: Workplace) -> None:
    page = (ROOT / "docs" / "dictionary.md").read_text(encoding="utf-8")
    assert dictionary_page(views_of(workplace)) == page, "run: auscult dictionary > docs/dictionary.md"


def test_small_cells_are_those_of_policy() -> None:
    text = (ROOT / "sql" / "staging" / "shown.sql").read_text()
    assert f"voices >= {POLICY['small_cell_voices']:.0f} or cell = 0 then cell" in text
