"""Read-only looks at the warehouse: what the digest, the command line and the checks report."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.engine import SQL_FOLDER
from pipeline.warehouse.tables import alerts, check_runs, matches, mentions, outbox, posts, quarantine, reviews


def heard(
    connection: Connection, practice_id: str, since: datetime, until: datetime, mention_sure: float
) -> dict[str, Any]:
    """What came in between two moments: posts_heard, posts_screened, mentions, tones, quarantined and `reviews`.

    `mentions` counts posts that surely mean the practice, `tones` those of them with a tone, each once and by its
    worst; `unsure_mentions` those that a person must say it of; `reviews` holds (claim_id, posts that wait for a
    person).
    """
    stored = sa.and_(posts.c.ingested_at > since, posts.c.ingested_at <= until, posts.c.platform != "canary")
    of_posts = connection.execute(sa.select(sa.func.count(), sa.func.count(posts.c.screened_key)).where(stored)).one()
    named = sa.and_(stored, posts.c.own.is_(False), mentions.c.practice_id == practice_id)
    ours = sa.and_(named, mentions.c.p_mention >= mention_sure)
    of_post = posts.c.post_id == mentions.c.post_id
    naming = sa.select(sa.func.count(sa.distinct(mentions.c.post_id))).join(posts, of_post)
    worst = sa.case((sa.func.bool_or(mentions.c.tone == "negative"), "negative"), else_=sa.func.max(mentions.c.tone))
    toned = (
        sa.select(worst.label("tone"))
        .select_from(mentions.join(posts, of_post))
        .where(ours, mentions.c.tone.is_not(None))
    )
    toned_posts = toned.group_by(mentions.c.post_id).subquery()
    tones = sa.select(toned_posts.c.tone, sa.func.count()).group_by(toned_posts.c.tone).order_by(toned_posts.c.tone)
    sure = connection.execute(naming.where(ours)).scalar_one()
    # Not from the ledger, whose rows tell how often something was tried.
    set_aside = sa.select(sa.func.count()).where(
        quarantine.c.quarantined_at > since, quarantine.c.quarantined_at <= until
    )
    return {
        "posts_heard": of_posts[0],
        "posts_screened": of_posts[1],
        "mentions": sure,
        "unsure_mentions": connection.execute(naming.where(named)).scalar_one() - sure,
        "tones": {row[0]: row[1] for row in connection.execute(tones)},
        "quarantined": int(connection.execute(set_aside).scalar_one()),
        "reviews": _waiting(connection, practice_id, until),
    }


def heard_by_source(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """How many posts each source brought between two moments."""
    stored = sa.and_(posts.c.ingested_at > since, posts.c.ingested_at <= until, posts.c.platform != "canary")
    counted = sa.select(posts.c.source, sa.func.count()).where(stored).group_by(posts.c.source)
    return {row[0]: row[1] for row in connection.execute(counted)}


def judged_alerts(connection: Connection, practice_id: str, since: datetime, until: datetime) -> tuple[int, int]:
    """How many alerts people judged in [since, until), and how many of these are right by the last word on each."""
    newest = (
        sa.select(reviews.c.verdict)
        .where(reviews.c.practice_id == practice_id, reviews.c.subject == "alert")
        .where(reviews.c.reviewed_at >= since, reviews.c.reviewed_at < until)
        .distinct(reviews.c.alert_key)
        .order_by(reviews.c.alert_key, reviews.c.reviewed_at.desc(), reviews.c.review_id.desc())
        .subquery()
    )
    right = sa.func.count().filter(newest.c.verdict == "confirmed")
    judged, confirmed = connection.execute(sa.select(sa.func.count(), right).select_from(newest)).one()
    return int(judged), int(confirmed)


def source_health(connection: Connection) -> list[dict[str, Any]]:
    """One mapping per source that was ever read or reported, as marts.mart_source_health has it."""
    return [dict(row._mapping) for row in connection.execute(sa.text("select * from marts.mart_source_health"))]


def table_counts(connection: Connection) -> dict[str, int]:
    """How many rows the main tables hold, our own canaries and what came of them aside."""
    canaries = sa.select(posts.c.post_id).where(posts.c.platform == "canary")
    ours = {
        posts: posts.c.platform != "canary",
        matches: matches.c.post_id.not_in(canaries),
        mentions: mentions.c.post_id.not_in(canaries),
        alerts: alerts.c.kind != "canary",
        outbox: outbox.c.kind != "canary",
    }
    return {
        table.name: int(connection.execute(sa.select(sa.func.count()).select_from(table).where(which)).scalar_one())
        for table, which in ours.items()
    }


def run_checks(connection: Connection, now: datetime) -> dict[str, int]:
    """Run every file of sql/checks as of `now` and note it; returns how many rows offend, by file name."""
    set_clock(connection, now)
    found = {path.stem: len(connection.execute(sa.text(path.read_text())).all()) for path in check_files()}
    for name, offending in found.items():
        values = {"ran_at": now, "name": name, "offending": offending}
        statement = insert(check_runs).values(**values)
        again = {"offending": statement.excluded.offending}
        connection.execute(statement.on_conflict_do_update(index_elements=["ran_at", "name"], set_=again))
    return found


def set_clock(connection: Connection, now: datetime) -> None:
    """Let views and checks of this transaction take `now` for the present."""
    connection.execute(sa.select(sa.func.set_config("auscult.now", now.isoformat(), True)))


def coverage_at(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """The state of each source in the hour of `now`, and `since_at`, the hour from which on it has been so."""
    set_clock(connection, now)
    newest = sa.text(
        """
        with states as (
            select source, hour_at, state, retry_at,
                row_number() over (partition by source order by hour_at desc) as age,
                row_number() over (partition by source, state order by hour_at desc) as age_in_state
            from marts.mart_coverage
        )

        select source, min(hour_at) as since_at, max(state) as state, max(retry_at) as retry_at
        from states
        where age = age_in_state
        group by source
        order by source
        """
    )
    return [dict(row._mapping) for row in connection.execute(newest)]


def check_files() -> Sequence[Path]:
    """The data tests: each selects the rows that offend."""
    return sorted((SQL_FOLDER / "checks").glob("*.sql"))


def _waiting(connection: Connection, practice_id: str, until: datetime) -> tuple[tuple[str, int], ...]:
    reviewed = (
        sa.select(reviews.c.review_id)
        .where(
            reviews.c.practice_id == practice_id,
            reviews.c.platform == posts.c.platform,
            reviews.c.platform_id == posts.c.platform_id,
            reviews.c.claim_id == matches.c.claim_id,
        )
        .exists()
    )
    amount = sa.func.count().label("amount")
    waiting = (
        sa.select(matches.c.claim_id, amount)
        .join(posts, posts.c.post_id == matches.c.post_id)
        .where(matches.c.decision == "review", posts.c.own.is_(False), posts.c.ingested_at <= until, sa.not_(reviewed))
        .group_by(matches.c.claim_id)
        .order_by(amount.desc(), matches.c.claim_id)
    )
    return tuple((row.claim_id, row.amount) for row in connection.execute(waiting))
