"""Claims in the warehouse: an edited claim is a new version, a removed one is retired, nothing is deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from pipeline.warehouse.leases import lock_claims
from pipeline.warehouse.tables import claims


@dataclass(frozen=True)
class Changes:
    """What loading the claims changed."""

    added: int
    edited: int
    retired: int
    unchanged: int


def sync_claims(connection: Connection, entries: Sequence[Mapping[str, Any]], now: datetime) -> Changes:
    """Make `entries` (one mapping of column values each, with claim_id and content_hash) the claims in force."""
    lock_claims(connection, to_change=True)
    in_force = _versions(connection, claims.c.ended_at.is_(None))
    last = _versions(connection, sa.true())
    wanted = {entry["claim_id"]: entry for entry in entries}
    retired = [claim_id for claim_id in in_force if claim_id not in wanted]
    edited = [
        claim_id
        for claim_id, (_, mark) in in_force.items()
        if claim_id in wanted and wanted[claim_id]["content_hash"] != mark
    ]
    added = [claim_id for claim_id in wanted if claim_id not in in_force]
    _end(connection, retired, "retired", now)
    _end(connection, edited, "replaced", now)
    rows = [
        {**wanted[claim_id], "version": last.get(claim_id, (0, ""))[0] + 1, "loaded_at": now}
        for claim_id in sorted([*added, *edited])
    ]
    if rows:
        connection.execute(insert(claims), rows)
    return Changes(len(added), len(edited), len(retired), len(wanted) - len(added) - len(edited))


def claims_differ(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether `entries` are not what is in force."""
    in_force = {claim_id: mark for claim_id, (_, mark) in _versions(connection, claims.c.ended_at.is_(None)).items()}
    return in_force != {entry["claim_id"]: entry["content_hash"] for entry in entries}


def claims_in_force(connection: Connection) -> list[dict[str, Any]]:
    """The claims in force, one mapping of all columns each, by claim_id."""
    found = sa.select(claims).where(claims.c.ended_at.is_(None)).order_by(claims.c.claim_id)
    return [dict(row._mapping) for row in connection.execute(found)]


def keywords_in_order(connection: Connection) -> list[str]:
    """The keywords of the claims in force, those of the oldest claims first.

    A new claim's come last, so that the queries made of the others, and their watermarks, stay as they are.
    """
    first = sa.select(claims.c.claim_id, sa.func.min(claims.c.loaded_at).label("first_at")).group_by(claims.c.claim_id)
    known = first.subquery()
    found = (
        sa.select(claims.c.keywords)
        .join(known, known.c.claim_id == claims.c.claim_id)
        .where(claims.c.ended_at.is_(None))
        .order_by(known.c.first_at, claims.c.claim_id)
    )
    return [word for words in connection.execute(found).scalars() for word in words]


def claims_by_version(connection: Connection, claim_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The newest version of each of these claims, in force or not, all columns."""
    newest = sa.select(claims).where(claims.c.claim_id.in_(claim_ids)).distinct(claims.c.claim_id)
    found = newest.order_by(claims.c.claim_id, claims.c.version.desc())
    return [dict(row._mapping) for row in connection.execute(found)]


def _versions(connection: Connection, which: sa.ColumnElement[bool]) -> dict[str, tuple[int, str]]:
    found = (
        sa.select(claims.c.claim_id, claims.c.version, claims.c.content_hash).where(which).order_by(claims.c.version)
    )
    return {row.claim_id: (row.version, row.content_hash) for row in connection.execute(found)}


def _end(connection: Connection, claim_ids: Sequence[str], reason: str, now: datetime) -> None:
    if claim_ids:
        ended = sa.and_(claims.c.claim_id.in_(claim_ids), claims.c.ended_at.is_(None))
        connection.execute(sa.update(claims).where(ended).values(ended_at=now, end_reason=reason))
