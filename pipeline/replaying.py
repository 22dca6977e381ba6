"""An alert recomputed from what is kept of it: the same score and reason, or what exactly was erased or is not here.

Its posts are judged anew with the claims of their time and the models, policy and practice file of today.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.engine import Connection

from pipeline import narrating
from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.comparison import ALL_TOGETHER, JUDGED_AGAIN, TOLERANCE, Line, Replay, compare_alerts, conclude
from pipeline.alerting.rules import POST_COLUMNS, group_alerts
from pipeline.bench import Bench, read_calibration, shipped_models
from pipeline.canary import canary_alerts
from pipeline.config import POLICY, Policy
from pipeline.errors import ConfigError
from pipeline.planning import read_facts
from pipeline.screening.judges import Models
from pipeline.screening.screen import MATCH_COLUMNS, MENTION_COLUMNS, Screened, screen_posts
from pipeline.warehouse import alerts as alert_rows
from pipeline.warehouse import replayed
from pipeline.warehouse.claims import claims_in_force
from pipeline.warehouse.retention import erased_since
from pipeline.warehouse.vectors import read_vectors
from pipeline.workplace import Workplace

# What judging gives, and what of it is compared post by post.
_JUDGED = ["p_match", "promotes", "score", "stance", "decision", "reason"]
_SCORES = ["p_match", "promotes", "score"]
# What names one mention of a post: its category and tone are those of the stored row.
_PLACE = ["post_id", "kind", "term", "term_start"]
# The policy numbers that decide over a surge.
_OF_SURGES = ("surge_", "story_", "historical_days", "mention_sure", "urgent_voices")
# Which columns of a match name the models that judged it.
_MODELS = {"encoder": "model_id", "reader": "reader_id", "stance": "stance_id"}


@dataclass(frozen=True)
class Kept:
    """What is kept of an alert: its row, its posts with their words, and the stored rows that it was made of."""

    alert: Mapping[str, Any]
    posts: pd.DataFrame
    matches: pd.DataFrame
    mentions: pd.DataFrame
    facts: dict[str, ClaimFacts]

    @property
    def of_claim(self) -> bool:
        """Whether it stands on matches; else it stands on mentions."""
        return bool(self.alert["kind"] == "misinformation")

    @property
    def rows(self) -> pd.DataFrame:
        """The stored rows that it stands on."""
        return self.matches if self.of_claim else self.mentions

    @property
    def gone(self) -> int:
        """How many of its posts are erased or past their retention."""
        return max(0, int(self.alert["posts"]) - len(self.posts))


@dataclass(frozen=True)
class Anew:
    """The rows of the same posts, made today; `claims_gone` were judged with then and are stored no more."""

    matches: pd.DataFrame
    mentions: pd.DataFrame
    claims_gone: Sequence[str]


def replay_alert(workplace: Workplace, name: str) -> Replay:
    """Recompute the alert with this key, or this number, and compare it with its row.

    Raises ConfigError where there is no such alert, and where it is another practice's.
    """
    with workplace.engine.begin() as connection:
        kept = _read(connection, workplace, name)
    if kept.alert["kind"] == "surge":
        return _count_again(workplace, kept)
    models, (policy, numbers) = shipped_models(), _noted(POLICY)
    made_by = [*_model_lines(kept, models), _policy_line(kept), *_together_line(workplace, kept, models)]
    anew = _judge_anew(workplace, kept, models, policy)
    another = any(line.part in _MODELS and line.finding == "other" for line in made_by)
    judged = not kept.of_claim or not (another or anew.claims_gone)
    was = _group(kept, kept.matches, kept.mentions, policy)
    now = _group(kept, anew.matches if judged else kept.matches, anew.mentions, policy)
    lines = [_post_line(kept), *made_by, *_again_line(kept)]
    if kept.of_claim and judged and len(kept.posts):
        lines += [_vector_line(workplace, kept, models), _score_line(kept.matches, anew.matches)]
    erased = kept.gone > 0 or bool(kept.rows["author_hash"].isna().any())
    lines += compare_alerts(kept.alert, was, now, erased=erased, judged=judged or kept.posts.empty)
    return conclude(kept.alert, lines, len(kept.posts), anew.claims_gone, sorted(numbers))


def _count_again(workplace: Workplace, kept: Kept) -> Replay:
    """A surge from its counts, as of the clock of its last computation; which posts match is taken as stored."""
    alert, evidence = kept.alert, kept.alert["evidence"]
    counted_at = datetime.fromisoformat(evidence["counted_at"]) if "counted_at" in evidence else alert["updated_at"]
    with workplace.engine.begin() as connection:
        trends = narrating.read_trends(connection, alert["practice_id"], counted_at)
        facts = read_facts(connection, [trend.subject for trend in trends if trend.kind == "claim"]) | kept.facts
        found = narrating.find_surges(connection, alert["practice_id"], trends, facts, counted_at)
        erased = kept.gone + erased_since(connection, counted_at)
    now = next((one for one in found if one.alert_key == alert["alert_key"]), None)
    lines = [_post_line(kept), _policy_line(kept), *_again_line(kept)]
    # What was erased since may have been in the baseline, whosever post it was.
    lines += compare_alerts(alert, now, now, erased=erased > 0, judged=True)
    numbers = [entry.name for entry in fields(Policy) if entry.name.startswith(_OF_SURGES)]
    return conclude(alert, lines, len(kept.posts), (), numbers)


def _read(connection: Connection, workplace: Workplace, name: str) -> Kept:
    alert, practice_id = replayed.stored_alert(connection, name), workplace.practice.practice_id
    if alert is None:
        raise ConfigError(f"no alert has the key or number {name!r}; the mart mart_alerts lists them")
    if alert["practice_id"] != practice_id:
        raise ConfigError(f"that alert is of {alert['practice_id']}, and the practice file here says {practice_id}")
    posts = replayed.kept_posts(connection, alert["alert_id"])
    stored_at = posts["ingested_at"] if len(posts) else pd.Series([alert["bucket_start_at"]])
    span = stored_at.min(), stored_at.max()
    matches = alert_rows.screened_matches(connection, *span)
    mentions = alert_rows.screened_mentions(connection, *span, practice_id)
    claim = replayed.claim_version(connection, alert["claim_id"], alert["claim_version"])
    return Kept(
        alert,
        posts,
        matches[matches["post_id"].isin(posts["post_id"]) & (matches["claim_id"] == alert["claim_id"])],
        mentions[mentions["post_id"].isin(posts["post_id"])],
        {claim["claim_id"]: _facts(claim)} if claim else {},
    )


def _facts(claim: Mapping[str, Any]) -> ClaimFacts:
    wanted = {name: claim[name] for name in ClaimFacts.__dataclass_fields__}
    return ClaimFacts(**{**wanted, "evidence": tuple(claim["evidence"])})


def _noted(policy: Policy) -> tuple[Policy, set[str]]:
    """The same policy, and the names of its numbers that are read from it from now on."""
    numbers: set[str] = set()

    class Noted(Policy):
        def __getitem__(self, name: str) -> float:
            numbers.add(name)
            return super().__getitem__(name)

    return Noted(**{entry.name: getattr(policy, entry.name) for entry in fields(policy)}), numbers


def _judge_anew(workplace: Workplace, kept: Kept, models: Models, policy: Policy) -> Anew:
    matches, mentions, gone = [], [], set()
    # 0 stands for no version of the calibration: those that are stored begin at 1.
    versions = kept.matches.set_index("post_id")["calibration"]
    decided = kept.posts.assign(calibration=kept.posts["post_id"].map(versions).fillna(0).astype("int64"))
    together = ["claim_set_id", "calibration"]
    for claim_set, version in sorted(set(decided[together].itertuples(index=False, name=None))):
        posts = decided[(decided[together] == (claim_set, version)).all(axis=1)]
        with workplace.engine.begin() as connection:
            claims, missing = replayed.claims_of_set(connection, claim_set)
            calibration = read_calibration(connection, version or None)
            bench = Bench(workplace, models, claims or claims_in_force(connection), 0, calibration)
        gone.update(missing)
        for screened in _screened(bench, posts, policy):
            matches.append(screened.matches)
            mentions.append(screened.mentions)
    return Anew(
        _as_stored(kept, _joined(matches, MATCH_COLUMNS)),
        _named(kept, _joined(mentions, MENTION_COLUMNS)),
        sorted(gone),
    )


def _screened(bench: Bench, posts: pd.DataFrame, policy: Policy) -> Iterator[Screened]:
    # A text is judged once, however many posts have it; a source may have a threshold of its own, and a channel says
    # who is meant.
    alike = posts.groupby(["content_hash", "source", "channel"], dropna=False)["post_id"].transform("min")
    having = pd.DataFrame({"alike": alike, "post_id": posts["post_id"]})
    once, judge = posts[posts["post_id"] == alike], replace(bench.judge, policy=policy)
    for start in range(0, len(once), int(policy["shard_posts"])):
        part = once.iloc[start : start + int(policy["shard_posts"])]
        asked = part[["post_id", "source", "channel", "text"]]
        found = screen_posts(asked, bench.vectors(part), judge, bench.workplace.practice)
        frames = (frame.rename(columns={"post_id": "alike"}) for frame in (found.matches, found.mentions))
        yield Screened(*(frame.astype({"alike": "int64"}).merge(having, on="alike") for frame in frames))


def _joined(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    full = [part for part in parts if len(part)]
    return pd.concat(full) if full else pd.DataFrame(columns=list(columns)).astype({"post_id": "int64"})


def _as_stored(kept: Kept, matches: pd.DataFrame) -> pd.DataFrame:
    """Matches made today in the columns of the stored ones, of the alert's claim only."""
    same = ["post_id", "claim_id"]
    return kept.matches.drop(columns=_JUDGED).merge(matches[[*same, *_JUDGED]], on=same)


def _named(kept: Kept, mentions: pd.DataFrame) -> pd.DataFrame:
    """Mentions made today in the columns that the rules read."""
    of_post = kept.rows[list(POST_COLUMNS)].drop_duplicates("post_id")
    sorted_as = kept.mentions[[*_PLACE, "category", "tone"]]
    made = mentions[[*_PLACE, "p_mention", "urgency", "urgency_cue", "p_urgent"]].merge(
        sorted_as, how="left", on=_PLACE
    )
    return made.merge(of_post, on="post_id")


def _group(kept: Kept, matches: pd.DataFrame, mentions: pd.DataFrame, policy: Policy) -> Alert | None:
    """The alert that these rows make; None where they make none of its key."""
    practice_id = kept.alert["practice_id"]
    if kept.alert["kind"] == "canary":
        found = canary_alerts(mentions, practice_id, policy)
    else:
        found = group_alerts(matches, mentions, kept.facts, practice_id, policy)
    return next((alert for alert in found if alert.alert_key == kept.alert["alert_key"]), None)


def _post_line(kept: Kept) -> Line:
    return Line("posts kept", kept.alert["posts"], len(kept.posts), "erased" if kept.gone else "same", kept.gone)


def _model_lines(kept: Kept, models: Models) -> Iterator[Line]:
    """The claim and the models of an alert about a claim."""
    if not kept.of_claim:
        return
    claim = f"{kept.alert['claim_id']} version {kept.alert['claim_version']}"
    yield Line("claim", claim, claim, "same") if kept.facts else Line("claim", claim, None, "unknown")
    for part, column in _MODELS.items():
        yield _version_line(part, _stored_ids(kept, column), getattr(getattr(models, part), column))


def _policy_line(kept: Kept) -> Line:
    return _version_line("policy", _stored_ids(kept, "policy_version"), POLICY.version)


def _together_line(workplace: Workplace, kept: Kept, models: Models) -> Iterator[Line]:
    """The fingerprint of everything that posts are screened with beside the claims."""
    # A post that waits to be screened again has none.
    if stored := set(kept.posts["screened_key"].dropna()):
        yield _version_line(ALL_TOGETHER, stored, Bench(workplace, models, [], 0).screened_key)


def _again_line(kept: Kept) -> Iterator[Line]:
    """Where its posts were judged again after it was computed: it is not of these rows."""
    if len(kept.rows) and (judged_at := kept.rows["screened_at"].max()) > kept.alert["updated_at"]:
        yield Line(JUDGED_AGAIN, kept.alert["updated_at"].isoformat(), judged_at.isoformat(), "other")


def _stored_ids(kept: Kept, column: str) -> set[str | None]:
    surge = kept.alert["kind"] == "surge"
    return (set() if surge else set(kept.rows[column])) or {kept.alert["evidence"].get(column)}


def _version_line(part: str, stored: set[str | None], today: str) -> Line:
    names = sorted(name for name in stored if name)
    return Line(part, ", ".join(names) or None, today, "same" if names == [today] else "other" if names else "erased")


def _vector_line(workplace: Workplace, kept: Kept, models: Models) -> Line:
    """How many texts have a stored vector, and how far these are from vectors made today at most."""
    texts = dict(zip(kept.posts["content_hash"], kept.posts["text"], strict=True))
    with workplace.engine.begin() as connection:
        stored = read_vectors(connection, list(texts), models.encoder.model_id)
    today = models.encoder.encode([texts[key] for key in stored])
    off = max((float(np.abs(row - stored[key]).max()) for key, row in zip(stored, today, strict=True)), default=0.0)
    same = len(stored) == len(texts) and off <= TOLERANCE
    return Line("vectors", len(stored), len(texts), "same" if same else "other", off)


def _score_line(stored: pd.DataFrame, anew: pd.DataFrame) -> Line:
    """The largest difference in a score of any post of the alert; one that is no match any more counts as 0."""
    both = stored.set_index("post_id")[_SCORES]
    off = (both - anew.set_index("post_id")[_SCORES].reindex(both.index).fillna(0.0)).abs().to_numpy().max(initial=0.0)
    return Line("scores of all posts", len(stored), len(anew), "same" if off <= TOLERANCE else "differs", float(off))
