"""Thresholds that were fitted to reviews: the labels they come from, the versions, and which one is in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.conditions import has_words
from pipeline.warehouse.leases import lock_claims
from pipeline.warehouse.tables import calibration_acts, calibration_fits, calibrations, claims, matches, posts, reviews

# What decides which version is in force; a dismissal does not.
_STEPS = ("apply", "undo")


@dataclass(frozen=True)
class Moved:
    """Matches of a source, or with a claim (one is empty), may be decided otherwise from the score `least` on."""

    source: str
    claim_id: str
    least: float


def version_in_force(connection: Connection) -> int | None:
    """The version whose thresholds hold; None where they are the policy's own."""
    newest = _acts(_STEPS).order_by(calibration_acts.c.act_id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return row.version if row else None


def version_before(connection: Connection) -> tuple[bool, int | None]:
    """Whether a version is in force that can be undone, and which one was in force when it was applied."""
    held: list[int | None] = []
    for row in connection.execute(_acts(_STEPS).order_by(calibration_acts.c.act_id)):
        if row.act == "apply":
            held.append(row.version)
        elif held:
            held.pop()
    return bool(held), held[-2] if len(held) > 1 else None


def thresholds_of(connection: Connection, version: int | None) -> list[dict[str, Any]]:
    """The thresholds of a version, all columns, by source and claim."""
    wanted = sa.select(calibrations).where(calibrations.c.version == version)
    rows = connection.execute(wanted.order_by(calibrations.c.source, calibrations.c.claim_id))
    return [dict(row._mapping) for row in rows]


def read_fits(connection: Connection, most: int) -> list[dict[str, Any]]:
    """The newest versions, all columns, and `acts`: what was done with each, newest first."""
    newest = sa.select(calibration_fits).order_by(calibration_fits.c.version.desc()).limit(most)
    fits = [dict(row._mapping) for row in connection.execute(newest)]
    acts = [dict(row._mapping) for row in connection.execute(_acts().order_by(calibration_acts.c.act_id.desc()))]
    return [fit | {"acts": [act for act in acts if act["version"] == fit["version"]]} for fit in fits]


def acts_since(connection: Connection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What was applied or undone in [since, until), all columns, oldest first."""
    at = calibration_acts.c.acted_at
    found = _acts(_STEPS).where(at >= since, at < until).order_by(calibration_acts.c.act_id)
    return [dict(row._mapping) for row in connection.execute(found)]


def read_labels(connection: Connection, scored_by: str, since: datetime, until: datetime) -> pd.DataFrame:
    """What people said of matches in [since, until): columns source, claim_id, score, right and reviewed_at.

    The last word on a match counts, where its scores came from `scored_by` and its claim is still worded so.
    Verdicts that do not say how the match came before the person do not count.
    """
    of_match = (reviews.c.platform, reviews.c.platform_id, reviews.c.claim_id)
    in_force = sa.and_(
        claims.c.claim_id == reviews.c.claim_id,
        claims.c.version == reviews.c.claim_version,
        claims.c.ended_at.is_(None),
    )
    # Erased posts have no id any more and are told apart by the row.
    same = (*of_match, sa.case((reviews.c.platform_id.is_(None), reviews.c.review_id)))
    newest = (
        sa.select(
            reviews.c.source,
            reviews.c.claim_id,
            sa.func.round(sa.cast(reviews.c.p_match * reviews.c.promotes, sa.Numeric), 4).label("score"),
            sa.cast(reviews.c.verdict == "confirmed", sa.Integer).label("right"),
            reviews.c.reviewed_at,
            reviews.c.scored_by,
            reviews.c.drawn,
        )
        .join(claims, in_force)
        .where(reviews.c.subject == "match", reviews.c.reviewed_at >= since, reviews.c.reviewed_at < until)
        .distinct(*same)
        .order_by(*same, reviews.c.reviewed_at.desc(), reviews.c.review_id.desc())
        .subquery()
    )
    wanted = [newest.c[name] for name in ("source", "claim_id", "score", "right", "reviewed_at")]
    known = sa.and_(newest.c.scored_by == scored_by, newest.c.drawn.is_not(None), newest.c.source.is_not(None))
    rows = connection.execute(sa.select(*wanted).where(known).order_by(newest.c.reviewed_at))
    return pd.DataFrame(rows.all(), columns=[column.name for column in wanted]).astype({"score": float, "right": int})


def promoting_matches(connection: Connection, since: datetime, until: datetime, least: float) -> pd.DataFrame:
    """Matches of posts stored in [since, until] that spread a claim with at least this score.

    Columns source, claim_id, score, decision and reason.
    """
    names = ("claim_id", "score", "decision", "reason")
    found = (
        sa.select(posts.c.source, *(matches.c[name] for name in names))
        .join(posts, posts.c.post_id == matches.c.post_id)
        .where(posts.c.ingested_at >= since, posts.c.ingested_at <= until, has_words())
        .where(matches.c.stance == "promotes", matches.c.score >= least)
    )
    return pd.DataFrame(connection.execute(found).all(), columns=["source", *names])


def add_fit(connection: Connection, fit: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write a version with its thresholds; returns its number."""
    written = insert(calibration_fits).values(**fit).returning(calibration_fits.c.version)
    version = int(connection.execute(written).scalar_one())
    values = [{**row, "version": version} for row in rows]
    if values:
        connection.execute(insert(calibrations), values)
    return version


def add_act(connection: Connection, act: str, version: int | None, by: str, now: datetime, note: str = "") -> None:
    """Write what somebody decided about a version."""
    row = {"act": act, "version": version, "acted_by": by, "acted_at": now, "note": note}
    connection.execute(insert(calibration_acts).values(**row))


def lock_thresholds(connection: Connection) -> None:
    """Until this transaction ends nobody writes matches, which rely on the thresholds in force, nor changes these."""
    lock_claims(connection, to_change=True)


def screen_again(connection: Connection, moved: Sequence[Moved], since: datetime) -> int:
    """Have the posts stored since a moment screened again whose match a moved threshold may decide otherwise."""
    touched = 0
    for one in moved:
        which = [matches.c.score >= one.least, matches.c.stance == "promotes"]
        if one.claim_id:
            which.append(matches.c.claim_id == one.claim_id)
        ids = sa.select(matches.c.post_id).where(*which)
        of_source = [posts.c.source == one.source] if one.source else []
        again = sa.and_(posts.c.post_id.in_(ids), posts.c.ingested_at >= since, posts.c.screened_key.is_not(None))
        done = connection.execute(sa.update(posts).where(again, *of_source).values(screened_key=None))
        touched += done.rowcount
    return touched


def _acts(kinds: Sequence[str] = (*_STEPS, "dismiss")) -> sa.Select[Any]:
    return sa.select(calibration_acts).where(calibration_acts.c.act.in_(kinds))
