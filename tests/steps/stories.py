"""Stories for tests: posts with their vectors, matches, mentions and reads, put straight into a warehouse."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline import narrating
from pipeline.alerting.alert import ClaimFacts
from pipeline.bench import shipped_models
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.warehouse import ledger
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import claims, matches, mentions, narrative_posts, narratives, posts, vectors
from pipeline.warehouse.vectors import store_vectors
from pipeline.workplace import Workplace

NOW = datetime(2026, 10, 14, 9, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
GARAGE = (
    "The parking garage at Larkspur charged my card twice, $14 in and $14 out",
    "Larkspur parking garage charged me twice today, nobody at the booth",
    "anyone else charged twice by the garage at Larkspur? $28 for parking",
    "Charged twice for parking in the Larkspur garage, booth was empty again",
    "the Larkspur garage took $14 twice from my card, empty booth",
)
STRIPS = (
    "Glucose strips recall: check the lot number on your box",
    "My glucose test strips are in the recall, same lot number, pharmacy knew nothing",
    "recall of glucose strips, the lot number on my box is listed",
)


def hear(workplace: Workplace, texts: tuple[str, ...], at: datetime = NOW - HOUR, **changes: Any) -> list[int]:
    """Store posts with their vectors; returns their post_ids."""
    platform, first = changes.get("platform", "x"), changes.pop("first", 0)
    given = {"platform": "x", "kind": "post", **changes}
    page = [
        Post(
            **{
                **given,
                "platform_id": f"{platform}-{at:%d%H}-{first + number}",
                "text": text,
                "created_at": at,
                "author_id": f"author-{first + number}",
            }
        )
        for number, text in enumerate(texts)
    ]
    encoder = shipped_models().encoder
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin(given["platform"]), page, at, NAMES)
        made = {post.content_hash: vector for post, vector in zip(page, encoder.encode(list(texts)), strict=True)}
        known = set(connection.execute(sa.select(vectors.c.content_hash)).scalars())
        new = {name: vector for name, vector in made.items() if name not in known}
        store_vectors(connection, new, encoder.model_id, of_claim=False)
        wanted = sa.select(posts.c.post_id).where(posts.c.platform_id.in_([post.platform_id for post in page]))
        return sorted(connection.execute(wanted).scalars())


def stored(workplace: Workplace) -> dict[int, str]:
    with workplace.engine.begin() as connection:
        return {row.post_id: row.narrative_id for row in connection.execute(sa.select(narrative_posts))}


def rows(workplace: Workplace) -> dict[str, Any]:
    with workplace.engine.begin() as connection:
        return {row.narrative_id: row for row in connection.execute(sa.select(narratives))}


def listened(workplace: Workplace, source: str = "x", days: int = 29) -> None:
    """A complete pass every six hours up to now."""
    with workplace.engine.begin() as connection:
        for back in range(days * 4, -1, -1):
            run_id = ledger.open_run(connection, source, "q", NOW.replace(minute=0) - back * 6 * HOUR)
            ledger.close_run(connection, run_id, "ok")


def claim(workplace: Workplace, claim_id: str) -> ClaimFacts:
    told = {
        "claim_id": claim_id,
        "version": 1,
        "content_hash": "0" * 64,
        "topic": "t",
        "claim": "words",
        "rating": "false",
        "harm": "high",
        "harm_reason": "",
        "correction": "so",
        "language": "en",
        "loaded_at": NOW,
    }
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(claims).values(**told))
    return ClaimFacts(claim_id, 1, "words", "false", "high", "so")


def match(workplace: Workplace, ids: list[int], claim_id: str, decision: str = "alert") -> None:
    zero = dict.fromkeys(("similarity", "dense", "sparse", "debunks", "questions", "neutral"), 0.0)
    told = {
        "claim_id": claim_id,
        "claim_version": 1,
        "rank": 1,
        "p_match": 0.9,
        "promotes": 0.8,
        "score": 0.72,
        "field": "claim",
        "matched_text": "words",
        "span_start": 0,
        "span_end": 4,
        "true_statement": "so",
        "stance": "promotes",
        "decision": decision,
        "reason": "r",
        "model_id": "m",
        "reader_id": "r",
        "stance_id": "s",
        "policy_version": "p",
        "screened_at": NOW,
    }
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(matches), [{**zero, **told, "post_id": post_id} for post_id in ids])


def mention(workplace: Workplace, ids: list[int], **changes: Any) -> None:
    told = {
        "practice_id": workplace.practice.practice_id,
        "kind": "practice",
        "term": "Larkspur",
        "term_start": 0,
        "term_end": 8,
        "p_mention": 0.9,
        "policy_version": "p",
        "screened_at": NOW,
    }
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(mentions), [{**told, **changes, "post_id": post_id} for post_id in ids])


def surges(workplace: Workplace, facts: dict[str, ClaimFacts]) -> Any:
    practice_id = workplace.practice.practice_id
    with workplace.engine.begin() as connection:
        trends = narrating.read_trends(connection, practice_id, NOW)
        return trends, narrating.find_surges(connection, practice_id, trends, facts, NOW)
