"""Claims that changed: posts that they touch are judged again, the rows of all others stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from pipeline import bench, judging, sweeping
from pipeline.bench import Bench
from pipeline.claims_entries import claim_entries
from pipeline.config import POLICY, Number, read_settings
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.screening.candidates import may_match
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import claim_sweeps, matches, posts
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
ENTRIES = {entry["claim_id"]: entry for entry in claim_entries(read_settings().claims_folder)}
AUTISM = "vax-mmr-autism"
TEXTS = (
    "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR.",
    "They hide it: vaccines cause autism and every parent at our school knows it",
    "Raw milk is safer and healthier than pasteurized milk, drink it from the farm",
    "We walked along the harbor and had ice cream, lovely evening",
    "My landlord wants to raise the rent again",
)


def put_claims(workplace: Workplace, entries: Mapping[str, Mapping[str, Any]]) -> None:
    with workplace.engine.begin() as connection:
        sync_claims(connection, list(entries.values()), NOW)


def without(*claim_ids: str) -> dict[str, Mapping[str, Any]]:
    return {claim_id: entry for claim_id, entry in ENTRIES.items() if claim_id not in claim_ids}


def edited(claim_id: str, **fields: object) -> dict[str, Mapping[str, Any]]:
    return {**ENTRIES, claim_id: {**ENTRIES[claim_id], **fields, "content_hash": "e" * 64}}


def screen(workplace: Workplace) -> int:
    return judging.screen_window(workplace, NOW, lambda _: None)["posts"]


def rows(workplace: Workplace) -> pd.DataFrame:
    told = sa.select(matches).order_by(matches.c.post_id, matches.c.claim_id)
    with workplace.engine.begin() as connection:
        return pd.DataFrame(connection.execute(told).mappings().all())


def sweeps(workplace: Workplace) -> int:
    with workplace.engine.begin() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(claim_sweeps)).scalar_one())


@pytest.fixture
def heard(workplace: Workplace) -> Callable[[Mapping[str, Mapping[str, Any]]], Workplace]:
    """A workplace whose posts were screened with these claims."""

    def screened_with(entries: Mapping[str, Mapping[str, Any]]) -> Workplace:
        put_claims(workplace, entries)
        page = [Post("x", str(number), "post", text, NOW) for number, text in enumerate(TEXTS)]
        with workplace.engine.begin() as connection:
            store_posts(connection, Origin("x"), page, NOW, NAMES)
        assert screen(workplace) == len(TEXTS)
        return workplace

    return screened_with


def test_an_added_claim_touches_its_posts_only(heard: Callable[..., Workplace]) -> None:
    workplace = heard(without(AUTISM))
    before = rows(workplace)
    assert AUTISM not in set(before["claim_id"])
    put_claims(workplace, ENTRIES)
    assert 1 <= screen(workplace) <= 2
    after = rows(workplace)
    touched = set(after[after["claim_id"] == AUTISM]["post_id"])
    assert touched
    same = [frame[frame["claim_id"].str.startswith("nut-")].reset_index(drop=True) for frame in (before, after)]
    assert not same[0].empty
    pd.testing.assert_frame_equal(*same)
    assert screen(workplace) == 0

    with workplace.engine.begin() as connection:
        connection.execute(sa.update(posts).values(screened_key=None))
    assert screen(workplace) == len(TEXTS)
    anew = rows(workplace)
    assert set(anew[anew["claim_id"] == AUTISM]["post_id"]) == touched


def test_an_edited_claim_has_its_new_version_and_a_retired_one_no_rows(heard: Callable[..., Workplace]) -> None:
    workplace = heard(ENTRIES)
    assert AUTISM in set(rows(workplace)["claim_id"])
    put_claims(workplace, edited(AUTISM, correction="Large studies found no link."))
    assert screen(workplace) >= 1
    assert set(rows(workplace).query("claim_id == @AUTISM")["claim_version"]) == {2}
    put_claims(workplace, without(AUTISM))
    assert screen(workplace) >= 1
    assert AUTISM not in set(rows(workplace)["claim_id"])


def test_claims_that_come_back_are_compared_again(heard: Callable[..., Workplace]) -> None:
    workplace = heard(ENTRIES)
    before = rows(workplace)
    for entries in (without(AUTISM), ENTRIES):
        put_claims(workplace, entries)
        assert judging.count_waiting(workplace, NOW) >= 1
        screen(workplace)
    after = rows(workplace)
    same = ["post_id", "claim_id", "p_match", "stance", "decision"]
    pd.testing.assert_frame_equal(before[same], after[same])


def test_where_many_claims_changed_all_posts_are_screened_anew(
    heard: Callable[..., Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace = heard(ENTRIES)
    monkeypatch.setattr(sweeping, "POLICY", replace(POLICY, sweep_share=Number(0.001, "", "", "")))
    put_claims(workplace, without(AUTISM))
    assert screen(workplace) == len(TEXTS)


def test_a_sweep_that_broke_off_is_done_again(heard: Callable[..., Workplace], monkeypatch: pytest.MonkeyPatch) -> None:
    workplace = heard(without(AUTISM))
    put_claims(workplace, ENTRIES)
    done = sweeps(workplace)

    def broken(*_: object) -> list[bool]:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "may_match", broken)
    with pytest.raises(KeyboardInterrupt):
        screen(workplace)
    assert sweeps(workplace) == done
    monkeypatch.setattr(sweeping, "may_match", may_match)
    assert screen(workplace) >= 1
    assert AUTISM in set(rows(workplace)["claim_id"])


def test_what_was_judged_with_claims_that_were_edited_meanwhile_is_not_written(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_claims(workplace, without(AUTISM))
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), [Post("x", "1", "post", TEXTS[0], NOW)], NOW, NAMES)
    judge_with = judging._screened

    def edit_meanwhile(own: Bench, *parts: Any) -> Any:
        put_claims(workplace, ENTRIES)
        return judge_with(own, *parts)

    monkeypatch.setattr(judging, "_screened", edit_meanwhile)
    assert screen(workplace) == 0
    assert rows(workplace).empty
    monkeypatch.setattr(judging, "_screened", judge_with)
    assert screen(workplace) == 1
    assert AUTISM in set(rows(workplace)["claim_id"])


def test_other_models_have_all_posts_screened_anew(
    heard: Callable[..., Workplace], monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace = heard(ENTRIES)
    before = rows(workplace)
    monkeypatch.setattr(Bench, "screened_key", "another")
    assert screen(workplace) == len(TEXTS)
    pd.testing.assert_frame_equal(before, rows(workplace), obj="rows that say the same are not written again")


def test_only_one_process_sweeps(heard: Callable[..., Workplace]) -> None:
    workplace = heard(ENTRIES)
    put_claims(workplace, without(AUTISM))
    own = bench.open_bench(workplace)
    assert sweeping.sweep_claims(own, NOW) >= 1
    assert sweeping.sweep_claims(own, NOW) == 0
    assert sweeping.sweep_claims(own, NOW + timedelta(days=90)) == 0
