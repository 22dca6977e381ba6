"""Settings come from the environment (places and secrets); Policy is a table in git (numbers and their evidence)."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from pipeline.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Where things are and what is secret. Built by `read_settings`; secrets never appear in its repr."""

    home: Path
    practice_file: Path
    listening_file: Path
    claims_folder: Path
    models_folder: Path
    erasures_file: Path
    database_url: str | None = field(default=None, repr=False)
    author_key: str | None = field(default=None, repr=False)
    runtime: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database_folder(self) -> Path:
        """The data folder of the embedded PostgreSQL server."""
        return self.home / "pg"

    def secret(self, name: str) -> str | None:
        """The environment variable called `name`, or None where it is unset or empty."""
        return self.environment.get(name) or None

    def require_author_key(self) -> bytes:
        """The key that author ids are hashed with. Raises ConfigError where none of 32 characters is set."""
        if not self.author_key or len(self.author_key) < 32:
            raise ConfigError(
                "AUSCULT_AUTHOR_KEY is not set (32 characters or more): authors are stored as keyed hashes only, so "
                "nothing is ingested without it. Make one with: python -c 'import secrets; "
                "print(secrets.token_hex(32))' and keep it outside the database."
            )
        return self.author_key.encode()


@dataclass(frozen=True)
class Number:
    """One policy number: its value, unit, what it decides and where it comes from."""

    value: float
    unit: str
    meaning: str
    evidence: str


@dataclass(frozen=True)
class Policy:
    """Every number that decides something, in one table. Change a line here, never a copy of it elsewhere."""

    candidates: Number = Number(
        10,
        "claims a post",
        "candidates kept for each post",
        "the claim is in the first ten for 99 % (matching study, A)",
    )
    sparse_weight: Number = Number(
        0.2,
        "share of BM25/max",
        "weight of word overlap beside the cosine",
        "grid on CLEF dev; .2 and .3 are level, .2 is better on the claims written here",
    )
    match_floor: Number = Number(
        0.30, "p_match", "below it a candidate is not a match", "review queue near .3 (matching study, B)"
    )
    read_floor: Number = Number(
        0.30,
        "similarity",
        "below it a candidate is not read together with the post",
        "with read_reach: .92 of labelled claims are read",
    )
    read_reach: Number = Number(
        0.30,
        "similarity",
        "a candidate this far behind the post's best is not read either",
        "6 pairs a post, 3.5 an ordinary one",
    )
    read_chance: Number = Number(
        0.05,
        "chance",
        "where only matches count, a candidate that retrieval gives less than this chance to become one is not read",
        "development: .5 to .8 pairs an ordinary post; .95 to .99 of matches kept, alerts and reviews as without",
    )
    promise_target: Number = Number(
        0.90,
        "share of alerts",
        "the promise: at least this share of alerts is right, by a lower 95 % bound on labelled scores",
        "the operator's choice; nine of ten by default",
    )
    unproven_score: Number = Number(
        0.48,
        "p_match x promotes",
        "where no threshold is proven, an alert is raised from here on, marked as unproven; above 1 is never",
        "development: 4 to 6 of 1,000 ordinary health posts alarm, the most that is bearable (docs/evaluation.md)",
    )
    least_english: Number = Number(
        0.01,
        "probability of English",
        "a text below it never alarms but goes to review: the reader knows English only",
        "of 2,330 English training posts none is below it, of 443 Spanish wordings all are",
    )
    review_score: Number = Number(
        0.30,
        "p_match x promotes",
        "at or above it, what does not alarm is looked at by a person",
        "36 reviews per 1,000 ordinary posts",
    )
    sweep_cosine: Number = Number(
        0.40,
        "cosine",
        "a stored post is compared with a changed claim where its vector is this near to one of its wordings",
        "with the next two: on development they leave out 8 of 934 matches and 1 of 216 that are shown",
    )
    sweep_cosine_with_word: Number = Number(
        0.25, "cosine", "or this near, where the post speaks a rare word of the claim", "see sweep_cosine"
    )
    sweep_rare: Number = Number(
        8, "claims", "a word is rare where no more claims than this speak it", "of 8, 20 and 40: fewest posts pass"
    )
    sweep_share: Number = Number(
        0.25,
        "share of claims",
        "where more of the claims changed, all posts are screened anew",
        "beyond it most posts would be compared with a changed claim anyway",
    )
    mention_floor: Number = Number(
        0.50, "p_mention", "below it a name is not taken for the practice", "rule scores, not yet calibrated"
    )
    alert_bucket_hours: Number = Number(
        24, "hours", "length of the time bucket of an alert group", "one mail a day and claim at most"
    )
    historical_days: Number = Number(
        7, "days", "a post older than this when first stored raises no mail", "design, section 5"
    )
    urgent_voices: Number = Number(
        3,
        "distinct authors",
        "voices that make a high-harm claim urgent",
        "judgement: one voice is not a spread",
    )
    urgent_hours: Number = Number(
        48, "hours", "age of a group's bucket up to which it is mailed at once", "older ones are in the digest"
    )
    review_digest_rows: Number = Number(
        10, "rows", "alerts named in a digest before the rest is counted", "one screen of mail"
    )
    rematch_days: Number = Number(30, "days", "window that a new claim is matched against", "design, section 2.9")
    matched_days: Number = Number(90, "days", "a matched post's text and vector are kept", "design, section 2.9")
    youtube_days: Number = Number(
        30,
        "days",
        "a YouTube post's words are kept after YouTube last said that it is public",
        "YouTube API Services Developer Policies: refresh or delete within 30 days",
    )
    linkedin_hours: Number = Number(
        48, "hours", "words of an imported LinkedIn post are kept", "LinkedIn's rule for member activity (design, 2.9)"
    )
    aggregate_months: Number = Number(24, "months", "alerts and account metrics are kept", "design, section 2.9")
    audit_years: Number = Number(6, "years", "the ledger, reviews and sent mails are kept", "design, section 2.9")
    canary_days: Number = Number(7, "days", "our own canary posts are kept", "a week shows when the way was broken")
    canary_hours: Number = Number(
        2, "hours", "a canary that has not reached the outbox by then is lost", "two hourly runs"
    )
    missed_minutes: Number = Number(
        90, "minutes", "without a run of the hourly flow, a schedule was missed", "one hour and a slow run"
    )
    check_hours: Number = Number(
        26, "hours", "without a data check, the nightly flow is missing", "a night and two hours"
    )
    lease_seconds: Number = Number(
        900,
        "seconds",
        "how long a shard or a mail stays leased",
        "DATA may take 600 s (reliability note, section 3)",
    )
    send_attempts: Number = Number(
        3, "tries", "tries at an unknown SMTP outcome before a person is told", "reliability note, section 3"
    )
    deferred_attempts: Number = Number(
        12,
        "tries",
        "tries at a mail that the relay put off, over about two days",
        "RFC 5321 4.5.4.1: 4-5 days at most",
    )
    shard_posts: Number = Number(512, "posts", "posts screened in one transaction", "memory stays flat")
    shards: Number = Number(2, "tasks", "mapped screening tasks of one run", "the reference machine has two cores")

    def __getitem__(self, name: str) -> float:
        number: Number = getattr(self, name)
        return number.value

    @property
    def version(self) -> str:
        """A 12-digit name of all values; every match and alert carries it."""
        values = ",".join(f"{entry.name}={self[entry.name]!r}" for entry in fields(self))
        return hashlib.sha256(values.encode()).hexdigest()[:12]


POLICY = Policy()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (default: this process's), with paths made absolute."""
    env = dict(os.environ if environment is None else environment)
    home = Path(env.get("AUSCULT_HOME") or ROOT / ".auscult").expanduser().resolve()
    return Settings(
        home=home,
        practice_file=_path(env, "AUSCULT_PRACTICE", home / "practice.yaml"),
        listening_file=_path(env, "AUSCULT_LISTENING", home / "auscult.yaml"),
        claims_folder=_path(env, "AUSCULT_CLAIMS", ROOT / "claims_db" / "claims"),
        models_folder=_path(env, "AUSCULT_MODELS", home / "models"),
        erasures_file=_path(env, "AUSCULT_ERASURES", home / "erasures.jsonl"),
        database_url=env.get("AUSCULT_DATABASE_URL") or None,
        author_key=env.get("AUSCULT_AUTHOR_KEY") or _key_file(home),
        runtime=env.get("AUSCULT_RUNTIME") or "",
        environment=env,
    )


def _path(env: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(env[name]).expanduser().resolve() if env.get(name) else default


def _key_file(home: Path) -> str | None:
    # The demo and the first `auscult up` write one here, readable by its owner alone and ignored by git.
    path = home / "author.key"
    return path.read_text().strip() if path.is_file() else None
