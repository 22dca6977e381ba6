from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.rules import MATCH_COLUMNS, MENTION_COLUMNS

NOW = datetime(2026, 10, 2, 12, 4, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


def _post(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "post_id": number,
        "platform": "reddit",
        "platform_id": f"t3_{number:05d}",
        "url": None,
        "created_at": NOW - timedelta(hours=3),
        "ingested_at": NOW - timedelta(hours=1),
        "author_hash": f"author{number}",
        "content_hash": f"wording{number}",
        "backfilled": False,
        "apart": "",
        "policy_version": "p1",
    }
    return row | changes


@pytest.fixture
def match() -> Callable[..., dict[str, Any]]:
    def build(number: int, **changes: Any) -> dict[str, Any]:
        judged = {
            "claim_id": "vax-harm",
            "claim_version": 2,
            "p_match": 0.9,
            "promotes": 0.8,
            "stance": "promotes",
            "decision": "alert",
            "reason": "promotes_claim",
            "model_id": "minilm",
            "stance_id": "cues",
        }
        return _post(number) | judged | changes

    return build


@pytest.fixture
def mention() -> Callable[..., dict[str, Any]]:
    def build(number: int, **changes: Any) -> dict[str, Any]:
        found = {
            "kind": "practice",
            "term": "Riverside Clinic",
            "p_mention": 0.9,
            "urgency": None,
            "urgency_cue": None,
            "p_urgent": None,
            "category": None,
            "tone": None,
        }
        return _post(number) | found | changes

    return build


@pytest.fixture
def matches_of() -> Callable[[list[dict[str, Any]]], pd.DataFrame]:
    return lambda rows: pd.DataFrame(rows, columns=list(MATCH_COLUMNS))


@pytest.fixture
def mentions_of() -> Callable[[list[dict[str, Any]]], pd.DataFrame]:
    return lambda rows: pd.DataFrame(rows, columns=list(MENTION_COLUMNS))


@pytest.fixture
def facts() -> ClaimFacts:
    return ClaimFacts(
        claim_id="vax-harm",
        version=2,
        claim="The shot changes your genes.",
        rating="false",
        harm="high",
        correction="The shot does not enter the cell nucleus, where genes are.",
        evidence=(
            _evidence("Agency", "Old page", "https://agency.org/a", None, False),
            _evidence("Journal", "Cohort study", "https://journal.org/b", "2024-03-09", True),
            _evidence("Institute", "Review", "https://institute.org/c", None, True),
        ),
        as_of=date(2026, 8, 19),
        review_note="Check the schedule.",
        harm_reason="People stay unprotected.",
    )


def _evidence(publisher: str, title: str, address: str, day: str | None, verified: bool) -> dict[str, Any]:
    return {"publisher": publisher, "title": title, "address": address, "date": day, "verified": verified}


@pytest.fixture
def alert() -> Alert:
    listed = [
        {"platform": "reddit", "platform_id": "t3_abc12", "url": None, "p_match": 0.97, "promotes": 0.83},
        {"platform": "x", "platform_id": "17900", "url": "https://x.com/jane_doe/status/17900", "p_match": 0.9},
        {"platform": "imports", "platform_id": "row-7", "url": "https://evil.example/7", "p_match": 0.8},
        {"platform": "reddit", "platform_id": "t3_abc13", "url": None, "p_match": 0.7, "promotes": 0.7},
    ]
    return Alert(
        alert_key="riverside|misinformation|vax-harm|2026-10-02T00:00:00+00:00",
        practice_id="riverside",
        kind="misinformation",
        claim_id="vax-harm",
        claim_version=2,
        category=None,
        bucket_start_at=datetime(2026, 10, 2, tzinfo=UTC),
        severity="urgent",
        reasons=("harm_high_spreading",),
        posts=7,
        voices=5,
        platforms=("imports", "reddit", "x"),
        first_post_at=NOW - timedelta(hours=20),
        last_post_at=NOW - timedelta(hours=3),
        historical=False,
        evidence={
            "p_match": 0.97,
            "promotes": 0.83,
            "wordings": 4,
            "decisions": {"alert": 7, "review": 2},
            "unalarmed_stances": {"debunks": 3},
            "posts": listed,
        },
        post_ids=(1, 2, 3, 4, 5, 6, 7),
    )


@pytest.fixture
def mention_alert(alert: Alert) -> Alert:
    return replace(
        alert,
        alert_key="riverside|mention|urgent:patient_safety|2026-10-02T00:00:00+00:00",
        kind="mention",
        claim_id=None,
        claim_version=None,
        category="urgent:patient_safety",
        reasons=("urgent_mention",),
        evidence={"p_mention": 0.9, "terms": ["Riverside Clinic"], "wordings": 7, "posts": alert.evidence["posts"]},
    )
