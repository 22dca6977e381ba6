"""An alert as it was stored beside the same alert recomputed: line by line, and one verdict. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.alerting.alert import Alert

# Scores are stored with four digits: what is further apart is another score.
TOLERANCE = 1e-6

# same: as stored. erased: what it was made of is lawfully gone. other: made by another version than today's.
# unknown: it could not be recomputed. differs: it was, and is not as stored.
Finding = Literal["same", "erased", "other", "unknown", "differs"]
Verdict = Literal["same", "rest_same", "erased", "not_replayed", "differs"]
Value = str | float | int | None

# The fingerprint of all that a post is screened with: it stands for what has lines of its own as well.
ALL_TOGETHER = "models, policy and practice file"
JUDGED_AGAIN = "computed before judged"
_SCORES = ("p_match", "promotes", "p_mention")
_COUNTS = ("window_posts", "window_voices", "expected", "growth", "chance")
_VERDICTS = {
    "same": "The same: scores, counts, severity and reasons of {kept} posts are as stored.",
    "rest_same": "The same as far as it is kept: {gone} of {posts} posts are erased or past their retention.",
    "erased": "Nothing is left to judge: the {posts} posts are erased or past their retention, with all made of them.",
    "not_replayed": "Not judged anew.",
    "differs": "Differs in {parts}.",
}
# What is said of a part that is other than it was, or unknown.
_OTHERS = {
    "claim": "{stored} is not stored any more.",
    **dict.fromkeys(("encoder", "reader", "stance"), "{stored} is not installed."),
    "policy": "What policy {stored} said is not stored; unknown, and today's instead: {numbers}.",
    "vectors": "Stored vectors are missing, or are not those that the encoder makes here.",
    JUDGED_AGAIN: "Posts were judged again after the alert was last computed: `auscult alert` brings it up to date.",
    ALL_TOGETHER: "The practice file, or a model that has no line of its own, has changed since.",
}
# Claims named before the rest is counted.
_NAMED = 5


@dataclass(frozen=True)
class Line:
    """One part of an alert; `difference` is of numbers, None where there is nothing to subtract."""

    part: str
    stored: Value
    recomputed: Value
    finding: Finding
    difference: float | None = None


@dataclass(frozen=True)
class Replay:
    """The whole comparison; `words` is the verdict in one line."""

    alert_key: str
    verdict: Verdict
    words: str
    lines: tuple[Line, ...]


def compare_values(part: str, stored: Value, recomputed: Value) -> Line:
    """A line for two values: numbers are the same within TOLERANCE, anything else where they are equal."""
    if isinstance(stored, int | float) and isinstance(recomputed, int | float):
        difference = abs(float(stored) - float(recomputed))
        return Line(part, stored, recomputed, "same" if difference <= TOLERANCE else "differs", difference)
    return Line(part, stored, recomputed, "same" if stored == recomputed else "differs")


def compare_alerts(
    stored: Mapping[str, Any], kept: Alert | None, recomputed: Alert | None, *, erased: bool, judged: bool
) -> list[Line]:
    """A line for each score of the best post, for the counts, the severity and the reasons of an alert.

    `stored` is its row; `kept` is made of the stored rows of the posts that still exist, `recomputed` of the same posts
    judged anew; where they could not be (`judged`), scores are unknown. Where something was `erased`, a difference to
    the row that both agree about comes of that.
    """
    was, rest, now = _told(stored), _told(_row(kept)), _told(_row(recomputed))
    lines = []
    for part, value in was.items():
        line = compare_values(part, value, now.get(part))
        if part in {*_SCORES, "score", "terms"} and not judged:
            line = Line(part, value, None, "unknown")
        elif erased and line.finding == "differs" and rest.get(part) == now.get(part):
            line = replace(line, finding="erased")
        lines.append(line)
    return lines


def decide_verdict(lines: Sequence[Line], posts_left: int) -> Verdict:
    """The worst of the findings; what is `other` alone changes nothing."""
    found = {line.finding for line in lines}
    if "differs" in found:
        return "differs"
    if "erased" in found and not posts_left:
        return "erased"
    if "unknown" in found:
        return "not_replayed"
    return "rest_same" if "erased" in found else "same"


def conclude(
    stored: Mapping[str, Any], lines: Sequence[Line], kept: int, claims_gone: Sequence[str], numbers: Sequence[str]
) -> Replay:
    """The verdict on an alert (`stored` is its row) of which `kept` posts are left, and why it may be what it is.

    `claims_gone` are claims that it was judged beside; `numbers` are those of the policy that were read to judge it.
    """
    verdict = decide_verdict(lines, kept)
    parts = ", ".join(line.part for line in lines if line.finding == "differs")
    words = [
        _VERDICTS[verdict].format(posts=stored["posts"], gone=max(0, stored["posts"] - kept), kept=kept, parts=parts)
    ]
    if stored["resolution"] == "withdrawn":
        words.append("It was withdrawn: its posts no longer make a group, and are no longer tied to it.")
    if claims_gone:
        named = ", ".join(claims_gone[:_NAMED])
        words.append(f"Claims that it was judged beside are not stored: {named} ({len(claims_gone)} in all).")
    other = [line for line in lines if line.finding in {"other", "unknown"} and line.part in _OTHERS]
    apart = {line.part for line in other} - {ALL_TOGETHER, JUDGED_AGAIN}
    told = [line for line in other if line.part != ALL_TOGETHER or not apart]
    words += [_OTHERS[line.part].format(stored=line.stored, numbers=", ".join(sorted(numbers))) for line in told]
    return Replay(stored["alert_key"], verdict, " ".join(words), tuple(lines))


def _row(alert: Alert | None) -> Mapping[str, Any]:
    if alert is None:
        return {"posts": 0, "voices": 0, "severity": None, "reason": None, "evidence": {}}
    told = {name: getattr(alert, name) for name in ("posts", "voices", "severity", "evidence")}
    return told | {"reason": ",".join(alert.reasons)}


def _told(row: Mapping[str, Any]) -> dict[str, Value]:
    evidence = row["evidence"]
    told: dict[str, Value] = {name: evidence[name] for name in (*_SCORES, *_COUNTS) if name in evidence}
    if told.get("p_match") is not None and told.get("promotes") is not None:
        told["score"] = round(evidence["p_match"] * evidence["promotes"], 4)
    if "terms" in evidence:
        told["terms"] = ", ".join(evidence["terms"])
    return told | {
        "posts": row["posts"],
        "voices": row["voices"],
        "severity": row["severity"],
        "reasons": row["reason"],
    }
