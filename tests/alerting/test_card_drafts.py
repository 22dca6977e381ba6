"""Every draft that a card can show passes the reply linter: over all kinds of alert and all claims of the database."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from claims_db import load_claims
from pipeline.alerting.alert import ClaimFacts
from pipeline.alerting.card import build_card
from pipeline.claims_entries import claim_entries
from pipeline.config import read_settings
from pipeline.screening.replies import Linter, lint_reply, load_linter
from tests.alerting.invented import CLAIM_ALERT, MENTION_ALERT
from tests.alerting.test_card import DESK, categories

DESKS = (DESK, replace(DESK, phone=""), replace(DESK, phone="", website=""))


@pytest.fixture(scope="module")
def linter() -> Linter:
    return load_linter(claim_entries(read_settings().claims_folder))


def test_drafts_about_mentions_and_surges_pass(linter: Linter) -> None:
    drafts = set(_mention_drafts())
    assert len(drafts) > len(DESKS)
    assert [draft for draft in sorted(drafts) if lint_reply(draft, linter=linter).findings] == []


def test_drafts_about_claims_pass(linter: Linter) -> None:
    drafts = set(_claim_drafts())
    assert len(drafts) > 1
    assert [draft for draft in sorted(drafts) if lint_reply(draft, linter=linter).findings] == []


def _mention_drafts() -> Iterator[str]:
    for desk in DESKS:
        for category, severity, _ in categories():
            for kind in ("mention", "surge"):
                alert = replace(MENTION_ALERT, kind=kind, category=category, severity=severity)
                if draft := build_card(alert, None, desk).draft:
                    yield draft


def _claim_drafts() -> Iterator[str]:
    for claim in load_claims():
        evidence = tuple(asdict(source) for source in claim.evidence)
        facts = ClaimFacts(
            *(claim.id, 1, claim.claim, claim.rating, claim.harm, claim.correction, evidence), as_of=claim.as_of
        )
        if draft := build_card(replace(CLAIM_ALERT, claim_id=claim.id), facts, DESK).draft:
            yield draft
