"""Invented claims, alerts and trends for the pictures of docs/mail.md."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.trends import Trend

NOW = datetime(2026, 10, 15, 15, 4, tzinfo=UTC)

MILK = ClaimFacts(
    claim_id="nut-raw-milk-healthier",
    version=1,
    claim="Raw milk is safer and healthier than pasteurized milk.",
    rating="false",
    harm="high",
    correction=(
        "Pasteurizing milk kills germs such as E. coli, Salmonella, Listeria and Campylobacter with very little change "
        "in nutrients. Raw milk has caused outbreaks, and young children have ended up with kidney failure."
    ),
    evidence=(
        {
            "publisher": "CDC",
            "title": "Raw milk",
            "address": "https://www.cdc.gov/food-safety/foods/raw-milk.html",
            "date": date(2025, 1, 31),
            "verified": True,
        },
        {
            "publisher": "FDA",
            "title": "Raw milk misconceptions and the danger of raw milk consumption",
            "address": "https://www.fda.gov/food",
            "date": None,
            "verified": True,
        },
    ),
    as_of=date(2026, 8, 19),
    harm_reason="Severe infection, mainly in children, pregnancy and weak immunity.",
)
TEA = replace(
    MILK,
    claim_id="tea-cures-flu",
    claim="Elderberry tea cures the flu in a day.",
    rating="misleading",
    harm="low",
    correction="No trial shows that it shortens the flu by more than hours.",
    harm_reason="People put off treatment.",
)
GENES = replace(
    MILK,
    claim_id="vax-genes",
    claim="The flu shot changes your genes.",
    correction="The shot does not enter the cell nucleus, where genes are.",
    harm_reason="People stay unprotected.",
)
FACTS = {facts.claim_id: facts for facts in (MILK, TEA, GENES)}

CLAIM_ALERT = Alert(
    alert_key="larkspur-family-health|misinformation|nut-raw-milk-healthier|2026-10-15T00:00:00+00:00",
    practice_id="larkspur-family-health",
    kind="misinformation",
    claim_id="nut-raw-milk-healthier",
    claim_version=1,
    category=None,
    bucket_start_at=datetime(2026, 10, 15, tzinfo=UTC),
    severity="urgent",
    reasons=("harm_high_spreading", "names_practice"),
    posts=19,
    voices=14,
    platforms=("google_reviews", "nextdoor", "reddit", "x"),
    first_post_at=NOW - timedelta(hours=20),
    last_post_at=NOW - timedelta(hours=1),
    historical=False,
    evidence={
        "p_match": 0.93,
        "promotes": 0.86,
        "proven": False,
        "wordings": 11,
        "decisions": {"alert": 19, "review": 3},
        "unalarmed_stances": {"debunks": 2, "questions": 4},
        "posts": [
            {"platform": "x", "platform_id": "2108999916189576092", "url": None},
            {"platform": "reddit", "platform_id": "t3_1ki6ili", "url": None},
            {"platform": "nextdoor", "platform_id": "nd-1006541", "url": None},
        ],
    },
    post_ids=tuple(range(19)),
    raised_at=NOW - timedelta(hours=1),
)
MENTION_ALERT = replace(
    CLAIM_ALERT,
    alert_key="larkspur-family-health|mention|urgent:patient_safety|2026-10-15T00:00:00+00:00",
    kind="mention",
    claim_id=None,
    claim_version=None,
    category="urgent:patient_safety",
    reasons=("urgent_mention",),
    posts=1,
    voices=1,
    platforms=("facebook",),
    first_post_at=NOW - timedelta(hours=2),
    last_post_at=NOW - timedelta(hours=2),
    evidence={
        "p_mention": 0.97,
        "terms": ["Larkspur Family Health Harborview"],
        "wordings": 1,
        "posts": [{"platform": "facebook", "platform_id": "100_2001", "url": "https://www.facebook.com/100_2001"}],
    },
)
CRISIS_ALERT = replace(
    MENTION_ALERT,
    alert_key="larkspur-family-health|mention|urgent:danger_to_life|2026-10-15T00:00:00+00:00",
    category="urgent:danger_to_life",
    raised_at=NOW - timedelta(minutes=10),
)
COMPLAINT_ALERT = replace(
    MENTION_ALERT,
    alert_key="larkspur-family-health|mention|complaint|2026-10-15T00:00:00+00:00",
    category="complaint",
    severity="normal",
    reasons=("practice_named",),
)
SURGE = replace(
    CLAIM_ALERT,
    alert_key="larkspur-family-health|surge|claim:nut-raw-milk-healthier|2026-10-14T00:00:00+00:00",
    kind="surge",
    reasons=("surge_of_harm",),
    posts=46,
    voices=38,
    evidence=CLAIM_ALERT.evidence
    | {"expected": 2.6, "window_posts": 27, "window_hours": 24, "chance": 1e-9, "decisions": {}, "wordings": 31},
)


def _trend(subject: str, counts: tuple[int, ...], expected: float, **changes: object) -> Trend:
    drawn = Trend(
        kind="claim",
        subject=subject,
        apart="",
        platforms=("nextdoor", "reddit", "x"),
        posts=counts[-1] + counts[-2],
        expected=expected,
        chance=1e-9,
        voices=14,
        days=tuple(date(2026, 10, 2) + timedelta(days=number) for number in range(14)),
        counts=counts,
        covered=(*[True] * 6, False, *[True] * 7),
        direction="rising",
        surge=False,
        began_at=None,
    )
    return replace(drawn, **changes)  # type: ignore[arg-type]


RISE = _trend(
    "nut-raw-milk-healthier",
    (2, 3, 1, 4, 2, 2, 1, 3, 2, 4, 3, 5, 19, 8),
    2.6,
    surge=True,
    began_at=datetime(2026, 10, 14, 9, tzinfo=UTC),
)
FALL = _trend("tea-cures-flu", (9, 11, 8, 12, 9, 7, 0, 8, 10, 9, 6, 2, 1, 0), 9.2, direction="falling", chance=0.99)
STORY = _trend("n-4f2a", (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 4), 0.6, kind="narrative", platforms=("bluesky",))
