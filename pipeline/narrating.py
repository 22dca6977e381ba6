"""The narrate step, and what it and the alerts need of the warehouse to see what rises."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy.engine import Connection

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.rules import mention_subject
from pipeline.alerting.severity import UNHURRIED
from pipeline.alerting.surges import Raised, surge_alerts, surge_start
from pipeline.alerting.trends import Trend, baseline_start, find_trends
from pipeline.bench import shipped_models
from pipeline.config import POLICY
from pipeline.privacy.retention import platform_rules
from pipeline.screening.narratives import Known, find_narratives
from pipeline.warehouse import counts
from pipeline.warehouse import narratives as store
from pipeline.warehouse.vectors import read_vectors
from pipeline.workplace import Workplace

log = logging.getLogger(__name__)


def write_narratives(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Sort the posts of the last `narrative_days` into narratives, and store what changed; one transaction.

    Returns how many narratives they are in, how many posts are, how many narratives are new and merged into others, and
    how many wordings were left out because there were more than `narrative_wordings`.
    """
    model_id = shipped_models().encoder.model_id
    since = now - timedelta(days=POLICY["narrative_days"])
    with workplace.engine.begin() as connection:
        store.lock_narratives(connection)
        posts, left_out = store.told_posts(connection, model_id, since, now, int(POLICY["narrative_wordings"]))
        wordings = posts["content_hash"].unique().tolist()
        texts, vectors = store.texts_of(connection, wordings), read_vectors(connection, wordings, model_id)
        stored = store.stored_narratives(connection, posts["post_id"].tolist())
        known = Known(stored.narrative_of, stored.began_at, stored.older_posts)
        found = find_narratives(posts, texts, vectors, known, POLICY)
        changed = store.replace_narratives(connection, posts, found.narrative_of, found.merged_into, now)
    if left_out:
        log.warning("%d wordings were left out of narratives: more than %d", left_out, POLICY["narrative_wordings"])
    told = {"narratives": len(set(found.narrative_of.values())), "posts": len(found.narrative_of)}
    return {**told, **changed, "left_out": left_out}


def read_trends(connection: Connection, practice_id: str, now: datetime) -> list[Trend]:
    """What rises and falls for a practice, surges first."""
    frame = counts.hourly_counts(connection, _telling(practice_id, now))
    frame = frame.assign(subject=_subjects(frame))
    return find_trends(frame, counts.heard_hours(connection, now), POLICY, now)


def find_surges(
    connection: Connection, practice_id: str, trends: Sequence[Trend], claims: Mapping[str, ClaimFacts], now: datetime
) -> list[Alert]:
    """The alerts of the subjects that surge; `claims` holds the claims that may (`trend.subject` of kind claim)."""
    surging = [trend for trend in trends if trend.surge]
    if not surging:
        return []
    asked = [counts.Subject(trend.kind, trend.subject, trend.apart, surge_start(trend, POLICY)) for trend in surging]
    posts = counts.told_since(connection, _telling(practice_id, now), asked)
    posts = posts.assign(subject=_subjects(posts))
    # A subject's own posts, from its own onset on.
    since = {(one.kind, one.subject, one.apart): one.since for one in asked}
    keys = zip(posts["kind"], posts["subject"], posts["apart"], posts["at"], strict=True)
    posts = posts[[key in since and at >= since[key] for *key_, at in keys for key in [tuple(key_)]]]
    raised = _raised(connection, practice_id, baseline_start(POLICY, now))
    alerts = surge_alerts(trends, posts, claims, practice_id, POLICY, raised)
    # With this clock it can be computed again.
    return [replace(alert, evidence=alert.evidence | {"counted_at": now.isoformat()}) for alert in alerts]


def _telling(practice_id: str, now: datetime) -> counts.Telling:
    since = baseline_start(POLICY, now)
    # Where words go sooner than the baseline is long, the past would look quieter than it was.
    short = [platform for platform, rule in platform_rules(POLICY).items() if rule.period < now - since]
    return counts.Telling(
        practice_id=practice_id,
        since=since,
        until=now,
        historical_days=POLICY["historical_days"],
        mention_sure=POLICY["mention_sure"],
        unhurried=UNHURRIED,
        left_out=short,
    )


def _subjects(frame: pd.DataFrame) -> list[str]:
    rows = zip(frame["kind"], frame["subject"], frame["urgency"], frame["category"], strict=True)
    return [mention_subject(hurry, category) if kind == "mention" else name for kind, name, hurry, category in rows]


def _raised(connection: Connection, practice_id: str, since: datetime) -> list[Raised]:
    became = {
        f"narrative:{younger}": f"narrative:{older}" for younger, older in counts.merged_narratives(connection).items()
    }
    found = []
    for key, bucket_start_at in counts.raised_surges(connection, practice_id, since - timedelta(days=1)):
        subject, _, *apart = key.removeprefix(f"{practice_id}|surge|").split("|")
        found.append(Raised(became.get(subject, subject), "".join(apart), bucket_start_at, key))
    return found
