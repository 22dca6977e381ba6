"""The canary: a post of our own that enters every run and must reach the outbox, so that silence is proven."""

from dataclasses import replace
from datetime import datetime

import pandas as pd

from pipeline.alerting.alert import Alert, alert_key
from pipeline.alerting.rules import MATCH_COLUMNS, group_alerts
from pipeline.config import Policy
from pipeline.listening import Practice
from pipeline.post import Post
from pipeline.warehouse import ledger
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.workplace import Workplace

PLATFORM = "canary"


def release_canary(workplace: Workplace, now: datetime) -> dict[str, int]:
    """Store this run's canary, once per practice and clock; returns the counts of the ledger."""
    post = canary_post(workplace.practice, now)
    with workplace.engine.begin() as connection:
        run_id = ledger.open_run(connection, PLATFORM, PLATFORM, now)
        counts = store_posts(connection, Origin(PLATFORM, PLATFORM), [post], now, workplace.names)
        ledger.add_to_run(connection, run_id, counts)
        ledger.close_run(connection, run_id, "ok")
    return {"new": counts.new, "duplicate": counts.duplicate}


def canary_post(practice: Practice, now: datetime) -> Post:
    """A post that names the practice in the way that is hardest to miss."""
    city = next((location.city for location in practice.locations if location.city), "")
    # With words of care beside it even a name that is also a word is taken for the practice.
    about = ", ".join(
        filter(None, (f"My appointment at {practice.name} clinic", city, practice.website, practice.phone))
    )
    return Post(
        platform=PLATFORM,
        platform_id=f"{practice.practice_id}-{now:%Y%m%dT%H%M%S}",
        kind="post",
        text=f"{about}. Canary of {now:%Y-%m-%d %H:%M}, written by Auscult to prove that listening works.",
        created_at=now,
        lang="en",
    )


def canary_alerts(mentions: pd.DataFrame, practice_id: str, policy: Policy) -> list[Alert]:
    """The alerts of canaries: grouped by the rules that hold for mentions, and told to nobody."""
    alerts = group_alerts(pd.DataFrame(columns=list(MATCH_COLUMNS)), mentions, {}, practice_id, policy)
    return [
        replace(
            alert,
            kind="canary",
            category=PLATFORM,
            severity="normal",
            reasons=(PLATFORM,),
            alert_key=alert_key(practice_id, "canary", str(alert.category), alert.bucket_start_at, alert.historical),
        )
        for alert in alerts
    ]
