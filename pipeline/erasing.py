"""Erasing on purpose: the rows, the tombstones and the journal belong together."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from pipeline.config import POLICY
from pipeline.privacy.retention import platform_rules
from pipeline.warehouse import retention
from pipeline.warehouse.erasure import Key, Tombstone, erase_posts, move_journal, posts_of_author
from pipeline.workplace import Workplace

ASKED = "asked for"

_log = logging.getLogger(__name__)


def erase(workplace: Workplace, connection: Connection, keys: Sequence[Key], reason: str, now: datetime) -> int:
    """Erase posts by (platform, platform_id) in this transaction; returns how many tombstones were set."""
    return note(workplace, connection, erase_posts(connection, keys, reason, now, workplace.names))


def note(workplace: Workplace, connection: Connection, buried: Sequence[Tombstone]) -> int:
    """Write erasures of this transaction into the journal; call it before the transaction commits."""
    if buried:
        # On the disk before the commit: what was erased and not journalled would come back with a backup.
        length = workplace.journal.append([one.entry() for one in buried])
        move_journal(connection, workplace.journal.name, length)
    return len(buried)


def forget_post(workplace: Workplace, platform: str, platform_id: str, now: datetime) -> int:
    """Erase one post because somebody asked for it, and keep it from coming back; returns 1."""
    with workplace.engine.begin() as connection:
        return erase(workplace, connection, [(platform, platform_id)], ASKED, now)


def forget_author(workplace: Workplace, platform: str, author_hash: str, now: datetime) -> int:
    """Erase all stored posts of one author, by platform and keyed hash; returns how many."""
    with workplace.engine.begin() as connection:
        return erase(workplace, connection, posts_of_author(connection, platform, author_hash), ASKED, now)


def expire(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Empty what is past its retention and delete what is older than its purpose.

    The disk is purged where something went since yesterday. Returns counts; `not_purged` counts the tables that were
    busy, and the server's log where the role may not drop it: they are named in the log of the run.
    """
    unmatched, matched = (timedelta(days=POLICY[name]) for name in ("rematch_days", "matched_days"))
    aggregates, audit = (
        timedelta(days=30.44 * POLICY["aggregate_months"]),
        timedelta(days=365.25 * POLICY["audit_years"]),
    )
    with workplace.engine.begin() as connection:
        rules = platform_rules(POLICY)
        expired = retention.expire_posts(connection, now, unmatched, matched, rules)
        canaries = timedelta(days=POLICY["canary_days"])
        deleted = retention.delete_old(connection, now, aggregates, audit, canaries)
        erased = retention.erased_since(connection, now - timedelta(days=1))
    counts = {"expired": expired, "deleted": deleted, "erased": erased}
    left = retention.purge_disk(workplace.engine) if any(counts.values()) else []
    if left:
        _log.warning("not purged from the disk: %s", ", ".join(left))
    return counts | {"not_purged": len(left)}
