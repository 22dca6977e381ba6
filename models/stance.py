"""Cues of what a post does with the claim it matches: promotes, debunks, questions, or none of these."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models import stance_cues as cues
from models.folding import fold_text, sparse_words

STANCES = ("promotes", "debunks", "questions", "neutral")
# How far a negator reaches, in words; longer reaches deny what stands in the next clause.
REACH = 4
# Share of a claim's words (by group of meaning) that a post must hold to repeat it.
RESTATED_SHARE = 0.6
# Words of the correction that are not the claim's: this many, and more than of the claim's, is the correction's voice.
CORRECTION_WORDS = 4
# Start and steps of the log-odds. With no cue a post is not taken to promote: it goes to review.
BASE = {"promotes": 0.0, "debunks": -0.7, "questions": -1.0, "neutral": -0.2}
STEP = {
    "debunk": 2.6,
    "question": 2.4,
    "satire": 2.6,
    "news": 1.0,
    "promote": 0.9,
    "assert": 0.6,
    "hearsay": 0.9,
    "correction": 1.2,
}
# The ceiling of promotes where something speaks against it: an obvious debunk or question never alarms.
CEILING = 0.45

# Cues are looked for in this much of a post: bounds the time that a hostile one takes for each of its candidates.
READ_CHARACTERS = 16_000

_FIRST_PERSON = frozenset(("i", "i'm", "im", "am", "we", "we're", "were"))
_SENTENCE = re.compile(r"[^.!?\n;]+[.!?;]*")
_CONDITION = re.compile(r"\b(?:if|unless|when)\b[^,;.]*")
_TOKEN = re.compile(r"[\w'’]+")
_CLAUSE = re.compile(r",|\bbut\b|\band\b|\bbecause\b|\bbc\b|\bso\b|\bwhile\b|—|–| - |:")


@dataclass(frozen=True, slots=True)
class StancePair:
    """A post and the claim it matched. `wording` is the claim-side text that matched, where it is not the claim."""

    claim: str
    correction: str
    post: str
    wording: str = ""


@dataclass(frozen=True, slots=True)
class StanceScore:
    """Probabilities that sum to 1, and the names of the cues that fired."""

    promotes: float
    debunks: float
    questions: float
    neutral: float
    cues: tuple[str, ...] = ()

    @property
    def stance(self) -> str:
        """The likeliest stance."""
        return max(("neutral", "questions", "debunks", "promotes"), key=lambda name: float(getattr(self, name)))


class CueStance:
    """Cue rules alone, without training: what the trained model is compared with."""

    def classify(self, pairs: Sequence[StancePair]) -> list[StanceScore]:
        """One score a pair, in order; a score depends on its pair alone."""
        return [_score(found := fired_cues(pair), found) for pair in pairs]


def _score(fired: Sequence[str], names: Sequence[str]) -> StanceScore:
    logits = dict(BASE)
    kinds = [name.split(":")[0] for name in fired]
    for kind, stance in (("debunk", "debunks"), ("question", "questions"), ("satire", "neutral"), ("news", "neutral")):
        logits[stance] += STEP[kind] * min(2, kinds.count(kind)) ** 0.5
    logits["promotes"] += STEP["promote"] * min(3, kinds.count("promote"))
    logits["promotes"] += STEP["assert"] * min(1, kinds.count("assert"))
    logits["neutral"] += STEP["hearsay"] * min(1, kinds.count("hearsay"))
    logits["neutral"] += STEP["correction"] * min(1, kinds.count("correction"))
    powers = {stance: math.exp(logit) for stance, logit in logits.items()}
    shares = {stance: power / sum(powers.values()) for stance, power in powers.items()}
    opposed = {"debunk", "question", "satire", "correction"} & set(kinds) or kinds.count("news") > 1
    if opposed and shares["promotes"] > CEILING:
        rest = 1 - shares["promotes"]
        shares = {s: CEILING if s == "promotes" else share / rest * (1 - CEILING) for s, share in shares.items()}
    return StanceScore(**shares, cues=tuple(names))


def fired_cues(pair: StancePair) -> list[str]:
    """The names of the cues in a post, `kind:what`; kinds are those of STEP."""
    post = fold_text(pair.post[:READ_CHARACTERS]).casefold().replace("’", "'")
    claim = fold_text(pair.claim).casefold().replace("’", "'")
    about = _meanings(claim)
    sentences = _SENTENCE.findall(post)
    fired = [*_polarity(claim, sentences, about), *_debunk_cues(post, claim), *_promote_cues(post, claim, pair.wording)]
    fired += _question_cues(post, sentences)
    fired += _assertions(sentences, about)
    if cues.SATIRE.search(post):
        fired.append("satire:marked")
    fired += ["news:" + match for match in sorted(set(cues.NEWS.findall(post)))[:2]]
    if cues.HEARSAY.search(post):
        fired.append("hearsay:others say so")
    if _speaks_as_correction(post, pair.correction, about):
        fired.append("correction:its words")
    if not cues.QUOTED.search(claim) and _quotes_claim(post, about):
        fired.append("debunk:quotes the claim")
    return list(dict.fromkeys(fired))


def _polarity(claim: str, sentences: Sequence[str], about: frozenset[str]) -> Iterator[str]:
    # What a claim sets as its condition ("if you do not bring it down") is no denial.
    said = [(_meanings(part), bool(_denial(part, about))) for part in _CLAUSE.split(_CONDITION.sub("", claim))]
    stubborn = any(cues.STUBBORN.search(sentence) for sentence in sentences)
    affirmed, denies = [], False
    for sentence in sentences:
        if cues.FIRST_PERSON_DOUBT.search(sentence) and _meanings(sentence) & about:
            yield "debunk:does not believe it"
        for clause in _CLAUSE.split(sentence):
            meanings = _meanings(clause)
            # The part of the claim that this clause speaks of decides what a denial means.
            part, part_denies = max(said, key=lambda entry: len(entry[0] & meanings))
            denial = "" if stubborn else _denial(clause, about, claim)
            if denial:
                denies = True
                agrees = (
                    part_denies or denial == "same" or (denial == "harm" and bool(cues.DISMISSIVE_CLAIM.search(claim)))
                )
                yield "promote:denies with the claim" if agrees else "debunk:denies the claim"
            elif part_denies and len(meanings & part) >= max(2, RESTATED_SHARE * len(part)):
                affirmed.append("debunk:affirms what the claim denies")
    if not denies and not any(cues.SCAM_WORDS.search(sentence) for sentence in sentences):
        yield from affirmed[:1]


def _denial(clause: str, about: frozenset[str], claim: str = "") -> str:
    # "same": in the claim's own words; "harm": of a harm; "claim": of what the claim speaks of; "": none.
    tokens = _TOKEN.findall(clause)
    for place, token in enumerate(tokens):
        if token not in cues.NEGATORS:
            continue
        ahead = tokens[place + 1 : place + 1 + REACH]
        # "I'm not putting that in my child" refuses; it denies nothing.
        refuses = bool(ahead) and ahead[0].endswith("ing") and place > 0 and tokens[place - 1] in _FIRST_PERSON
        if not ahead or refuses or ahead[0] in cues.PSEUDO_NEGATED or _is_advice(tokens, place):
            continue
        if claim and len(ahead) > 1 and " ".join(tokens[place : place + 3]) in claim:
            return "same"
        if set(ahead) & cues.HARMS:
            return "harm"
        if _meanings(" ".join(ahead)) & about or _stems(ahead) & cues.DENIABLE:
            return "claim"
    return ""


def _stems(tokens: Sequence[str]) -> set[str]:
    return {form for token in tokens for form in (token, token.removesuffix("s"), token.removesuffix("d"))}


def _is_advice(tokens: Sequence[str], place: int) -> bool:
    negator = tokens[place] in ("dont", "don't", "never") or tokens[place - 1 : place + 1] == ["do", "not"]
    subject = place > 0 and tokens[place - 1] in ("i", "we", "they", "you", "vaccines", "that", "shots", "which")
    verb = next((token for token in tokens[place + 1 : place + 4] if token in cues.ADVICE_VERBS), "")
    return negator and not subject and bool(verb)


def _debunk_cues(post: str, claim: str) -> Iterator[str]:
    dismissive = bool(cues.DISMISSIVE_CLAIM.search(claim)) or any(
        token in cues.NEGATORS for token in _TOKEN.findall(claim)
    )
    # "You can't tell me that it doesn't" insists; what looks like a denial in it is none.
    denials = () if cues.STUBBORN.search(post) else cues.DEBUNKS.finditer(post)
    for match in denials:
        word = match.group()
        # "A hoax" debunks a cure and promotes "radon is a scare": what the claim dismisses, such words dismiss too.
        if word not in claim and not (dismissive and cues.SCAM_WORDS.search(word)):
            yield f"debunk:{word}"
    if cues.REMEDY_CLAIM.search(claim) and not cues.HARM_CLAIM.search(claim):
        if cues.SCAM_WORDS.search(post):
            yield "debunk:calls the remedy a scam"
        if _advises_against(post):
            yield "debunk:advises against it"


def _promote_cues(post: str, claim: str, wording: str) -> Iterator[str]:
    for match in list(cues.PROMOTES.finditer(post))[:3]:
        yield f"promote:{match.group()}"
    if cues.HARM_CLAIM.search(claim) and not cues.REMEDY_CLAIM.search(claim) and _advises_against(post):
        yield "promote:advises against it"
    if cues.DISMISSIVE_CLAIM.search(claim) and cues.SCAM_WORDS.search(post):
        yield "promote:dismisses it too"
    for name, text in (("the claim", claim), ("a known wording", fold_text(wording).casefold())):
        if _repeats(post, text):
            yield f"promote:repeats {name}"


def _repeats(post: str, text: str) -> bool:
    asked = _meanings(text)
    if not asked or ("only" in text.split() and "only" not in post.split()):
        return False
    plain = [sentence for sentence in _SENTENCE.findall(post) if not cues.HEDGES.search(sentence) or sentence in text]
    said = [_meanings(sentence) for sentence in plain]
    nearby = [one | other for one, other in zip(said, [*said[1:], frozenset[str]()], strict=False)]
    # What a claim says of its subject stands at its end: the subject alone repeats nothing.
    last = list(_ordered_meanings(text))[-1]
    return any(last in near and len(asked & near) >= RESTATED_SHARE * len(asked) for near in nearby)


def _question_cues(post: str, sentences: Sequence[str]) -> Iterator[str]:
    asks = cues.QUESTION_CUES.search(post)
    if cues.RHETORICAL.search(post) and not asks:
        return
    if asks:
        yield "question:asks"
    if any(sentence.endswith("?") for sentence in sentences):
        yield "question:question mark"
    if cues.QUESTION_OPENERS.search(post) or cues.QUESTION_CLAUSE.search(post):
        yield "question:opens as one"


def _assertions(sentences: Sequence[str], about: frozenset[str]) -> Iterator[str]:
    for sentence in sentences:
        found = cues.ASSERTS.search(sentence)
        unsure = cues.HEDGES.search(sentence) or cues.NEGATORS & set(_TOKEN.findall(sentence))
        if found and not unsure and len(_meanings(sentence) & about) >= min(2, len(about)):
            yield f"assert:{found.group().strip()}"


def _advises_against(post: str) -> bool:
    return any(
        _is_advice(tokens, place)
        for sentence in _SENTENCE.findall(post)
        for tokens in [_TOKEN.findall(sentence)]
        for place, token in enumerate(tokens)
        if token in cues.NEGATORS
    )


def _speaks_as_correction(post: str, correction: str, about: frozenset[str]) -> bool:
    said = _meanings(post)
    own = _meanings(correction) - about
    return len(said & own) >= max(CORRECTION_WORDS, len(said & about) + 1)


def _quotes_claim(post: str, about: frozenset[str]) -> bool:
    spans = [match.group(1) or match.group(2) for match in cues.QUOTED.finditer(post)]
    return any(len(_meanings(span) & about) >= 1 and len(post) > 1.3 * len(span) + 10 for span in spans)


def _meanings(text: str) -> frozenset[str]:
    return frozenset(_ordered_meanings(text))


def _ordered_meanings(text: str) -> Iterator[str]:
    return (cues.GROUP_OF.get(word, word[:6]) for word in sparse_words(text) if word not in cues.NEGATORS)
