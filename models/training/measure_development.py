"""Print the development figures of docs/matching.md: `python -m models.training.measure_development`."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.encoder import Encoder, load_encoder
from models.match_probability import LogisticMatch, MatchProbability, load_match_probability
from models.matcher import Candidates, ClaimIndex, nearest_claims
from models.metrics import calibration_error, ranked_precision
from models.stance import StanceClassifier, StancePair, load_stance
from models.training.examples import SeedClaim, clef, column, research_folder, seed_claims
from models.training.fit_match_probability import index_of, training_rows

# As in pipeline/config.py, which models may not read; tests/screening/test_matching.py holds the two equal.
MATCH_FLOOR, ALERT_MATCH, ALERT_PROMOTES = 0.30, 0.50, 0.50


def main() -> int:
    """Measure retrieval, calibration, stance and the two together; says so and stops where the sets are absent."""
    folder = research_folder()
    if folder is None:
        print("skipped: AUSCULT_RESEARCH_DATA names no folder with the research sets", file=sys.stderr)
        return 0
    encoder, probability, stance = load_encoder(), load_match_probability(), load_stance()
    _measure_clef(encoder, folder)
    seed = seed_claims(folder)
    _measure_seed(encoder, probability, stance, seed)
    _measure_ordinary(encoder, probability, stance, seed, folder)
    _measure_calibration(encoder, probability, folder)
    return 0


def _measure_clef(encoder: Encoder, folder: Path) -> None:
    index: ClaimIndex | None = None
    for split in ("dev", "train"):
        for stripped in (False, True):
            found = clef(folder, split, stripped=stripped)
            index = index or index_of(encoder, found.claims)
            ranked = nearest_claims(index, encoder.encode(found.posts), found.posts, 5).claim
            scores = [ranked_precision(row.tolist(), gold) for row, gold in zip(ranked, found.gold, strict=True)]
            first = np.mean([row[0] in gold for row, gold in zip(ranked, found.gold, strict=True)])
            name = "stripped" if stripped else "raw"
            print(f"CLEF {split} {name}: MAP@5 {np.mean(scores):.3f}, first {first:.3f}, posts {len(scores)}")


def _measure_seed(
    encoder: Encoder, probability: MatchProbability, stance: StanceClassifier, seed: Sequence[SeedClaim]
) -> None:
    for rich in (True, False):
        outcomes: list[tuple[str, bool, bool, str]] = []
        whole = index_of(encoder, [claim.text(rich=rich) for claim in seed])
        about = [(kind, text, n) for n, claim in enumerate(seed) for kind, text in claim.about]
        outcomes += _outcomes(encoder, probability, stance, seed, whole, about)
        for without in range(3):
            index = index_of(encoder, [claim.text(rich=rich, without=without) for claim in seed])
            held_out = [("variant held out", claim.paraphrases[without], n) for n, claim in enumerate(seed)]
            outcomes += _outcomes(encoder, probability, stance, seed, index, held_out)
        for kind in dict.fromkeys(kind for kind, *_ in outcomes):
            rows = [row for row in outcomes if row[0] == kind]
            decisions = dict(sorted(Counter(row[3] for row in rows).items()))
            first, five = np.mean([row[1] for row in rows]), np.mean([row[2] for row in rows])
            print(
                f"seed {'rich' if rich else 'bare'}, {kind}: texts {len(rows)}, first {first:.3f}, in five {five:.3f}, "
                f"decided {decisions}"
            )


def _outcomes(
    encoder: Encoder,
    probability: MatchProbability,
    stance: StanceClassifier,
    seed: Sequence[SeedClaim],
    index: ClaimIndex,
    about: Sequence[tuple[str, str, int]],
) -> list[tuple[str, bool, bool, str]]:
    # (kind, own claim first, own claim among five, decision over all candidates)
    texts = [text for _, text, _ in about]
    found = nearest_claims(index, encoder.encode(texts), texts, 10)
    decided = _decisions(probability, stance, seed, index, found, texts)
    return [
        (kind, bool(row[0] == own), own in row[:5], decision)
        for (kind, _, own), row, decision in zip(about, found.claim.tolist(), decided, strict=True)
    ]


def _decisions(
    probability: MatchProbability,
    stance: StanceClassifier,
    seed: Sequence[SeedClaim],
    index: ClaimIndex,
    found: Candidates,
    texts: Sequence[str],
) -> list[str]:
    chances = probability.estimate(found, texts)
    decided: list[str] = []
    for post, text in enumerate(texts):
        verdicts = {"none"}
        for rank in np.flatnonzero(chances[post] >= MATCH_FLOOR):
            claim = seed[found.claim[post, rank]]
            wording = index.wordings[found.wording[post, rank]][1]
            score = stance.classify([StancePair(claim.claim, claim.correction, text, wording)])[0]
            verdicts.add(_verdict(float(chances[post, rank]), score.promotes, score.stance))
        decided.append(next(v for v in ("alert", "review", "counted", "none") if v in verdicts))
    return decided


def _verdict(chance: float, promotes: float, stance: str) -> str:
    if stance != "promotes":
        return "counted"
    return "alert" if promotes >= ALERT_PROMOTES and chance >= ALERT_MATCH else "review"


def _measure_ordinary(
    encoder: Encoder,
    probability: MatchProbability,
    stance: StanceClassifier,
    seed: Sequence[SeedClaim],
    folder: Path,
) -> None:
    # Never trained on, and not labelled: some of these posts do repeat a claim.
    index = index_of(encoder, [claim.text() for claim in seed])
    data = folder
    sets = {
        "disease tweets": column(data / "cw_cure" / "tweets.tsv", "text", every=3),
        "tweets about papers": column(data / "ct25_4b_science_tweets" / "dev.tsv", "text"),
        "posts of health forums": column(data / "reddit_health" / "health_misinfo_reddit.tsv", "text", every=2),
    }
    for name, texts in sets.items():
        found = nearest_claims(index, encoder.encode(texts), texts, 10)
        decided = Counter(_decisions(probability, stance, seed, index, found, texts))
        shares = {verdict: f"{count / len(texts):.4f}" for verdict, count in sorted(decided.items())}
        print(f"ordinary, {name}: posts {len(texts)}, decided {shares}")


def _measure_calibration(encoder: Encoder, probability: LogisticMatch, folder: Path) -> None:
    chances, labels = [], []
    for part in training_rows(encoder, folder, held_out=True):
        own = probability.of_features(part.features)
        chances.append(own)
        labels.append(part.labels)
        right, wrong = own[part.labels == 1], own[part.labels == 0]
        text = f"held out, {part.name}: rows {len(own)}, ECE {calibration_error(own, part.labels):.3f}"
        text += f", matches at .3 {np.mean(right >= 0.3):.3f}, at .5 {np.mean(right >= 0.5):.3f}" if len(right) else ""
        print(f"{text}, others at .3 {np.mean(wrong >= 0.3):.4f}, at .5 {np.mean(wrong >= 0.5):.4f}")
    everything = calibration_error(np.concatenate(chances), np.concatenate(labels))
    print(f"held out, all: rows {sum(map(len, labels))}, ECE {everything:.3f}")


if __name__ == "__main__":
    sys.exit(main())
