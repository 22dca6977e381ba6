"""What is kept of an alert: its row, the posts that still have words, and the claims that they were judged with."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.post import screening_text
from pipeline.warehouse.conditions import has_words
from pipeline.warehouse.tables import alert_posts, alerts, claim_sets, claims, posts

POST_COLUMNS = ("post_id", "source", "channel", "content_hash", "ingested_at", "claim_set_id", "screened_key", "text")


def stored_alert(connection: Connection, name: str) -> dict[str, Any] | None:
    """All columns of the alert with this `alert_key`, or this `alert_id` in digits; None where there is none."""
    numbered = name.isascii() and name.isdigit() and len(name) < 19
    which = alerts.c.alert_id == int(name) if numbered else alerts.c.alert_key == name
    found = connection.execute(sa.select(alerts).where(which)).one_or_none()
    return dict(found._mapping) if found else None


def kept_posts(connection: Connection, alert_id: int) -> pd.DataFrame:
    """The posts of an alert that are still public and have their words, columns POST_COLUMNS, by post_id.

    `text` is title and body as screening reads them; `claim_set_id` is -1 where no set is known.
    """
    linked = sa.and_(alert_posts.c.alert_id == alert_id, alert_posts.c.post_id == posts.c.post_id)
    columns = [posts.c[name] for name in POST_COLUMNS[:-1]]
    wanted = sa.select(*columns, posts.c.title, posts.c.text).join(alert_posts, linked).where(has_words())
    rows = connection.execute(wanted.order_by(posts.c.post_id))
    kept = [(*row[: len(columns)], screening_text(row.title, row.text)) for row in rows]
    frame = pd.DataFrame(kept, columns=list(POST_COLUMNS))
    return frame.assign(claim_set_id=frame["claim_set_id"].fillna(-1).astype("int64"))


def claims_of_set(connection: Connection, claim_set: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The claims of a set, all columns, in the order of `claims_in_force`; and the ids of those that are gone.

    Of a set that is not known "all" are gone.
    """
    found = sa.select(claim_sets.c.versions).where(claim_sets.c.claim_set_id == claim_set)
    versions: dict[str, int] | None = connection.execute(found).scalar()
    if versions is None:
        return [], ["all"]
    rows = _versions(connection, sorted(versions))
    kept = [row for row in rows if versions[row["claim_id"]] == row["version"]]
    return kept, sorted(set(versions) - {row["claim_id"] for row in kept})


def claim_version(connection: Connection, claim_id: str, version: int) -> dict[str, Any] | None:
    """All columns of one version of a claim; None where it is gone."""
    return next((row for row in _versions(connection, [claim_id]) if row["version"] == version), None)


def _versions(connection: Connection, claim_ids: Sequence[str]) -> list[dict[str, Any]]:
    found = sa.select(claims).where(claims.c.claim_id.in_(claim_ids)).order_by(claims.c.claim_id, claims.c.version)
    return [dict(row._mapping) for row in connection.execute(found)]
