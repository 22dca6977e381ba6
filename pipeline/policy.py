"""The policy: every number that decides something, with its unit, its meaning and its evidence."""

import hashlib
from dataclasses import dataclass, fields


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
    calibration_labels: Number = Number(
        40,
        "reviews",
        "of a source or claim before its threshold is fitted to them",
        "below it hardly anything is proven",
    )
    calibration_recent: Number = Number(
        10, "reviews", "the newest ones, which are compared with older ones of like score", "docs/reviews.md: drift"
    )
    calibration_days: Number = Number(180, "days", "reviews older than this teach no more", "half a year of drift")
    calibration_step: Number = Number(
        0.10, "p_match x promotes", "a larger change waits for a person; 0: every change does", "the operator's choice"
    )
    calibration_lowest: Number = Number(
        0.40, "p_match x promotes", "no fitted threshold is lower", "the operator's choice"
    )
    calibration_highest: Number = Number(
        0.70, "p_match x promotes", "a higher one waits for a person", "the operator's choice: raising it misses posts"
    )
    wrong_share: Number = Number(
        0.50, "share of alerts", "unproven alerts of which surely fewer are right begin at a higher score", "judgement"
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
        0.03,
        "p_mention",
        "below it a name is taken for another's",
        "models/cards/resolver.md: 13 of 100 unclear posts lie below",
    )
    mention_sure: Number = Number(
        0.50, "p_mention", "from here on the practice is meant; below it a person looks", "models/cards/resolver.md"
    )
    urgent_sure: Number = Number(
        0.90,
        "p_urgent",
        "below it what only the model takes for urgent waits for the digest",
        "models/cards/triage.md: from here on 3 of 100 routine posts of a new writer are taken for urgent, not 10",
    )
    life_sure: Number = Number(
        0.70,
        "p_urgent",
        "the same for danger to life",
        "models/cards/triage.md: from here on .85 of a new writer's dangers are told at once, not .89",
    )
    alert_bucket_hours: Number = Number(
        24, "hours", "length of the time bucket of an alert group", "one mail a day and claim at most"
    )
    historical_days: Number = Number(
        7, "days", "a post older than this when first stored raises no mail", "design, section 5"
    )
    urgent_voices: Number = Number(
        3, "distinct authors", "voices that make a high-harm claim urgent", "judgement: one voice is not a spread"
    )
    wide_platforms: Number = Number(
        3, "platforms", "make a claim of medium harm a matter of the day", "judgement: it has left its bubble"
    )
    urgent_hours: Number = Number(
        48, "hours", "age of a group's bucket up to which it is mailed at once", "older ones are in the digest"
    )
    grown_factor: Number = Number(
        2, "times", "an alert whose posts grew by this since it was told is told again", "judgement: twice is news"
    )
    same_subject_days: Number = Number(
        7,
        "days",
        "after a person took on an alert, another time bucket of its subject is told only where it is worse or grew",
        "90 days of the demo's traffic: without it one claim a week is told three times",
    )
    quiet_days: Number = Number(
        7,
        "days",
        "an alert whose bucket is older and that did not change for so long is resolved as quiet",
        "judgement: a week nobody had to act on; incident tools close theirs after days too",
    )
    link_days: Number = Number(
        14,
        "days",
        "a link to the page of an alert works",
        "judgement: a fortnight's leave; then the newest mail has one",
    )
    service_seconds: Number = Number(
        60,
        "seconds",
        "how long a service may take to answer, after which its answer counts as lost",
        "chat services answer within seconds; less makes doubles; well below lease_seconds",
    )
    narrative_days: Number = Number(
        14,
        "days",
        "posts stored so lately are sorted into narratives",
        "judgement: a story that pauses for longer is a new one; unmatched posts live 30 days",
    )
    narrative_chance: Number = Number(
        0.14,
        "chance",
        "mean chance that two wordings of one narrative tell one story",
        "development set: F1 .54; .12 to .16 are level (docs/narratives.md)",
    )
    narrative_posts: Number = Number(3, "posts", "fewer make no narrative", "judgement")
    narrative_voices: Number = Number(
        2, "distinct authors", "fewer make no narrative", "one account that repeats itself is not a story"
    )
    narrative_reply_words: Number = Number(
        8, "words", "a reply so short follows the post that it answers", "judgement: alone it says nothing"
    )
    narrative_wordings: Number = Number(
        5000,
        "wordings",
        "newest wordings compared at once, for each group of platforms",
        "12 million pairs: 10 s on two cores and 430 MB",
    )
    surge_hours: Number = Number(24, "hours", "the stretch that is compared with its baseline", "one day, every hour")
    surge_days: Number = Number(
        21,
        "days",
        "the baseline before it",
        "three whole weeks; with the next it fits the 30 days in which a changed claim is rematched",
    )
    surge_lasts_days: Number = Number(6, "days", "what surges for longer is the new normal", "see surge_days")
    surge_heard_days: Number = Number(
        7, "days", "a source heard for less of the baseline is left out", "a whole week, or its rhythm is unknown"
    )
    surge_chance: Number = Number(
        3e-5,
        "chance",
        "a surge is less likely than this by the baseline",
        "simulated, 9,600 subject-weeks: 0.3 false surges a week for 200 quiet subjects (a post a day or fewer), 1.1 "
        "for 200 of all kinds (docs/narratives.md)",
    )
    story_chance: Number = Number(
        0.001,
        "chance",
        "a narrative younger than its baseline surges where it is less likely than this",
        "it is tested once in its life, not every day of the year",
    )
    surge_posts: Number = Number(5, "posts", "fewer make no surge", "judgement: a handful is no wave")
    surge_voices: Number = Number(3, "distinct authors", "fewer make no surge", "see urgent_voices")
    trend_chance: Number = Number(
        0.005,
        "chance",
        "rising or falling in the digest: less likely than this by the baseline",
        "one in 200 by chance",
    )
    surge_spread: Number = Number(
        2.0, "variance / mean", "expected of a subject that has too few posts to tell", "see surge_chance"
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
    small_cell_voices: Number = Number(
        5, "distinct authors", "analysts see no count behind which there are fewer", "the usual least cell of registers"
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
