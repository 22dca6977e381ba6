"""What the digest says of people's verdicts: how many alerts were right, and what the thresholds learned. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.metrics import share_interval
from pipeline.alerting.wording import clean, count

# Verdicts of so many days are counted.
PRECISION_DAYS = 30


@dataclass(frozen=True)
class Fit:
    """Thresholds that were fitted to reviews: precision before and after (None: unknown), alerts gained and lost.

    `beyond` says why a person must apply it; empty where it was applied.
    """

    version: int
    precision_before: float | None
    precision_after: float | None
    gained: int
    lost: int
    beyond: str = ""


@dataclass(frozen=True)
class Learned:
    """Alerts that people judged in PRECISION_DAYS and how many were right, and what became of the thresholds.

    `applied` since the last digest; `back_to` is where somebody went back to (empty: nobody did); `waiting` for a
    person.
    """

    judged: int = 0
    right: int = 0
    applied: Sequence[Fit] = ()
    back_to: str = ""
    waiting: Fit | None = None


def learning_lines(learned: Learned | None) -> tuple[str, ...]:
    """A sentence each: realised precision, thresholds that moved, and those that wait for a person."""
    if learned is None:
        return ()
    lines = [_precision_line(learned)]
    lines += [f"Your verdicts moved the thresholds (version {fit.version}): {_change(fit)}." for fit in learned.applied]
    if learned.back_to:
        lines.append(f"The thresholds went back to {learned.back_to}.")
    if learned.waiting:
        told = learned.waiting
        lines.append(
            f"Your verdicts suggest other thresholds (version {told.version}): {_change(told)}. They wait for a "
            f"person, because {clean(told.beyond, 200)}."
        )
    return tuple(lines)


def _precision_line(learned: Learned) -> str:
    if not learned.judged:
        return f"Nobody judged an alert in the last {PRECISION_DAYS} days: right or wrong, on the page, teaches it."
    low, high = share_interval(learned.right, learned.judged)
    share = learned.right / learned.judged
    return (
        f"Of {count(learned.judged, 'alert')} that people judged in the last {PRECISION_DAYS} days, {learned.right:,} "
        f"{'was' if learned.right == 1 else 'were'} right: {share:.0%} (between {low:.0%} and {high:.0%})."
    )


def _change(fit: Fit) -> str:
    moved = f"{count(fit.gained, 'alert')} more and {fit.lost:,} fewer in the last weeks"
    if fit.precision_before is None or fit.precision_after is None:
        return moved
    return f"{fit.precision_after:.0%} of alerts right instead of {fit.precision_before:.0%}, {moved}"
