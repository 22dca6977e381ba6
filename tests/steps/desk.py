"""A desk at a scripted clock: posts that are already judged, the steps that tell of them, and what the outbox holds."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline import steps
from pipeline.warehouse.tables import alert_events, alerts, claims, matches, mentions, outbox, posts
from pipeline.workplace import Workplace

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRACTICE = "larkspur-family-health"
RECEIVERS = """
receivers:
  - {name: Communications, address: comms@larkspurfamilyhealth.example}
  - {name: Chief, address: chief@larkspurfamilyhealth.example, urgent: false, digest: false, escalation: true}
mail_from: auscult@larkspurfamilyhealth.example
time_zone: America/Los_Angeles
"""


class Desk:
    """Writes rows as the screen step would, runs the steps, and reads what came of it."""

    def __init__(self, workplace: Workplace, listening: str = "") -> None:
        self.settings = workplace.settings
        self.settings.listening_file.write_text(RECEIVERS + listening)
        self.workplace = Workplace(self.settings)
        self.numbers = iter(range(1, 1_000_000))

    def claim_ids(self, harm: str = "high") -> list[str]:
        wanted = sa.select(claims.c.claim_id).where(claims.c.harm == harm).order_by(claims.c.claim_id)
        return [row[0] for row in self.all_of(wanted)]

    def spread(self, at: datetime, people: int = 3, claim_id: str = "vax-mmr-autism", copies: bool = False) -> None:
        """So many people spread a claim, each in words of their own or all in the same."""
        self._write(matches, [_match(number, claim_id, at) for number in self._posts(at, people, copies)])

    def name(self, at: datetime, urgency: str | None = None, people: int = 1) -> None:
        """So many people name the practice."""
        self._write(mentions, [_mention(number, urgency, at) for number in self._posts(at, people, False)])

    def _posts(self, at: datetime, people: int, copies: bool) -> list[int]:
        rows = [_post(next(self.numbers), at, copies) for _ in range(people)]
        with self.workplace.engine.begin() as connection:
            return list(connection.execute(sa.insert(posts).returning(posts.c.post_id), rows).scalars())

    def _write(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        with self.workplace.engine.begin() as connection:
            connection.execute(sa.insert(table), rows)

    def run(self, now: datetime) -> list[tuple[str, str]]:
        """Raise alerts twice at one clock, the second time in vain; (why, receiver) of the mails that it wrote."""
        known = {row.outbox_id for row in self.rows(outbox)}
        steps.raise_alerts(now)
        after = self.everything()
        steps.raise_alerts(now)
        assert self.everything() == after, "a rerun with the same clock changes nothing"
        return [told(row) for row in self.rows(outbox) if row.outbox_id not in known]

    def everything(self) -> list[list[sa.Row[Any]]]:
        return [self.rows(table) for table in (alerts, alert_events, outbox)]

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        return self.all_of(sa.select(table).order_by(next(iter(table.primary_key))))

    def all_of(self, what: sa.Select[Any]) -> list[sa.Row[Any]]:
        with self.workplace.engine.begin() as connection:
            return list(connection.execute(what).all())

    def alert(self) -> sa.Row[Any]:
        (row,) = self.rows(alerts)
        return row

    def events(self) -> list[str]:
        return [row.event for row in self.rows(alert_events)]


def told(row: sa.Row[Any]) -> tuple[str, str]:
    """Why a mail was written, and the part of its receiver before the @."""
    whys = {entry["why"] for entry in row.told.values()} or {row.kind}
    return "+".join(sorted(whys)), row.receiver.partition("@")[0]


def _post(number: int, at: datetime, copy: bool) -> dict[str, Any]:
    return {
        "platform": "reddit",
        "platform_id": f"t3_{number:05d}",
        "source": "reddit",
        "kind": "post",
        "created_at": at - HOUR,
        "ingested_at": at,
        "text": "the same words" if copy else f"words {number}",
        "content_hash": "0" * 64 if copy else f"{number:064x}",
        "author_hash": f"{number:064x}",
        "status": "live",
    }


def _match(post_id: int, claim_id: str, at: datetime) -> dict[str, Any]:
    scores = {"similarity": 0.9, "dense": 0.9, "sparse": 0.1, "p_match": 0.95, "score": 0.9}
    stance = {"promotes": 0.95, "debunks": 0.01, "questions": 0.01, "neutral": 0.03, "stance": "promotes"}
    judged = {"decision": "alert", "reason": "promotes_claim", "true_statement": "so it is", "field": "claim"}
    models = {"model_id": "m", "reader_id": "r", "stance_id": "s", "policy_version": "p", "screened_at": at}
    where = {"post_id": post_id, "claim_id": claim_id, "claim_version": 1, "rank": 1, "matched_text": "the claim"}
    return {**where, **scores, **stance, **judged, **models, "span_start": 0, "span_end": 1}


def _mention(post_id: int, urgency: str | None, at: datetime) -> dict[str, Any]:
    named = {"kind": "practice", "term": "Larkspur Family Health", "term_start": 0, "term_end": 5, "p_mention": 0.95}
    judged = {"urgency": urgency, "urgency_cue": urgency and "a cue", "policy_version": "p", "screened_at": at}
    return {"practice_id": PRACTICE, "post_id": post_id, **named, **judged}
