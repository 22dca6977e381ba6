"""Four invented weeks of a practice, as the marts would have them."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from pipeline.charts.chart import Period
from pipeline.reporting import ReportRows

NOW = datetime(2026, 11, 19, 15, tzinfo=UTC)
PERIOD = Period.of_weeks(4, NOW)
OUTAGE = range(8, 12)

_CLAIMS = (
    ("vax-mmr-autism", "The MMR vaccine causes autism in children.", "false", (12, 31, 44, 9), (3, 6, 20, 4), 41),
    (
        "milk-raw-cures",
        "Raw milk cures asthma and is safer than pasteurised milk for infants.",
        "false",
        (4, 0, 7, 11),
        (1, 0, 0, 2),
        12,
    ),
    ("vitd-replaces", "Enough vitamin D makes a flu shot unnecessary.", "misleading", (5, 6, 2, 0), (0, 2, 1, 0), 6),
    (
        "tea-flu",
        "Elderflower tea cures the flu within two days, and doctors are paid to say nothing of it.",
        "unproven",
        (0, 1, 3, 2),
        (0, 0, 0, 1),
        3,
    ),
    (
        "fluoride-iq",
        "Fluoride in tap water lowers the intelligence of everybody.",
        "misleading",
        (1, 0, 0, 2),
        (0, 0, 0, 0),
        2,
    ),
)
_MENTIONS = (
    ("access", "negative", 14),
    ("access", "positive", 4),
    ("access", "neutral", 3),
    ("access", None, 2),
    ("staff", "positive", 17),
    ("staff", "negative", 3),
    ("billing", "negative", 9),
    ("billing", "mixed", 2),
    ("care", "positive", 6),
    ("care", "negative", 1),
    (None, None, 5),
    ("none", "neutral", 1),
)
_STEPS = (
    (5, 12, 7, 55, 20, 33),
    (1, 2, 1, 4, 2, 3),
    (14, 40, 95, 610, None, None),
    (300, 1_500, 2_900, 7_000, None, None),
)


def invented_rows() -> ReportRows:
    """Five claims, mentions of every tone, a source that broke down for four days, one that is off."""
    return ReportRows(_claims(), _mentions(), _coverage(), set(PERIOD.weeks), _responses(), _narratives())


def _claims() -> pd.DataFrame:
    rows = [
        {
            "claim_id": claim_id,
            "claim": claim,
            "rating": rating,
            "kept_apart": None,
            "week_on": week,
            "posts": told + refuted + 1.0,
            "promoting_posts": float(told),
            "debunking_posts": float(refuted),
            "questioning_posts": 1.0,
            "neutral_posts": 0.0,
            "reactions": told * reach * 1.0,
            "views": told * reach * 9.0,
        }
        for claim_id, claim, rating, spread, refutes, reach in _CLAIMS
        for week, told, refuted in zip(PERIOD.weeks, spread, refutes, strict=True)
        if told
    ]
    rows[0]["kept_apart"] = "youtube"
    return pd.DataFrame(rows)


def _mentions() -> pd.DataFrame:
    rows = [(theme, tone, None, float(posts)) for theme, tone, posts in _MENTIONS]
    return pd.DataFrame(rows, columns=["theme", "tone", "kept_apart", "mentioning_posts"])


def _coverage() -> pd.DataFrame:
    rows = []
    for number, day in enumerate(PERIOD.days):
        for hour in range(24):
            at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            if at > NOW:
                continue
            rows.append(("bluesky", at, "ok"))
            rows.append(("google_reviews", at, "not measured" if number in OUTAGE else "ok"))
            rows.append(("reddit", at, "rate limited" if number in {5, 19} and hour > 14 else "ok"))
            rows.append(("x", at, "not configured"))
            if number > 13:
                rows.append(("youtube", at, "quota exhausted" if number == 20 else "ok"))
    return pd.DataFrame(rows, columns=["source", "hour_at", "state"])


def _responses() -> pd.DataFrame:
    names = ("minutes_to_alert", "minutes_to_tell", "minutes_to_acknowledge", "minutes_to_resolve")
    rows = pd.DataFrame(dict(zip(names, _STEPS, strict=True)), dtype=float)
    rows["severity"] = ["urgent", "high", "normal", "normal", "urgent", "high"]
    rows["state"] = ["resolved"] * 4 + ["open"] * 2
    rows["resolution"] = ["person"] * 3 + ["quiet", None, None]
    return rows


def _narratives() -> pd.DataFrame:
    rows = []
    first = date(2026, 11, 1)
    for number, posts in enumerate((1, 3, 4, 9, 22, 41, 30, 18, 12, 7, 3, 2)):
        rows.append(
            ("n-2a41", first + timedelta(days=number), posts, _CLAIMS[0][1], "false", None, ["reddit", "bluesky"])
        )
    for number, posts in enumerate((2, 2, 0, 5, 8, 3)):
        rows.append(("n-77c0", first + timedelta(days=10 + number), posts, None, None, None, ["google_reviews"]))
    columns = ["narrative_id", "day", "posts", "claim", "rating", "kept_apart", "platforms"]
    return pd.DataFrame(rows, columns=columns).astype({"posts": float})
