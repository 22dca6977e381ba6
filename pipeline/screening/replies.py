"""What a public reply of the practice may not say: each finding names the phrase, the rule and the rule's source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from models.replies import RULES as READ_RULES
from models.replies import Reading, ReplyModel, load_replies
from pipeline.config import Settings, read_settings
from pipeline.screening.candidates import Judged, judge_candidates
from pipeline.screening.judges import Judge, Models, build_judge, claim_text, load_models, runtime_of
from pipeline.screening.reply_rules import agrees, find_wordings, rule_sources

Verdict = Literal["ok", "refused"]
Rule = Literal[
    "confirms_patient",
    "visit_detail",
    "treatment_detail",
    "staff_patient_detail",
    "admits_fault",
    "argues",
    "individual_advice",
    "contradicts_correction",
    "too_long",
]
RULES: tuple[Rule, ...] = get_args(Rule)
# A claim is named as a finding's source from this p_match on; the score of promoting it weighs in the chance, and from
# PROMOTED_FROM on refuses by itself: one of 329 safe drafts of unread writers (card).
NAMED_FROM, PROMOTED_FROM = 0.3, 0.5

_CLAIM_RULE: Rule = "contradicts_correction"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a draft may not say: the rule, the phrase as it stands in the draft, and where the rule comes from."""

    rule: Rule
    phrase: str
    source: str


@dataclass(frozen=True, slots=True)
class Linted:
    """What the linter says of a draft: refused where there is a finding. `chance` is the model's that it should be."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    chance: float


@dataclass(frozen=True)
class Linter:
    """What drafts are read with; `corrections` says by claim id where its correction comes from."""

    model: ReplyModel
    judge: Judge
    corrections: Mapping[str, str]


def load_linter(
    claims: Sequence[Mapping[str, Any]], settings: Settings | None = None, *, models: Models | None = None
) -> Linter:
    """A linter over entries of the claims database (`pipeline.claims_entries`); `models` are loaded where not given.

    Raises ConfigError for a runtime that there is not, and where int8 on this machine is too far from float32.
    """
    settings = settings or read_settings()
    judge = claims_judge(claims, models or load_models(settings))
    model = load_replies(runtime_of(settings), settings.models_folder)
    return Linter(model, judge, {entry["claim_id"]: _correction_source(entry) for entry in claims})


def claims_judge(claims: Sequence[Mapping[str, Any]], models: Models) -> Judge:
    """What finds the claim that a draft is about, over entries of the claims database."""
    near = {entry["claim_id"]: entry["true_neighbours"] for entry in claims}
    return build_judge(models, [claim_text(entry) for entry in claims], near)


def lint_reply(text: str, in_reply_to: str = "", *, linter: Linter) -> Linted:
    """Lint one draft; `in_reply_to` is the post that it answers, which helps to find the claim it is about.

    The draft is refused where it says what is sure to break a rule, where the model takes it for likely enough, where
    it promotes a claim of the database, and where it is too long to be read whole. Linear in its length.
    """
    reading = linter.model.read(text)
    claim = find_promoted(text, in_reply_to, linter.judge)
    chance = linter.model.chance(reading, claim.score if claim else 0.0)
    findings = [Finding(rule, text[start:end], rule_sources()[rule]) for rule, start, end in find_wordings(text)]
    if claim and reading.sentences and claim.score >= PROMOTED_FROM:
        said = reading.sentences[int(reading.odds[:, READ_RULES.index(_CLAIM_RULE)].argmax())]
        findings.append(Finding(_CLAIM_RULE, text[said.start : said.end], _source(_CLAIM_RULE, claim, linter)))
    if chance >= linter.model.refused_from:
        findings += _read_findings(text, reading, claim, linter, known={one.rule for one in findings})
    if not reading.is_whole:
        findings.append(Finding("too_long", text[reading.sentences[-1].end :].strip(), rule_sources()["too_long"]))
    return Linted("refused" if findings else "ok", tuple(dict.fromkeys(findings)), round(chance, 4))


def find_promoted(text: str, in_reply_to: str, judge: Judge) -> Judged | None:
    """The claim that a draft likeliest promotes: alone, or where it agrees in words, with the post that it answers."""
    texts = [text]
    if in_reply_to and agrees(text):
        texts += [in_reply_to, f"{in_reply_to}\n{text}"]
    judged = judge_candidates(texts, judge.models.encoder.encode(texts), judge, floor=NAMED_FROM)
    return max((one for found in judged for one in found), key=lambda one: one.score, default=None)


def _read_findings(
    text: str, reading: Reading, claim: Judged | None, linter: Linter, known: set[Rule]
) -> Iterator[Finding]:
    """What the model found: every sentence that could not stand alone, or else the worst one.

    `known` are the rules that were found to be broken before: the worst sentence need not say so again.
    """
    chances = linter.model.sentence_chances(reading)
    worst = int(chances.argmax())
    for place, sentence in enumerate(reading.sentences):
        alone = chances[place] >= linter.model.refused_from
        if alone or place == worst:
            rules = [rule for rule in _broken(reading, place) if alone or rule not in known]
            phrase = text[sentence.start : sentence.end]
            yield from (Finding(rule, phrase, _source(rule, claim, linter)) for rule in rules)


def _broken(reading: Reading, place: int) -> list[Rule]:
    """The rules that a sentence more likely breaks than not, or else the likeliest."""
    odds = reading.odds[place, : len(READ_RULES)]
    return [RULES[rule] for rule in range(len(odds)) if odds[rule] > 0] or [RULES[int(odds.argmax())]]


def _source(rule: Rule, claim: Judged | None, linter: Linter) -> str:
    source = rule_sources()[rule]
    if rule != _CLAIM_RULE or claim is None:
        return source
    return f"{source}: claim {claim.claim_id}, corrected by {linter.corrections[claim.claim_id]}"


def _correction_source(entry: Mapping[str, Any]) -> str:
    """The first source of a correction whose address was followed, or else the first."""
    sources = sorted(entry["evidence"], key=lambda one: one["verified"] is not True)
    return f"{sources[0]['publisher']}, {sources[0]['address']}" if sources else "the claims database"
