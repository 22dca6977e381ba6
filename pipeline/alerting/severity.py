"""How urgent a group of posts is: one published table, and the names of the rows that decided."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.alerting.alert import Alert, Kind, Severity
from pipeline.config import Policy

LEVELS: tuple[Severity, ...] = ("normal", "high", "urgent")
RANKS: dict[str, int] = {level: rank for rank, level in enumerate(LEVELS)}
# Prefixes of a mention's category: of what cannot wait, its urgency follows; of a post of our own, the guard's verdict.
URGENT, OWN_POST = "urgent:", "own_post:"
# Values of a mention's urgency that ask for nothing before the digest.
UNHURRIED = frozenset({"routine"})
# The cue of an urgency that no known words say, only the model; and the kind that is told at once when less sure.
READ, LIFE = "reading", "danger_to_life"


@dataclass(frozen=True)
class GroupFacts:
    """What the table may look at: urgency, harm, tone, distinct voices, reach (platforms) and speed of growth.

    `negative_voices` are the voices of posts whose tone is known to be negative, `growth` posts over those expected,
    `doubtful`: no post of the group is surely urgent. `own_post` is what the guard stopped among our own posts.
    """

    kind: Kind
    voices: int
    harm: str | None = None
    urgency: str | None = None
    doubtful: bool = False
    negative_voices: int = 0
    posts_naming_practice: int = 0
    historical: bool = False
    platforms: int = 1
    growth: float | None = None
    own_post: bool = False


@dataclass(frozen=True)
class Row:
    """One row: its reason (a slug), the level it gives, what it means in a mail, and when it applies."""

    reason: str
    level: Severity
    meaning: str
    applies: Callable[[GroupFacts, Policy], bool]


# The claim can do harm and is on several platforms already, so that an answer amplifies little.
WIDE = "harm_medium_wide"
# Only the model takes the mention for urgent, and not surely.
DOUBTFUL = "may_not_wait"

TABLE = (
    Row(
        "own_post",
        "urgent",
        "a post of the practice itself may disclose a patient or spread a false claim",
        lambda group, policy: group.own_post,
    ),
    Row(
        "urgent_mention",
        "urgent",
        "a post names the practice and cannot wait",
        lambda group, policy: is_urgent(group.urgency) and not group.doubtful,
    ),
    Row(
        "harm_high_spreading",
        "urgent",
        "the claim can do serious harm and several people spread it",
        lambda group, policy: group.harm == "high" and group.voices >= policy["urgent_voices"],
    ),
    Row(
        "surge_of_harm",
        "urgent",
        "a claim that can do serious harm is told far more often than usual",
        lambda group, policy: group.kind == "surge" and group.harm == "high",
    ),
    Row(
        "surge_against_us",
        "urgent",
        "far more people than usual speak badly of the practice",
        lambda group, policy: group.kind == "surge" and group.negative_voices >= policy["urgent_voices"],
    ),
    Row(
        DOUBTFUL,
        "high",
        "a post names the practice and may not be able to wait",
        lambda group, policy: is_urgent(group.urgency) and group.doubtful,
    ),
    Row("harm_high", "high", "the claim can do serious harm", lambda group, policy: group.harm == "high"),
    Row(
        "harm_medium_spreading",
        "high",
        "the claim can do harm and several people spread it",
        lambda group, policy: group.harm == "medium" and group.voices >= policy["urgent_voices"],
    ),
    Row(
        WIDE,
        "high",
        "the claim can do harm and is told on several platforms",
        lambda group, policy: group.harm == "medium" and group.platforms >= policy["wide_platforms"],
    ),
    Row(
        "surge",
        "high",
        "it is told far more often than usual",
        lambda group, policy: group.kind == "surge" and (group.harm is not None or group.posts_naming_practice > 0),
    ),
    Row(
        "negative_spreading",
        "high",
        "several people speak badly of the practice",
        lambda group, policy: group.negative_voices >= policy["urgent_voices"],
    ),
    Row(
        "claim_promoted",
        "normal",
        "a known false claim is spread",
        lambda group, policy: group.kind == "misinformation",
    ),
    Row(
        "surge_elsewhere",
        "normal",
        "a story spreads that is about no known claim and does not name the practice",
        lambda group, policy: group.kind == "surge",
    ),
    Row("practice_named", "normal", "the practice is named", lambda group, policy: group.kind == "mention"),
)

# Raises the level by one, once: the claim is told together with the practice's own name.
NAMES_PRACTICE = "names_practice"
# Explain, and change no level.
HISTORICAL, CLAIM_UNKNOWN = "historical", "claim_unknown"

MEANINGS = {row.reason: row.meaning for row in TABLE} | {
    NAMES_PRACTICE: "a post that spreads it also names the practice",
    HISTORICAL: "all posts were old when they were first read",
    CLAIM_UNKNOWN: "the claim is no longer in the claims database",
}


def decide_severity(group: GroupFacts, policy: Policy) -> tuple[Severity, tuple[str, ...]]:
    """The highest level of the rows that apply, raised where the practice is named, with the deciding reasons.

    A field that is None or 0 adds nothing.
    """
    rows = [row for row in TABLE if row.applies(group, policy)]
    level = max(LEVELS.index(row.level) for row in rows)
    reasons = [row.reason for row in rows if row.level == LEVELS[level]]
    of_claim = group.kind == "misinformation" or (group.kind == "surge" and group.harm is not None)
    if of_claim and group.posts_naming_practice:
        level = min(level + 1, len(LEVELS) - 1)
        reasons.append(NAMES_PRACTICE)
    if group.kind == "misinformation" and group.harm is None:
        reasons.append(CLAIM_UNKNOWN)
    if group.historical:
        reasons.append(HISTORICAL)
    return LEVELS[level], tuple(reasons)


def is_urgent(urgency: str | None) -> bool:
    """Whether a mention's urgency asks for a person at once."""
    return urgency is not None and urgency not in UNHURRIED


def is_own_post(alert: Alert) -> bool:
    """Whether it is about what the guard found in the practice's own posts, which only the owner is told."""
    return alert.kind == "mention" and (alert.category or "").startswith(OWN_POST)
