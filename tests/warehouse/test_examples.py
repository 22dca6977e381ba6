"""The ten questions that analysts ask most: each runs on the demo's days, as an analyst, and gives rows."""

import pytest

from pipeline.warehouse.engine import SQL_FOLDER
from pipeline.warehouse.reading import read_query
from pipeline.workplace import Workplace
from tests.conftest import ROOT

EXAMPLES = sorted((SQL_FOLDER / "examples").glob("*.sql"))
# In which column the answer lies: rows in which it is NULL, because few people stand behind them, are no answer.
ANSWERS = {
    "01_what_is_spread_most": "promoting_posts",
    "02_which_claims_rise": "more_posts",
    "03_where_is_it_told": "promoting_posts",
    "04_what_do_people_complain_about": "complaints",
    "05_how_fast_do_we_answer": "median_minutes_to_acknowledge",
    "06_how_often_are_we_right": "precision_share",
    "07_did_we_hear_everything": "complete_share",
    "08_which_story_grows": "posts_per_day",
    "09_how_loud_are_we": "most_urgent_messages",
    "10_how_does_our_audience_grow": "followers_gained",
}


def test_each_example_answers_on_the_demo(demo: Workplace) -> None:
    for path in EXAMPLES:
        answers = {}
        for role in ("analyst", "officer"):
            columns, rows = read_query(demo.engine, path.read_text(), role)
            answers[role] = [row[columns.index(ANSWERS[path.stem])] for row in rows]
            assert any(answer is not None for answer in answers[role]), f"{path.name} says nothing to an {role}"
        assert len(answers["analyst"]) == len(answers["officer"]), "small cells hide numbers, never rows"


def test_there_are_ten_and_each_begins_with_its_question() -> None:
    assert [path.stem for path in EXAMPLES] == sorted(ANSWERS)
    page = (ROOT / "docs" / "warehouse.md").read_text()
    for path in EXAMPLES:
        first, *query = path.read_text().splitlines()
        assert first.startswith("-- ")
        assert first.endswith("?")
        assert first.removeprefix("-- ") in page, f"docs/warehouse.md lacks the question of {path.name}"
        assert f"sql/examples/{path.name}" in page
        assert not [line for line in query if "public." in line], "an analyst sees the views only"


@pytest.mark.parametrize("number", range(1, 11))
def test_numbers_have_no_gap(number: int) -> None:
    assert EXAMPLES[number - 1].name.startswith(f"{number:02d}_")
