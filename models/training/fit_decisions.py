"""Fit what turns scores into decisions, on development data: the gate, p_match, stance and the promise's pools.

Run as `python -m models.training.fit_decisions` (AUSCULT_RESEARCH_DATA must name the research sets). Deterministic. The
test split is not read. Figures are of five folds by post: what is said of a post was fitted without it.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import load_cross_encoder
from models.encoder import load_encoder
from models.gate import FEATURES as GATE_FEATURES
from models.gate import WEIGHTS as GATE_WEIGHTS
from models.gate import gate_features, load_gate
from models.match_probability import FEATURES as MATCH_FEATURES
from models.match_probability import WEIGHTS as MATCH_WEIGHTS
from models.match_probability import LogisticMatch
from models.metrics import average_precision, calibration_error, macro_f1
from models.promise import LEAST_LABELS
from models.promise import WEIGHTS as PROMISE_WEIGHTS
from models.stance import STANCES
from models.trained_stance import FEATURES as STANCE_FEATURES
from models.trained_stance import WEIGHTS as STANCE_WEIGHTS
from models.trained_stance import TrainedStance
from models.training.corpus import ORDINARY, corpus_claims
from models.training.development import (
    UNKNOWN,
    UNRELATED,
    Examples,
    bench_of,
    clef_examples,
    near_claims,
    ordinary_examples,
    real_examples,
    written_examples,
)
from models.training.examples import research_folder
from models.training.fits import fit_logistic, fit_multinomial, fit_ranking

FOLDS = 5
# Chosen by log loss over the folds among 0.1, 1 and 10.
PENALTY = 1.0
# The fit of the order: what a set weighs, CLEF three times, because its claims are many and are what others are
# measured on; chosen over the folds among 1, 3 and 6, the penalty among 1 and 10.
RANKING_SAY, CLEF_SAY, RANKING_PENALTY = 300.0, 3.0, 10.0
# There are few real related posts, and they are what the written ones stand for. Over the folds a say of 2 left
# p(promotes) of real posts .177 off, 4 leaves .105 and chance alone .08; macro-F1 of written posts falls by .025.
REAL_SAY = 4.0
# What a stream is taken to hold when the promise is computed: posts that promote a claim, posts that are about one all
# the same, and ordinary ones. Where fewer promote, a promise needs a higher score.
STREAM = {"promotes": 0.05, "related": 0.05, "ordinary": 0.90}
# The products' sources that the development sets stand for.
SOURCES = {"covid_vax": "x", "ct22": "x", "cw_cure": "x", "ct25": "x", "vaxmyths": "reddit"}
# Scores below this cannot alarm; they are not shipped.
LEAST_SCORE = 0.3
# What the gate is to foresee, and from what chance on it lets a candidate through; both stand in the policy too.
MATCH_FLOOR, READ_CHANCE = 0.30, 0.05

Floats = NDArray[np.float64]
# p_match and order (posts, top), and stance probabilities (posts, top, 4).
Said = tuple[Floats, Floats, Floats]


def fold_of(key: str) -> int:
    """The fold of a post: all its candidates, in every set, fall into one."""
    return hashlib.sha256(key.encode()).digest()[0] % FOLDS


class Fits:
    """The three regressions fitted on the posts for which `keep` holds."""

    def __init__(self, sets: Sequence[Examples], keep: Callable[[str], bool]) -> None:
        match, labels, weights, stance, kinds, says, ranked = [], [], [], [], [], [], []
        for part in sets:
            kept, known = np.array([keep(key) for key in part.keys]), part.labels != UNKNOWN
            rows, related = kept[:, None] & known, part.labels != UNRELATED
            # Ordinary posts hold few right claims, and were read less deep than the product ranks.
            if part.name not in ORDINARY:
                clef_say = CLEF_SAY if part.name.startswith("clef") else 1.0
                ranked.append((part.match[kept], (related & known)[kept], RANKING_SAY * clef_say))
            match.append(part.match[rows])
            labels.append(related[rows].astype(float))
            # Every set has one say, however many posts it has.
            weights.append(np.full(rows.sum(), 1000 / max(1, rows.sum())))
            if not part.name.startswith("clef"):
                told = rows & related
                stance.append(part.stance[told])
                kinds.append(np.array([STANCES.index(label) for label in part.labels[told]], dtype=np.int64))
                says.append(np.full(told.sum(), 1.0 if part.name.startswith("written") else REAL_SAY))
        say = np.concatenate(says)
        self.match = fit_logistic(np.concatenate(match), np.concatenate(labels), np.concatenate(weights), PENALTY)
        self.ranking = fit_ranking(ranked, RANKING_PENALTY)
        self.stance = fit_multinomial(np.concatenate(stance), np.concatenate(kinds), say, PENALTY)

    def chances(self, part: Examples) -> Said:
        """p_match and what to order by (posts, top), and stance probabilities (posts, top, 4)."""
        shape = part.labels.shape
        stance = TrainedStance("", *self.stance).of_features(part.stance.reshape(-1, len(STANCE_FEATURES)))
        fitted = LogisticMatch("", self.match[0].tolist(), self.match[1], self.ranking.tolist())
        return fitted.of_features(part.match), fitted.order_of(part.match), stance.reshape(*shape, 4)


def out_of_fold(sets: Sequence[Examples]) -> list[Said]:
    """p_match, order and stance of every candidate, said by the fit that did not see its post."""

    def without(fold: int) -> Callable[[str], bool]:
        return lambda key: fold_of(key) != fold

    fits = [Fits(sets, without(fold)) for fold in range(FOLDS)]
    found = []
    for part in sets:
        match, order, stance = (np.zeros((*part.labels.shape, *more)) for more in ((), (), (4,)))
        folds = np.array([fold_of(key) for key in part.keys])
        for fold, fit in enumerate(fits):
            own = folds == fold
            match[own], order[own], stance[own] = (said[own] for said in fit.chances(part))
        found.append((match, order, stance))
    return found


def describe(part: Examples, match: Floats, order: Floats, stance: Floats) -> str:
    """One line of figures about a set."""
    ranked = np.take_along_axis(np.array(part.claims), np.argsort(-order, axis=1, kind="stable"), axis=1)
    has = np.array([bool(gold) for gold in part.gold])
    hit = (ranked == np.array(part.gold)[:, None]) & has[:, None]
    known = part.labels != UNKNOWN
    related = known & (part.labels != UNRELATED)
    text = f"{part.name}: {len(part.keys)} posts, p_match ECE {calibration_error(match[known], related[known]):.3f}"
    if has.any():
        text += f", right first {hit[has, 0].mean():.3f}, in five {hit[has, :5].any(1).mean():.3f}"
    promotes = known & (part.labels == "promotes")
    if promotes.any():
        score = match * stance[..., 0]
        guess = np.array(STANCES)[stance.argmax(-1)]
        text += f", promotes AP {average_precision(score[known], promotes[known]):.3f} of {promotes.sum()}"
        text += f" (related only {average_precision(stance[..., 0][related], promotes[related]):.3f})"
        text += f", stance F1 {macro_f1(list(guess[related]), list(part.labels[related]), STANCES):.3f}"
        text += f", promotes ECE {calibration_error(stance[..., 0][related], promotes[related]):.3f}"
    return text


def main() -> int:
    """Read the development sets, fit, print the figures of the folds and write the three files of weights."""
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    sets = development_sets(folder)
    folds = out_of_fold(sets)
    for part, said in zip(sets, folds, strict=True):
        print(describe(part, *said), flush=True)
    fits = Fits(sets, lambda _: True)
    PROMISE_WEIGHTS.write_text(json.dumps({"pools": promise_pools(sets, folds)}, separators=(",", ":")) + "\n")
    reader = load_cross_encoder().reader_id
    fit_gate(sets, fits, reader)
    found = {"features": list(MATCH_FEATURES), "weights": _short(fits.match[0]), "intercept": _short(fits.match[1])}
    _write(MATCH_WEIGHTS, "probability_id", "logistic", {"fitted_on": reader, **found, "ranking": _short(fits.ranking)})
    found = {"features": list(STANCE_FEATURES), "weights": _short(fits.stance[0])}
    _write(STANCE_WEIGHTS, "stance_id", "trained", {"fitted_on": reader, **found, "intercepts": _short(fits.stance[1])})
    return 0


def promise_pools(sets: Sequence[Examples], folds: Sequence[Said]) -> dict[str, list[list[float]]]:
    """Labelled scores of all posts, by source and by claim: rows of score, whether it promotes, and weight.

    Named as in models.promise.Promise. A claim has a pool where enough of its scores are labelled. A row is a candidate
    that may alarm. Weights make the posts of a pool the STREAM, whatever the sets' sizes.
    """
    rows: dict[str, list[tuple[float, bool, str]]] = {"": []}
    posts: dict[tuple[str, str], set[str]] = {}
    for part, (match, _, stance) in zip(sets, folds, strict=True):
        if part.name.startswith("clef") or part.name.endswith("bare claims"):
            continue
        scores = match * stance[..., 0]
        for number, key in enumerate(part.keys):
            labels = set(part.labels[number].tolist()) - {UNKNOWN}
            ordinary = part.name in ORDINARY
            about = not ordinary or bool(labels - {UNRELATED})
            kind = "promotes" if "promotes" in labels else "related" if about else "ordinary"
            source = SOURCES.get(part.name if ordinary else key.split(":")[0], "written")
            for pool in ("", source):
                posts.setdefault((pool, kind), set()).add(f"{part.name}/{key}")
            for score, label, claim in zip(scores[number], part.labels[number], part.claims[number], strict=True):
                if score >= LEAST_SCORE and label != UNKNOWN:
                    for pool in ("", source, f"claim:{claim}"):
                        rows.setdefault(pool, []).append((round(float(score), 4), label == "promotes", kind))
    found = {}
    for pool, own in rows.items():
        # A claim's scores weigh as they do among all.
        say = "" if pool.startswith("claim:") else pool
        weight = {kind: STREAM[kind] / max(1, len(posts.get((say, kind), ()))) for kind in STREAM}
        enough = len(own) >= LEAST_LABELS if say != pool else bool(pool == "" or posts.get((pool, "ordinary")))
        # Without ordinary posts a source's pool says nothing of false alarms.
        if enough:
            found[pool] = [[score, float(right), weight[kind]] for score, right, kind in sorted(own)]
    return found


def fit_gate(sets: Sequence[Examples], fits: Fits, reader: str) -> None:
    """Fit and write the gate: which candidates become a match by `fits`, once they are read; print what it keeps."""
    inputs = [gate_features(part.match).reshape(-1, len(GATE_FEATURES)) for part in sets]
    matches = [fits.chances(part)[0].ravel() >= MATCH_FLOOR for part in sets]
    weights = [np.full(len(own), 1000 / len(own)) for own in inputs]
    labels = np.concatenate(matches).astype(float)
    found = fit_logistic(np.concatenate(inputs), labels, np.concatenate(weights), PENALTY)
    told = {"features": list(GATE_FEATURES), "weights": _short(found[0]), "intercept": _short(found[1])}
    _write(GATE_WEIGHTS, "gate_id", "gate", {"fitted_on": reader, **told})
    gate = load_gate()
    for part, match in zip(sets, matches, strict=True):
        let = np.round(gate.of_features(part.match), 4) >= READ_CHANCE
        posts = len(part.keys)
        print(
            f"{part.name}: the gate reads {let.sum() / posts:.2f} of {let.size / posts:.0f} candidates a post "
            f"and keeps {let.ravel()[match].mean():.3f} of {match.sum()} matches"
        )


def development_sets(folder: Path) -> list[Examples]:
    """All development sets, read with the claims as the product knows them and with their sentences alone."""
    encoder, reader, claims = load_encoder(), load_cross_encoder(), corpus_claims()
    near = near_claims(encoder, claims)
    rich, plain = bench_of(encoder, reader, claims), bench_of(encoder, reader, [claim.bare() for claim in claims])
    return [
        written_examples(rich, "development", near, "written"),
        written_examples(plain, "development", near, "written, bare claims"),
        real_examples(rich, folder, "development", "real"),
        real_examples(plain, folder, "development", "real, bare claims"),
        *ordinary_examples(rich, folder, "development"),
        clef_examples(encoder, reader, folder, "train", stripped=True),
    ]


def _short(values: Floats | float) -> object:
    return np.round(values, 4).tolist()


def _write(path: Path, name: str, kind: str, stored: dict[str, object]) -> None:
    digest = hashlib.sha256(json.dumps(stored).encode()).hexdigest()[:8]
    path.write_text(json.dumps({name: f"{kind}-{digest}", **stored}, indent=2) + "\n")
    print(f"wrote {path.name}: {kind}-{digest}")


if __name__ == "__main__":
    sys.exit(main())
