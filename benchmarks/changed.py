"""A claim that is added when a million posts were screened: how long until they are as if screened with it."""

import time
from collections.abc import Collection
from pathlib import Path

import sqlalchemy as sa

from benchmarks import ours
from benchmarks.synthetic import in_parts, own_word
from models.training.corpus import ORDINARY, ordinary_posts
from pipeline import judging
from pipeline.bench import Bench, open_bench
from pipeline.claims_entries import claim_entries
from pipeline.sweeping import sweep_claims
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.vectors import store_vectors
from pipeline.workplace import Workplace

Row = dict[str, float | str]

# Of those that ship, by how many ordinary posts the gate lets through to be read with them: a claim in the middle, one
# that three of four stay below, and one of the most frequent.
ADDED = ("alt-parasite-cleanse", "ca-sugar-feeds", "covid-ivermectin-cures")
_SCREENED = (
    "update posts set screened_key = :screened_key, claim_set_id = :claim_set_id, screened_at = clock_timestamp()"
)
_HASHES = "select platform_id, content_hash from posts where platform = 'x' and platform_id = any(:ids)"


def claims_added(folder: Path, posts: int, artefacts: Path) -> list[Row]:
    """For each of ADDED, one after the other: seconds for the comparison and in all, posts screened again, new rows."""
    rows: list[Row] = []
    with ours.warehouse(None) as workplace:
        _put_claims(workplace, ADDED)
        _screened_before(open_bench(workplace), folder, posts, artefacts)
        for number, added in enumerate(ADDED, start=1):
            with workplace.engine.begin() as connection:
                before = _match_ids(connection)
            _put_claims(workplace, ADDED[number:])
            started = time.perf_counter()
            touched = sweep_claims(open_bench(workplace), ours.NOW)
            swept = time.perf_counter() - started
            judging.screen_window(workplace, ours.NOW, lambda _: None)
            seconds = time.perf_counter() - started
            with workplace.engine.begin() as connection:
                after = _match_ids(connection)
            told = {"sweep_s": swept, "touched": touched, "change_s": seconds, "new": len(after - before)}
            rows.append({"posts": posts, "claim": added} | told)
    return rows


def _screened_before(bench: Bench, folder: Path, posts: int, artefacts: Path) -> None:
    # The base posts are screened; the others have their vectors, which differ by one word, and none of their rows.
    base = [text for name in ORDINARY for _, text, _ in ordinary_posts(folder, name, "development")]
    vectors = ours.fresh_encoder(artefacts).encode(base)
    texts = (f"{base[number % len(base)]} {own_word(number)}" for number in range(posts))
    engine = bench.workplace.engine
    for page, part in enumerate(in_parts(texts, ours.PAGE)):
        first = page * ours.PAGE
        ours.store(bench.workplace, part, first)
        with engine.begin() as connection:
            asked = {"ids": [str(number) for number in range(first, first + len(part))]}
            stored = connection.execute(sa.text(_HASHES), asked).tuples().all()
            made = {content_hash: vectors[int(number) % len(base)] for number, content_hash in stored}
            store_vectors(connection, made, bench.models.encoder.model_id, of_claim=False)
    with engine.begin() as connection:
        told = {"screened_key": bench.screened_key, "claim_set_id": bench.claim_set}
        connection.execute(sa.text(_SCREENED), told)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("vacuum analyze posts, vectors"))


def _put_claims(workplace: Workplace, without: Collection[str]) -> None:
    known = claim_entries(workplace.settings.claims_folder)
    entries = [entry for entry in known if entry["claim_id"] not in without]
    with workplace.engine.begin() as connection:
        sync_claims(connection, entries, ours.NOW)


def _match_ids(connection: sa.Connection) -> set[int]:
    return set(connection.execute(sa.text("select match_id from matches")).scalars())
