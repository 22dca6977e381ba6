"""From screened posts to alert groups: practice + claim (or mention category) + time bucket. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.alerting.alert import EVIDENCE_POSTS, Alert, ClaimFacts, alert_key
from pipeline.alerting.links import permalink
from pipeline.alerting.severity import LEVELS, LIFE, OWN_POST, READ, URGENT, GroupFacts, decide_severity, is_urgent
from pipeline.config import Policy

POST_COLUMNS = (
    *("post_id", "platform", "platform_id", "url", "created_at", "ingested_at"),
    *("author_hash", "content_hash", "backfilled", "apart", "policy_version"),
)
MATCH_COLUMNS = (
    *POST_COLUMNS,
    *("claim_id", "claim_version", "p_match", "promotes", "stance", "decision", "reason"),
    *("model_id", "reader_id", "stance_id"),
)
MENTION_COLUMNS = (
    *POST_COLUMNS,
    *("kind", "term", "p_mention", "urgency", "urgency_cue", "p_urgent", "category", "tone"),
)

# The reason of a match whose score is at or above a proven threshold.
PROVEN = "promotes_claim"
# The category of mentions that triage has not sorted.
PLAIN_MENTION = "mention"
# Terms of the practice file named in the evidence of a mention alert.
EVIDENCE_TERMS = 10


def group_alerts(
    matches: pd.DataFrame,
    mentions: pd.DataFrame,
    claims: Mapping[str, ClaimFacts],
    practice_id: str,
    policy: Policy,
) -> list[Alert]:
    """The alerts of a window, the live and most severe first; the order of the rows does not matter.

    `matches` has MATCH_COLUMNS, one row per post and claim; `mentions` has MENTION_COLUMNS, one row per place where a
    post names this practice. Only a match whose decision is "alert" raises anything. Posts created more than
    `historical_days` before they were stored, or brought by a backfill, form groups of their own, and
    so do the posts of a platform that must be kept `apart` (its name; "" for others). Raises
    ValueError where a column is missing.
    """
    _check_columns("matches", matches, MATCH_COLUMNS)
    _check_columns("mentions", mentions, MENTION_COLUMNS)
    # The rows may hold much more, and all of it would be copied for each group.
    matches, mentions = matches[list(MATCH_COLUMNS)], mentions[list(MENTION_COLUMNS)]
    mentioned = _mentioned_posts(mentions, policy)
    naming = set(mentioned["post_id"])
    alerts = [
        *_misinformation_alerts(_with_group_keys(matches, policy), naming, claims, practice_id, policy),
        *_mention_alerts(_with_group_keys(mentioned, policy), practice_id, policy),
    ]
    return sorted(alerts, key=lambda alert: (alert.historical, -LEVELS.index(alert.severity), alert.alert_key))


def mention_subject(urgency: object, category: object) -> str:
    """The subject of a mention's group: what the guard found in our own post, what cannot wait, or its category."""
    hurry, sorted_as = value(urgency), str(value(category) or PLAIN_MENTION)
    if is_urgent(hurry) and not sorted_as.startswith(OWN_POST):
        return f"{URGENT}{hurry}"
    return sorted_as


def listed_posts(group: pd.DataFrame, scores: tuple[str, ...]) -> list[dict[str, Any]]:
    """The best posts as plain values, one of each wording before any copy."""
    copies = group.groupby("content_hash").cumcount()
    listed = group.loc[copies.sort_values(kind="stable").index].head(EVIDENCE_POSTS)
    return [
        {
            "platform": value(row["platform"]),
            "platform_id": value(row["platform_id"]),
            # Rebuilt from ids: the platform's own address may hold a handle or a post's title.
            "url": permalink(row["platform"], row["platform_id"], value(row["url"])).address,
            **{name: value(row[name]) for name in scores},
        }
        for row in listed.to_dict("records")
    ]


def voices(group: pd.DataFrame) -> int:
    """Distinct authors; posts without a known one may all be by one person, so together they are one voice."""
    return int(group["author_hash"].nunique()) + int(group["author_hash"].isna().any())


def moment(cell: Any) -> datetime | None:  # noqa: ANN401  # Timestamp or NaT
    """A cell of times as a datetime, None where there is none."""
    return None if pd.isna(cell) else cell.to_pydatetime()


def value(cell: Any) -> Any:  # noqa: ANN401  # one cell, whatever it holds
    """One cell as a plain Python value, None where it is empty."""
    if cell is None or pd.isna(cell):
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _misinformation_alerts(
    matches: pd.DataFrame, naming: set[int], claims: Mapping[str, ClaimFacts], practice_id: str, policy: Policy
) -> Iterator[Alert]:
    keys = ["claim_id", "bucket_start_at", "apart", "historical"]
    matches = matches.merge(matches.loc[matches["decision"] == "alert", keys].drop_duplicates(), on=keys)
    best_first = ["p_match", "promotes", "platform", "platform_id", "post_id"]
    matches = matches.sort_values(best_first, ascending=[False, False, True, True, True], kind="stable")
    for (claim_id, *_, historical), group in matches.groupby(keys):
        alarming = group[group["decision"] == "alert"].drop_duplicates("post_id")
        facts, best = claims.get(str(claim_id)), alarming.iloc[0]
        posts_naming_practice = int(alarming["post_id"].isin(naming).sum())
        evidence = {
            "claim_version": int(best["claim_version"]),
            "model_id": value(best["model_id"]),
            "reader_id": value(best["reader_id"]),
            "stance_id": value(best["stance_id"]),
            "policy_version": value(best["policy_version"]),
            "p_match": value(best["p_match"]),
            "promotes": value(best["promotes"]),
            # One post above a proven threshold is enough.
            "proven": bool((alarming["reason"] == PROVEN).any()),
            "wordings": int(alarming["content_hash"].nunique()),
            "posts_naming_practice": posts_naming_practice,
            "decisions": _counts(group.drop_duplicates("post_id")["decision"]),
            "unalarmed_stances": _counts(group[group["decision"] == "counted"].drop_duplicates("post_id")["stance"]),
            "posts": listed_posts(alarming, ("p_match", "promotes")),
        }
        severity_facts = GroupFacts(
            kind="misinformation",
            voices=voices(alarming),
            platforms=alarming["platform"].nunique(),
            harm=facts.harm if facts else None,
            posts_naming_practice=posts_naming_practice,
            historical=bool(historical),
        )
        yield _alert(practice_id, str(claim_id), alarming, severity_facts, evidence, policy)


def _mention_alerts(mentioned: pd.DataFrame, practice_id: str, policy: Policy) -> Iterator[Alert]:
    for (subject, *_, historical), group in mentioned.groupby(["subject", "bucket_start_at", "apart", "historical"]):
        best = group.iloc[0]
        evidence = {
            "policy_version": value(best["policy_version"]),
            "p_mention": value(group["p_mention"].max()),
            "wordings": int(group["content_hash"].nunique()),
            "terms": sorted({str(term) for term in group["term"]})[:EVIDENCE_TERMS],
            "tones": _counts(group["tone"]),
            "posts": listed_posts(group, ("p_mention",)),
        }
        severity_facts = GroupFacts(
            kind="mention",
            voices=voices(group),
            urgency=value(best["urgency"]),
            doubtful=bool(group["doubtful"].all()),
            own_post=str(subject).startswith(OWN_POST),
            negative_voices=voices(group[group["tone"] == "negative"]),
            historical=bool(historical),
        )
        yield _alert(practice_id, str(subject), group, severity_facts, evidence, policy)


def _alert(
    practice_id: str, subject: str, group: pd.DataFrame, facts: GroupFacts, evidence: dict[str, Any], policy: Policy
) -> Alert:
    severity, reasons = decide_severity(facts, policy)
    bucket = moment(group["bucket_start_at"].iloc[0])
    if bucket is None:
        raise ValueError("a post without ingested_at belongs to no bucket")
    is_claim = facts.kind == "misinformation"
    return Alert(
        alert_key=alert_key(practice_id, facts.kind, subject, bucket, facts.historical, str(group["apart"].iloc[0])),
        practice_id=practice_id,
        kind=facts.kind,
        claim_id=subject if is_claim else None,
        claim_version=evidence["claim_version"] if is_claim else None,
        category=None if is_claim else subject,
        bucket_start_at=bucket,
        severity=severity,
        reasons=reasons,
        posts=len(group),
        voices=facts.voices,
        platforms=tuple(sorted({str(platform) for platform in group["platform"]})),
        first_post_at=moment(group["created_at"].min()),
        last_post_at=moment(group["created_at"].max()),
        historical=facts.historical,
        evidence=evidence,
        post_ids=tuple(sorted(int(post_id) for post_id in group["post_id"])),
    )


def _mentioned_posts(mentions: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """One row per post that surely names the practice, its urgent and its sorted mention first, with its `subject`."""
    frame = mentions[mentions["p_mention"] >= policy["mention_sure"]].copy()
    subjects = [mention_subject(*pair) for pair in zip(frame["urgency"], frame["category"], strict=True)]
    frame["subject"] = pd.Series(subjects, index=frame.index, dtype=object)
    frame["plain"] = [subject == PLAIN_MENTION for subject in subjects]
    frame["waits"] = [not subject.startswith((OWN_POST, URGENT)) for subject in subjects]
    sure = (frame["urgency"] == LIFE).map({True: policy["life_sure"], False: policy["urgent_sure"]})
    frame["doubtful"] = (frame["urgency_cue"] == READ) & (frame["p_urgent"].astype(float) < sure)
    order = ["waits", "doubtful", "plain", "p_mention", "platform", "platform_id", "subject", "term", "tone", "post_id"]
    ascending = [name != "p_mention" for name in order]
    return frame.sort_values(order, ascending=ascending, kind="stable").drop_duplicates("post_id")


def _with_group_keys(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    created_at = pd.to_datetime(frame["created_at"], utc=True)
    ingested_at = pd.to_datetime(frame["ingested_at"], utc=True)
    late = (ingested_at - created_at) > pd.Timedelta(days=policy["historical_days"])
    # What a backfill brings was said in the past, whatever its age.
    late |= frame["backfilled"].astype(bool)
    bucket_start_at = ingested_at.dt.floor(pd.Timedelta(hours=policy["alert_bucket_hours"]))
    # A post without a date compares as False: unknown age is not old age.
    return frame.assign(created_at=created_at, bucket_start_at=bucket_start_at, historical=late.astype(bool))


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(values.dropna().value_counts().items())}


def _check_columns(name: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name} lacks {', '.join(missing)}")
