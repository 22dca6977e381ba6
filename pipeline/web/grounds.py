"""Why an alert was raised, post by post: redacted words with the passage that was read, scores in words, stance."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.alerting.alert import Alert
from pipeline.alerting.charts import draw_days
from pipeline.alerting.links import Link, permalink
from pipeline.alerting.wording import clean, moment, sure
from pipeline.charts.words import short_day
from pipeline.post import screening_text
from pipeline.privacy.public_terms import public_terms
from pipeline.privacy.redaction import redact
from pipeline.screening.explanation import reason_words
from pipeline.warehouse import queue
from pipeline.workplace import Workplace

SHOWN_POSTS = 3
SHOWN_CHARACTERS = 900
# What is redacted of a long post around its passage: more than is shown, so that no name is cut at an edge.
READ_CHARACTERS = 2_500
GROWTH_DAYS = 14
STANCES = {
    "promotes": "spreads the claim",
    "debunks": "refutes it",
    "questions": "asks about it",
    "neutral": "reports, jokes or says something else",
}


@dataclass(frozen=True)
class Words:
    """A post's words with identifiers hidden; `passage` is what was read of it, between `before` and `after`."""

    before: str
    passage: str
    after: str


@dataclass(frozen=True)
class Ground:
    """One post in words; `reasons` are (what, how) pairs, and a verdict on the alert judges the `clearest`."""

    link: Link
    written: str
    words: Words
    reasons: tuple[tuple[str, str], ...]
    clearest: bool = False


@dataclass(frozen=True)
class Growth:
    """Posts a day as a picture (base64 of a PNG) and in words."""

    png: str
    words: str


def read_grounds(workplace: Workplace, alert: Alert, zone: ZoneInfo) -> tuple[Ground, ...]:
    """The clearest posts of an alert and why each is in it; posts that were erased are left out."""
    listed = alert.evidence.get("posts", ())[:SHOWN_POSTS]
    ids = [(str(post.get("platform")), str(post.get("platform_id"))) for post in listed]
    with workplace.engine.begin() as connection:
        subject = (alert.claim_id, alert.claim_version)
        rows = queue.read_grounds(connection, alert.practice_id, subject, ids)
    keep = public_terms(workplace.practice)
    return tuple(_ground(row, keep, zone, ids[0]) for row in rows)


def ground_of(workplace: Workplace, row: Mapping[str, Any], zone: ZoneInfo) -> Ground:
    """The same of one post and its match, `row` as pipeline/warehouse/unchecked.py reads it."""
    return _ground(row, public_terms(workplace.practice), zone)


def links_of(alert: Alert) -> tuple[Link, ...]:
    """Where the posts that the evidence lists are, the clearest first."""
    listed = alert.evidence.get("posts", ())
    links = (permalink(post.get("platform"), post.get("platform_id"), post.get("url")) for post in listed)
    return tuple(dict.fromkeys(links))


def read_growth(workplace: Workplace, alert: Alert, now: datetime) -> Growth | None:
    """The alert's posts of the last days, up to its newest one; None where it has none."""
    with workplace.engine.begin() as connection:
        counts = queue.posts_by_day(connection, alert.alert_key)
        last = max(counts, default=None)
        if last is None:
            return None
        days = [last - timedelta(days=back) for back in reversed(range(GROWTH_DAYS))]
        gaps = queue.gaps_since(connection, datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC))
    covered = [not any(start.date() <= day <= end.date() for start, end in gaps) for day in days]
    posts = [counts.get(day, 0) for day in days]
    words = "Posts of this alert a day: " + ", ".join(
        f"{short_day(day)}: {number if heard else f'{number}+'}"
        for day, number, heard in zip(days, posts, covered, strict=True)
        if number or not heard
    )
    key = "" if all(covered) else " (+ and stripes: not fully heard)"
    picture = draw_days(posts, covered, [False] * len(days), words)
    return Growth(base64.b64encode(picture.png).decode(), f"{words}{key}.")


def redacted_words(text: str, span: tuple[int, int], keep: Sequence[str]) -> Words:
    """What may be shown of a text: identifiers hidden, the passage marked, at most SHOWN_CHARACTERS beside it."""
    start, end = max(0, span[0]), min(len(text), span[1])
    begin = max(0, start - READ_CHARACTERS)
    near = text[begin : end + READ_CHARACTERS][: 3 * READ_CHARACTERS]
    whole = clean(redact(near, keep), 10 * READ_CHARACTERS)
    passage = clean(redact(text[start:end][:READ_CHARACTERS], keep), READ_CHARACTERS)
    at = whole.find(passage) if passage and end - start < len(text) else -1
    if at < 0:
        # Hidden alone it reads otherwise than among its neighbours; then nothing is marked.
        return Words(clean(whole, 2 * SHOWN_CHARACTERS), "", "")
    before, after = whole[:at], whole[at + len(passage) :]
    cut = f"…{before[-SHOWN_CHARACTERS:]}" if len(before) > SHOWN_CHARACTERS else before
    rest = f"{after[:SHOWN_CHARACTERS]}…" if len(after) > SHOWN_CHARACTERS else after
    return Words(cut, clean(passage, 2 * SHOWN_CHARACTERS), rest)


def _ground(
    row: Mapping[str, Any], keep: Sequence[str], zone: ZoneInfo, clearest: tuple[str, str] | None = None
) -> Ground:
    text = screening_text(row["title"], row["text"] or "")
    span = (row["span_start"], row["span_end"]) if row["p_match"] is not None else (row["term_start"], row["term_end"])
    reasons = _match_reasons(row) if row["p_match"] is not None else _mention_reasons(row)
    return Ground(
        link=permalink(row["platform"], row["platform_id"], row["url"]),
        written=moment(row["created_at"], zone) if row["created_at"] else "no date given",
        words=redacted_words(text, (span[0] or 0, span[1] or 0), keep),
        reasons=reasons,
        clearest=(row["platform"], row["platform_id"]) == clearest,
    )


def _match_reasons(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    about, about_share = sure(row["p_match"])
    stance, stance_share = sure(row[row["stance"]])
    cues = ", ".join(clean(cue, 40).replace("_", " ") for cue in row["cues"])
    return (
        ("Claim", clean(row["claim"], 300)),
        ("Closest wording of ours", clean(row["matched_text"], 300)),
        ("About this claim", f"{about} ({about_share})"),
        ("Stance", f"{STANCES[row['stance']]}: {stance} ({stance_share})"),
        *((("What told the stance", cues),) if cues else ()),
        ("Nearest true statement", clean(row["true_statement"], 400) or "the claim says nothing of it"),
        _decided(row),
    )


def _decided(row: Mapping[str, Any]) -> tuple[str, str]:
    what = "Why it alarmed" if row["decision"] == "alert" else "Why it did not alarm"
    return what, clean(reason_words(row["reason"]), 200)


def _mention_reasons(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if row["p_mention"] is None:
        return ()
    meant, share = sure(row["p_mention"])
    sorted_as = {"Tone": row["tone"], "About": row["theme"], "Urgency": row["urgency"]}
    told = tuple((name, clean(word, 60).replace("_", " ")) for name, word in sorted_as.items() if word)
    return (("This practice is meant", f"{meant} ({share})"), *told)
