"""The response card: its situation, two facts, a draft that says nothing of anybody's care, a channel, a deadline."""

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from claims_db import load_claims
from pipeline.alerting.alert import ClaimFacts
from pipeline.alerting.card import FACTS, Desk, build_card, split_facts
from pipeline.alerting.card_deadlines import due_at
from pipeline.alerting.render import render_digest, render_urgent
from pipeline.alerting.suggestion import situations
from pipeline.alerting.views import view_alert
from pipeline.receivers import BusinessHours
from tests.alerting.test_render import _counts

ZONE = ZoneInfo("America/Los_Angeles")
DESK = Desk("Larkspur Family Health", ZONE, BusinessHours(), "503-555-0142", "larkspurfamilyhealth.example")
# Friday, an hour before people go home.
FRIDAY = datetime(2026, 10, 16, 17, tzinfo=ZONE)
# What would confirm a patient, admit a fault or advise one person.
NEVER = re.compile(
    r"\b(?:your (?:visit|appointment|treatment|results?|record|chart|care|doctor)|as (?:a|our) patient|sorry|apolog|"
    r"fault|mistake|you should|we treated|when you (?:came|were))\b",
    re.IGNORECASE,
)


def categories():
    urgent = ("danger_to_life", "threat_to_staff", "adverse_event", "patient_safety", "privacy_breach", "time_critical")
    return [
        *((f"urgent:{one}", "urgent", one) for one in urgent),
        ("urgent:something_new", "urgent", "urgent_mention"),
        ("own_post:disclosure", "urgent", "own_post_disclosure"),
        ("own_post:false_claim", "urgent", "own_post_false_claim"),
        ("complaint", "high", "complaint_spreading"),
        *((one, "normal", one) for one in ("complaint", "question", "praise", "press", "job")),
        *((one, "normal", "unsorted") for one in ("mention", "other", "historical")),
    ]


@pytest.mark.parametrize(("category", "severity", "situation"), categories())
def test_each_kind_of_mention_has_its_card(mention_alert, now, category, severity, situation):
    alert = replace(mention_alert, category=category, severity=severity)
    assert build_card(alert, None, DESK).situation == situation
    card = view_alert(alert, None, DESK, now).card
    assert card.facts[0].startswith("7 posts by 5 people")
    assert len(card.facts) == FACTS
    assert card.channel
    assert card.due


def test_every_situation_is_whole():
    for name, one in situations().items():
        assert one.why.endswith("."), name
        assert one.channel, name
        assert (one.hours is None) == (one.action == "leave"), name
        assert not (one.draft and one.action == "leave"), name


def test_a_claims_card_corrects_with_a_source(alert, facts):
    two = replace(facts, correction="The shot stays outside the nucleus. Genes are inside it.")
    card = build_card(alert, two, DESK)
    assert card.facts == ("The shot stays outside the nucleus.", "Genes are inside it.")
    assert [source["publisher"] for source in card.sources] == ["Journal", "Institute"]
    assert card.draft == (
        "The shot stays outside the nucleus. Genes are inside it. Questions? Please call us at 503-555-0142. "
        "Source: Journal (9 Mar 2024), https://journal.org/b"
    )


def test_a_source_without_a_date_says_when_it_was_checked(alert, facts):
    undated = replace(facts, evidence=(facts.evidence[2],))
    assert "(undated, checked 19 Aug 2026)" in build_card(alert, undated, DESK).draft


def test_without_a_checked_source_there_is_no_draft(alert, facts):
    for evidence in ((), (facts.evidence[0],)):
        assert build_card(alert, replace(facts, evidence=evidence), DESK).draft == ""


def test_a_question_is_answered_with_a_source_or_not_at_all(mention_alert):
    question = replace(mention_alert, category="question", severity="normal")
    assert "larkspurfamilyhealth.example" in build_card(question, None, DESK).draft
    assert build_card(question, None, replace(DESK, website="")).draft == ""


def test_who_cannot_be_called_is_written_to(mention_alert):
    complaint = replace(mention_alert, category="complaint", severity="normal")
    desks = {"call us at 503-555-0142": DESK, "write to us through": replace(DESK, phone="")}
    for words, desk in (desks | {"contact our office": replace(DESK, phone="", website="")}).items():
        assert words in build_card(complaint, None, desk).draft


def test_somebody_in_distress_is_shown_the_crisis_line(mention_alert, now):
    alert = replace(mention_alert, category="urgent:danger_to_life")
    rendered = render_urgent(alert, None, "R", "UTC", now, desk=DESK)
    for words in (rendered.text, rendered.html):
        assert "call or text 988" in " ".join(words.split())
        assert "Auscult has contacted nobody" in " ".join(words.split())
    own = build_card(alert, None, replace(DESK, crisis_line="Samaritans 116 123"))
    assert "Samaritans 116 123" in own.draft
    assert "Samaritans 116 123" in own.steps[0]
    assert "988" not in own.draft


def test_a_post_of_our_own_is_in_no_digest(mention_alert, now):
    own = replace(mention_alert, category="own_post:disclosure")
    rendered = render_digest([own], {}, _counts(now), [], "R", "UTC", now)
    assert "Nothing needs you today." in rendered.text
    assert "own post" not in rendered.text


def test_praise_needs_nobody_today_and_a_complaint_does(mention_alert, now):
    def needed(category):
        alert = replace(mention_alert, category=category, severity="normal", reasons=("practice_named",))
        return render_digest([alert], {}, _counts(now), [], "R", "UTC", now).subject

    assert "0 need you today" in needed("praise")
    assert "1 needs you today" in needed("complaint")


@pytest.mark.parametrize(
    ("hours", "open_hours", "due"),
    [
        (None, 4, "2026-10-16T21:00"),
        (BusinessHours(), 1, "2026-10-16T18:00"),
        (BusinessHours(), 4, "2026-10-19T11:00"),
        (BusinessHours(), 24, "2026-10-21T11:00"),
        (BusinessHours(days=("sun",)), 4, "2026-10-18T12:00"),
        (BusinessHours(days=("sat",)), 11, "2026-10-24T09:00"),
    ],
)
def test_a_deadline_counts_hours_of_work(hours, open_hours, due):
    wanted = datetime.fromisoformat(due).replace(tzinfo=ZONE)
    assert due_at(hours, ZONE, FRIDAY.astimezone(UTC), open_hours) == wanted


def test_a_deadline_keeps_to_the_clock_when_it_is_put_back():
    start = datetime(2026, 10, 30, 16, tzinfo=ZONE)
    assert due_at(BusinessHours(), ZONE, start, 4) == datetime(2026, 11, 2, 10, tzinfo=ZONE)


def test_danger_waits_for_no_business_hours(mention_alert):
    alert = replace(mention_alert, category="urgent:danger_to_life", raised_at=FRIDAY.replace(hour=23))
    assert build_card(alert, None, DESK).deadline_at == datetime(2026, 10, 17, 0, tzinfo=ZONE)
    other = replace(alert, category="urgent:patient_safety")
    assert build_card(other, None, DESK).deadline_at == datetime(2026, 10, 19, 12, tzinfo=ZONE)


def test_a_deadline_that_has_passed_is_said_while_the_alert_is_open(alert, facts):
    raised = replace(alert, raised_at=FRIDAY)
    late = datetime(2026, 10, 20, tzinfo=UTC)
    assert view_alert(raised, facts, DESK, late).card.late == "That has passed."
    assert view_alert(raised, facts, DESK, FRIDAY).card.late == ""
    assert view_alert(replace(raised, state="acknowledged"), facts, DESK, late).card.late == ""


def test_no_draft_tells_of_a_patient_a_fault_or_advice(alert, mention_alert):
    drafts = [
        build_card(replace(mention_alert, category=category, severity=severity), None, DESK).draft
        for category, severity, _ in categories()
    ]
    assert len(list(filter(None, drafts))) >= 10
    assert [found for draft in drafts if (found := NEVER.search(draft))] == []


def test_every_claim_that_ships_has_two_facts_and_a_short_draft(alert):
    for claim in load_claims():
        evidence = tuple(asdict(source) for source in claim.evidence)
        facts = ClaimFacts(
            claim.id, 1, claim.claim, claim.rating, claim.harm, claim.correction, evidence, as_of=claim.as_of
        )
        card = build_card(replace(alert, claim_id=claim.id), facts, DESK)
        assert 1 <= len(card.facts) <= FACTS
        assert " ".join(card.facts) == " ".join(claim.correction.split())
        assert len(card.draft) < 1_000
        assert bool(card.draft) == any(source.verified for source in claim.evidence)


def test_facts_end_where_sentences_end():
    assert split_facts("It kills germs such as E. coli. Raw milk does not.") == (
        "It kills germs such as E. coli.",
        "Raw milk does not.",
    )
    assert split_facts("About 1.5 in 100.") == ("About 1.5 in 100.",)
