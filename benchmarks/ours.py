"""Our matcher alone, and our whole screen step into PostgreSQL, as the product runs them."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from models import folding
from models.encoder import Encoder, load_encoder
from models.matcher import ClaimIndex, ClaimText, build_index, claim_field_texts, nearest_claims
from pipeline import bench, judging
from pipeline.claims_entries import claim_entries
from pipeline.config import ROOT, read_settings
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse import embedded
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.workplace import Workplace, close_engines, open_workplace

TOP = 10
NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
PAGE = 1000

Ranked = NDArray[np.int64]


def nearest(index: ClaimIndex, encoder: Encoder, posts: Sequence[str]) -> Ranked:
    """The positions of the TOP nearest claims of each post: vectors, cosines and words."""
    return nearest_claims(index, encoder.encode(posts), posts, TOP).claim


def fresh_encoder(folder: Path) -> Encoder:
    """An encoder that remembers nothing, as one that has not seen the posts of this round."""
    folding._fold_short.cache_clear()
    return load_encoder(folder=folder)


def index_of(claims: Sequence[ClaimText], encoder: Encoder) -> ClaimIndex:
    """The claims, ready to be searched."""
    return build_index(claims, encoder.encode(claim_field_texts(claims)))


@contextmanager
def warehouse(claims: Sequence[ClaimText] | None) -> Iterator[Workplace]:
    """A warehouse of its own on the embedded server, with these claims, or those that ship, in force."""
    with tempfile.TemporaryDirectory(prefix="auscult-bench-") as folder:
        home = Path(folder)
        for name in ("practice.yaml", "auscult.yaml"):
            (home / name).write_text((ROOT / "docs" / "examples" / name).read_text())
        environment = {**os.environ, "AUSCULT_HOME": folder, "AUSCULT_AUTHOR_KEY": "for benchmarks only, " * 3}
        settings = read_settings({name: value for name, value in environment.items() if name != "AUSCULT_DATABASE_URL"})
        workplace = open_workplace(settings)
        try:
            with workplace.engine.begin() as connection:
                sync_claims(connection, _entries(claims, settings.claims_folder), NOW)
            yield workplace
        finally:
            close_engines()
            embedded.stop_server(settings.database_folder)


def store(workplace: Workplace, posts: Sequence[str], first: int = 0) -> None:
    """Store posts as a source would, those of a page at one moment."""
    for start in range(0, len(posts), PAGE):
        page = [
            Post("x", str(first + start + number), "post", text, NOW - timedelta(seconds=number))
            for number, text in enumerate(posts[start : start + PAGE])
        ]
        with workplace.engine.begin() as connection:
            store_posts(connection, Origin("x"), page, NOW, NAMES)


def forget_screening(workplace: Workplace) -> None:
    """Make all posts wait to be screened, with no vector of theirs stored and nothing remembered."""
    with workplace.engine.begin() as connection:
        for statement in (
            "truncate matches, mentions",
            "delete from vectors where not of_claim",
            "update posts set screened_key = null, claim_set_id = null, screened_at = null",
        ):
            connection.execute(sa.text(statement))
    bench.shipped_models.cache_clear()
    folding._fold_short.cache_clear()


def fresh_screen(workplace: Workplace) -> tuple[int, float]:
    """Screen all posts as if for the first time.

    Posts and seconds from the end of the first shard on, when models and claims are ready.
    """
    forget_screening(workplace)
    ends: list[tuple[int, float]] = []
    judging.screen_window(workplace, NOW, lambda done: ends.append((done, time.perf_counter())))
    posts = sum(done for done, _ in ends[1:])
    return posts, ends[-1][1] - ends[0][1]


def _entries(claims: Sequence[ClaimText] | None, folder: Path) -> list[dict[str, object]]:
    entries = claim_entries(folder)
    if claims is None:
        return entries
    blank = {**entries[0], "variants": [], "spanish_variants": [], "true_neighbours": [], "keywords": []}
    told = [dict(claim.fields) for claim in claims]
    return [
        {**blank, "claim_id": f"c-{number}", "claim": own["claim"], "content_hash": f"{number:064x}"}
        | {"correction": own.get("title", "")}
        for number, own in enumerate(told)
    ]
