"""Fit models/weights/match_probability.json; run as `python -m models.training.fit_match_probability`."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder, load_encoder
from models.match_probability import FEATURES, WEIGHTS, LogisticMatch, match_features
from models.matcher import Candidates, ClaimIndex, ClaimText, build_index, claim_field_texts, nearest_claims
from models.metrics import calibration_error
from models.training.examples import SeedClaim, clef, column, research_folder, seed_claims
from models.training.fits import fit_logistic

DEPTH = 3
# Pull towards no effect; chosen by log loss on the held-out claims among 0.1, 1, 10.
PENALTY = 1.0
# What a written text about a claim is worth as a match: a true neighbour names the same things and claims nothing.
MATCHING_KINDS = ("debunk", "question")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Candidates as training rows: features (n, len(FEATURES)), labels 0 or 1, weights that sum to the set's say."""

    name: str
    features: Floats
    labels: Floats
    weights: Floats


def index_of(encoder: Encoder, claims: Sequence[ClaimText]) -> ClaimIndex:
    """The claims, encoded and indexed."""
    return build_index(claims, encoder.encode(claim_field_texts(claims)))


def seed_rows(encoder: Encoder, seed: Sequence[SeedClaim], *, rich: bool, held_out: bool) -> list[Rows]:
    """Written texts against the seed's claims: paraphrases (each left out of its claim), and texts about a claim.

    Each text is also asked with its own claim taken out of the ranking: then nothing matches.
    """
    whole, gone = [], []
    for without in range(3):
        index = index_of(encoder, [claim.text(rich=rich, without=without) for claim in seed])
        texts = [(c.paraphrases[without], n, 1.0) for n, c in enumerate(seed) if c.held_out == held_out]
        if without == 0:
            full = index_of(encoder, [claim.text(rich=rich) for claim in seed])
            about = [
                (text, n, float(kind in MATCHING_KINDS))
                for n, claim in enumerate(seed)
                for kind, text in claim.about
                if claim.held_out == held_out and kind not in ("news", "satire")
            ]
            whole.append(_label(encoder, full, about))
            gone.append(_label(encoder, full, about, taken_out=True))
        whole.append(_label(encoder, index, texts))
        gone.append(_label(encoder, index, texts, taken_out=True))
    kind = "rich" if rich else "bare"
    return [_joined(f"seed {kind}", whole, 1.0), _joined(f"seed {kind}, own claim taken out", gone, 1.0)]


def ordinary_rows(encoder: Encoder, index: ClaimIndex, name: str, texts: Sequence[str], say: float) -> Rows:
    """Posts that match nothing in the index."""
    return _joined(name, [_label(encoder, index, [(text, -1, 0.0) for text in texts])], say)


def clef_rows(encoder: Encoder, folder: Path, split: str, *, stripped: bool) -> list[Rows]:
    """CLEF tweets against all its claims, and the same tweets with their gold claims taken out."""
    found = clef(folder, split, stripped=stripped)
    index = index_of(encoder, found.claims)
    posts = [(text, min(gold), 1.0) for text, gold in zip(found.posts, found.gold, strict=True)]
    name = f"clef {split}"
    return [
        _joined(name, [_label(encoder, index, posts)], 1.0),
        _joined(f"{name}, gold taken out", [_label(encoder, index, posts, taken_out=True)], 1.0),
    ]


def fit(rows: Sequence[Rows]) -> tuple[Floats, float]:
    """Weights and intercept on the weighted log loss."""
    features = np.concatenate([part.features for part in rows])
    labels = np.concatenate([part.labels for part in rows])
    say = np.concatenate([part.weights for part in rows])
    return fit_logistic(features, labels, say, PENALTY)


def main() -> int:
    """Fit on the training claims and CLEF train, report on the held-out ones, write the weights."""
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    encoder = load_encoder()
    train, held_out = training_rows(encoder, folder, held_out=False), training_rows(encoder, folder, held_out=True)
    weights, intercept = fit(train)
    model = LogisticMatch("", weights.tolist(), intercept)
    for part in held_out:
        print(describe(model, part))
    rounded, rest = [round(float(weight), 4) for weight in weights], round(intercept, 4)
    name = hashlib.sha256(json.dumps([encoder.model_id, rounded, rest]).encode()).hexdigest()[:8]
    stored = {
        "probability_id": f"logistic-{name}",
        "fitted_on": encoder.model_id,
        "features": list(FEATURES),
        "weights": rounded,
        "intercept": rest,
    }
    WEIGHTS.write_text(json.dumps(stored, indent=2) + "\n")
    print(f"wrote {WEIGHTS.name}: {dict(zip(FEATURES, rounded, strict=True))}, intercept {intercept:.4f}")
    return 0


def training_rows(encoder: Encoder, folder: Path, *, held_out: bool) -> list[Rows]:
    """All sets of one side. Ordinary posts: NHS comments (MIT licence) and CLEF tweets against the health claims."""
    seed = seed_claims(folder)
    tweets = clef(folder, "dev" if held_out else "train", stripped=True).posts
    comments = column(folder / "nhs_patient_feedback" / "phase1_feedback.tsv", "text", every=20)
    rows = []
    for rich in (True, False):
        rows += seed_rows(encoder, seed, rich=rich, held_out=held_out)
        index = index_of(encoder, [claim.text(rich=rich) for claim in seed])
        kind = "rich" if rich else "bare"
        rows.append(ordinary_rows(encoder, index, f"tweets against seed {kind}", tweets, 1.0))
        rows.append(ordinary_rows(encoder, index, f"comments against seed {kind}", comments[held_out::2], 1.0))
    return rows + clef_rows(encoder, folder, "dev" if held_out else "train", stripped=True)


def describe(model: LogisticMatch, part: Rows) -> str:
    """One line of figures about a set: rows, share of matches, calibration error, share at or above 0.3 and 0.5."""
    chances = model.of_features(part.features)
    right, wrong = chances[part.labels == 1], chances[part.labels == 0]
    text = f"{part.name}: rows {len(chances)}, ECE {calibration_error(chances, part.labels):.3f}"
    if len(right):
        text += f", matches {len(right)} (>=.3 {np.mean(right >= 0.3):.3f}, >=.5 {np.mean(right >= 0.5):.3f})"
    return text + f", others >=.3 {np.mean(wrong >= 0.3):.4f}, >=.5 {np.mean(wrong >= 0.5):.4f}"


def _label(
    encoder: Encoder, index: ClaimIndex, posts: Sequence[tuple[str, int, float]], *, taken_out: bool = False
) -> tuple[Floats, Floats]:
    texts = [text for text, _, _ in posts]
    found = nearest_claims(index, encoder.encode(texts), texts, DEPTH + 1)
    own = np.array([claim for _, claim, _ in posts])[:, None]
    if taken_out:
        found = _without(found, own)
    found = _each(found, lambda values: values[:, :DEPTH])
    matches = np.array([worth for _, _, worth in posts])[:, None]
    labels = np.where((found.claim == own) & (not taken_out), matches, 0.0)
    return match_features(found, texts).reshape(-1, len(FEATURES)), labels.reshape(-1)


def _without(found: Candidates, own: NDArray[np.int64]) -> Candidates:
    # A stable sort on "is it the own claim" moves it to the end and keeps the order of the rest.
    order = np.argsort(found.claim == own, axis=1, kind="stable")
    return _each(found, lambda values: np.take_along_axis(values, order, axis=1))


def _each(found: Candidates, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Candidates:
    return Candidates(**{entry.name: change(getattr(found, entry.name)) for entry in fields(found)})


def _joined(name: str, parts: Sequence[tuple[Floats, Floats]], say: float) -> Rows:
    features = np.concatenate([features for features, _ in parts])
    labels = np.concatenate([labels for _, labels in parts])
    return Rows(name, features, labels, np.full(len(labels), say))


if __name__ == "__main__":
    sys.exit(main())
