"""The pairs that the cross-encoder is trained on: claim, correction, post, relation; of the training split only."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.cross_encoder import RELATIONS
from models.encoder import Encoder
from models.folding import fold_text
from models.matcher import ClaimText, build_index, claim_field_texts, nearest_claims
from models.training.corpus import (
    claim_splits,
    corpus_claims,
    corpus_true_neighbours,
    post_claims,
    real_posts,
    set_texts,
    written_posts,
)
from models.training.development import near_claims
from models.training.examples import table

# Claims that a written post is read against beside its own: the nearest ones, and one drawn at random.
HARD_OTHERS, SEARCHED = 4, 14
COMMENTS = 400
# There are few real related pairs, and they are what the written ones stand for.
REAL_WEIGHT = 4.0
CONTRAST_WEIGHT = 1.5
# Cosine at which a claim written for a post counts as one that is held back for measuring.
HELD_LIKENESS = 0.75
NLI_SETS = ("nli_conj", "nli_scone", "nli_negation", "perspectrum", "fever_symmetric")
NLI_LABELS = {"entail": 0, "contradict": 1, "neutral": 2}


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One example. `relation` is an index into RELATIONS, or into NLI_LABELS where `inference`; `weight` its say."""

    claim: str
    correction: str
    variants: tuple[str, ...]
    post: str = field(repr=False)
    relation: int
    weight: float
    inference: bool = False


def inference_pairs(folder: Path) -> list[TrainingPair]:
    """Inference pairs (does the text entail the claim?) of the sets whose terms allow shipped weights."""
    found = []
    for name in NLI_SETS:
        for row in table(folder / name / "pairs.tsv"):
            if row["label"] in NLI_LABELS:
                found.append(TrainingPair(row["hypothesis"], "", (), row["text"], NLI_LABELS[row["label"]], 1.0, True))
    return found


def claim_pairs(folder: Path, encoder: Encoder, seed: int = 5) -> list[TrainingPair]:
    """Posts with claims of the training split: written, real, the claims' own texts, and NHS comments about none."""
    chance = random.Random(seed)
    claims = {claim.claim_id: claim for claim in corpus_claims()}
    splits = claim_splits()
    training = {name: claim for name, claim in claims.items() if splits[name] == "training"}
    pairs = [*_written(encoder, training, chance), *_real(folder, training), *_own_texts(training)]
    pairs += _comments(folder, encoder, training, chance)
    chance.shuffle(pairs)
    return pairs


def contrast_pairs(folder: Path, encoder: Encoder) -> list[TrainingPair]:
    """Training posts with claims that were written for each of them, one for each of several relations.

    Claims that say nearly the same as one of the development or test split are left out: those must stay unseen.
    """
    texts = {("written", post.post_id): post.text for post in written_posts("training")}
    found = []
    for source, key, claim, relation in post_claims():
        post = texts[source, key] if source == "written" else set_texts(folder, source)[key]
        found.append(_contrast(claim, post, relation, 1.0 if source == "written" else CONTRAST_WEIGHT))
    return _unseen(found, encoder)


def _contrast(claim: str, post: str, relation: str, weight: float) -> TrainingPair:
    return TrainingPair(claim, "", (), fold_text(post), RELATIONS.index(relation), weight)


def _unseen(pairs: Sequence[TrainingPair], encoder: Encoder) -> list[TrainingPair]:
    splits = claim_splits()
    held = [text for claim in corpus_claims() if splits[claim.claim_id] != "training" for _, text in claim.fields]
    alike = (encoder.encode([pair.claim for pair in pairs]) @ encoder.encode(held).T).max(axis=1)
    return [pair for pair, near in zip(pairs, alike, strict=True) if near < HELD_LIKENESS]


def _written(encoder: Encoder, claims: Mapping[str, ClaimText], chance: random.Random) -> Iterator[TrainingPair]:
    posts = written_posts("training")
    near = near_claims(encoder, list(claims.values()))
    ids = list(claims)
    ranked = _nearest(encoder, list(claims.values()), [post.text for post in posts], SEARCHED)
    for post, names in zip(posts, ranked, strict=True):
        yield _pair(claims[post.claim_id], post.text, post.stance, 1.0)
        apart = [name for name in names if name != post.claim_id and name not in near[post.claim_id]]
        for name in (*apart[:HARD_OTHERS], chance.choice(ids)):
            if name != post.claim_id and name not in near[post.claim_id]:
                yield _pair(claims[name], post.text, "unrelated", 0.6)


def _real(folder: Path, claims: Mapping[str, ClaimText]) -> Iterator[TrainingPair]:
    for post in real_posts(folder, "training"):
        for name in (name for name in post.candidates if name in claims):
            stance = post.labels.get(name, "unrelated")
            yield _pair(claims[name], post.text, stance, 0.6 if stance == "unrelated" else REAL_WEIGHT)


def _own_texts(claims: Mapping[str, ClaimText]) -> Iterator[TrainingPair]:
    true = corpus_true_neighbours()
    for name, claim in claims.items():
        for kind, text in claim.fields[1:]:
            # The correction is not shown beside itself, or the model would only compare strings.
            yield _pair(claim.bare(), text, "debunks" if kind == "correction" else "promotes", 0.3)
        for text in true[name]:
            yield _pair(claim, text, "neutral", 0.5)


def _comments(
    folder: Path, encoder: Encoder, claims: Mapping[str, ClaimText], chance: random.Random
) -> Iterator[TrainingPair]:
    texts = [row["text"] for row in table(folder / "nhs_patient_feedback" / "phase1_feedback.tsv")]
    taken = chance.sample([text for text in texts if 6 <= len(text.split()) <= 80], COMMENTS)
    for text, names in zip(taken, _nearest(encoder, list(claims.values()), taken, 1), strict=True):
        yield _pair(claims[names[0]], text, "unrelated", 0.3)


def _pair(claim: ClaimText, post: str, relation: str, weight: float) -> TrainingPair:
    fields = dict(claim.fields)
    variants = tuple(text for kind, text in claim.fields if kind == "variant" and text.isascii())
    own = fields["claim"], fields.get("correction", ""), variants
    return TrainingPair(*own, fold_text(post), RELATIONS.index(relation), weight)


def _nearest(encoder: Encoder, claims: Sequence[ClaimText], texts: Sequence[str], top: int) -> list[list[str]]:
    index = build_index(claims, encoder.encode(claim_field_texts(claims)))
    found = nearest_claims(index, encoder.encode(texts), texts, top).claim
    return [[claims[position].claim_id for position in row] for row in found]
