"""The top and the foot of the digest: one number and one sentence each, what was held back, the noise budget. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipeline.alerting.digest import NOT_READ, Coverage, DigestCounts, TrendSection
from pipeline.alerting.notices import Noise
from pipeline.alerting.wording import count, listed, moment, platform_name

# What triage calls the tone of a mention, and the word for it here; any other tone is neither.
GOOD, BAD = "positive", "negative"

# How a sentence tells of a source that is read, and not in full.
INCOMPLETE = {"partial": "read in part", "rate_limited": "made to wait", "exhausted": "quota exhausted"}

# Why an alert was not told at once, in the order of the mail. What is not here needs no line.
HELD = {
    "silenced": "{} silenced by a person",
    "inhibited": "{} told as part of a larger alert",
    "cap": "{} over your daily limit of mails",
    "out_of_hours": "{} waiting for business hours",
    "waiting": "{} waiting to be told with others",
    "acknowledged": "{} acknowledged, so not told again",
    "stale": "{} too old to be mailed at once",
}


@dataclass(frozen=True)
class TopLine:
    """One line of the top: a number, what it counts and more about it; `alarming` asks for a second look."""

    number: str
    words: str
    alarming: bool = False


def top_lines(
    needed: int,
    counts: DigestCounts,
    coverage: Sequence[Coverage],
    zone: ZoneInfo,
    rising: TrendSection,
    falling: TrendSection,
) -> tuple[TopLine, ...]:
    """Needs you today, rising, falling, mentions good and bad, coverage: a number and a sentence each."""
    needs = "thing needs you today." if needed == 1 else "things need you today, the worst first."
    return (
        TopLine(f"{needed:,}", needs if needed else "Nothing needs you today.", needed > 0),
        _trend_line(rising, "rising", "Nothing is rising beyond what is usual."),
        _trend_line(falling, "falling", "Nothing is falling below what is usual."),
        _mentions_line(counts),
        _coverage_line(coverage, zone),
    )


def held_lines(held: Mapping[str, int]) -> str:
    """What was not told at once, by reason, as one sentence; empty where nothing was held back."""
    parts = [words.format(f"{held[why]:,}") for why, words in HELD.items() if held.get(why)]
    return f"Not mailed to you at once: {listed(parts)}." if parts else ""


def noise_line(noise: Noise | None) -> str:
    """The noise budget against what was sent."""
    if noise is None:
        return ""
    limit = f"you want {noise.weekly_limit:,} at most"
    sent = f"{count(noise.sent_this_week, 'urgent mail')} in the last seven days"
    if noise.sent_this_week <= noise.weekly_limit:
        return f"Noise budget: {sent}; {limit}."
    over = noise.sent_this_week - noise.weekly_limit
    return f"Noise budget exceeded by {over:,}: {sent}; {limit}. Silence or route what you do not need."


def _trend_line(section: TrendSection, word: str, nothing: str) -> TopLine:
    total = len(section.shown) + section.rest
    if not section.shown:
        return TopLine("0", nothing)
    first = section.shown[0]
    most = "" if total == 1 else ", most of all"
    return TopLine(f"{total:,}", f"{word}{most} {first.said} ({first.size}).")


def _mentions_line(counts: DigestCounts) -> TopLine:
    if not counts.mentions:
        return TopLine("0", "Nobody mentioned the practice in what was read.")
    noun = "post mentions the practice" if counts.mentions == 1 else "posts mention the practice"
    good, bad = counts.tones.get(GOOD, 0), counts.tones.get(BAD, 0)
    neither = sum(counts.tones.values()) - good - bad
    unjudged = max(counts.mentions - good - bad - neither, 0)
    if unjudged == counts.mentions:
        return TopLine(f"{counts.mentions:,}", f"{noun}; good or bad is not judged yet.")
    parts = [f"{good:,} good", f"{bad:,} bad"]
    parts += [f"{neither:,} neither"] if neither else []
    parts += [f"{unjudged:,} not judged yet"] if unjudged else []
    return TopLine(f"{counts.mentions:,}", f"{noun}: {listed(parts)}.")


def _coverage_line(coverage: Sequence[Coverage], zone: ZoneInfo) -> TopLine:
    """Like 9/10 and "sources complete; YouTube quota exhausted from Mon 12 Oct 14:00"; what is off counts for none."""
    if not coverage:
        return TopLine("0", "No source is set up, so this says nothing about what people wrote.", True)
    on = [source for source in coverage if source.state != "off"]
    behind = [source for source in on if source.state != "ok"]
    told = ["sources complete" if len(on) != 1 else "source complete"]
    for source in behind:
        if source.state not in NOT_READ:
            since = f" from {moment(source.since_at, zone)}" if source.since_at else ""
            told.append(f"{platform_name(source.source)} {INCOMPLETE[source.state]}{since}")
    words = "; ".join(told) + "."
    if silent := [platform_name(source.source) for source in coverage if source.state in NOT_READ]:
        verb = "was" if len(silent) == 1 else "were"
        words += f" {listed(silent)} {verb} not read, so we do not know what was written there."
    return TopLine(f"{len(on) - len(behind):,}/{len(on):,}", words, bool(behind))
