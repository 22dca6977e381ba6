"""CLEF-2022 CheckThat! 2A through the product's own path: which of 14,231 claims comes first."""

from dataclasses import dataclass
from pathlib import Path

from models.metrics import ranked_precision
from models.training.examples import clef
from pipeline.evaluation.measures import Figure, mean_figure
from pipeline.evaluation.peer import ranked_cosines
from pipeline.screening.candidates import judge_candidates
from pipeline.screening.judges import Judge, Models, build_judge

DEPTHS = (1, 5, 10)


@dataclass(frozen=True)
class Ranked:
    """Ranked claim positions of each post, and its gold positions."""

    ranked: tuple[tuple[int, ...], ...]
    gold: tuple[frozenset[int], ...]

    def figures(self) -> list[Figure]:
        """MAP@5 and the share of posts whose gold claim is among the first 1, 5 and 10."""
        pairs = list(zip(self.ranked, self.gold, strict=True))
        found = [mean_figure("MAP@5", [ranked_precision(ranked, gold) for ranked, gold in pairs])]
        for depth in DEPTHS:
            hits = [float(bool(gold & set(ranked[:depth]))) for ranked, gold in pairs]
            found.append(mean_figure(f"R@{depth}", hits))
        return found


def clef_judge(models: Models, folder: Path) -> Judge:
    """A judge over the CLEF claims; encoding them takes most of a minute."""
    return build_judge(models, clef(folder, "dev", stripped=False).claims)


def clef_ranking(judge: Judge, folder: Path, split: str, *, stripped: bool) -> Ranked:
    """The product's ranking of one split; `stripped` removes the signature that gives the author away."""
    posts = clef(folder, split, stripped=stripped)
    judged = judge_candidates(list(posts.posts), judge.models.encoder.encode(posts.posts), judge, floor=0.0)
    return Ranked(tuple(tuple(one.claim for one in own) for own in judged), posts.gold)


def cosine_ranking(judge: Judge, folder: Path, split: str, *, stripped: bool, top: int = 10) -> Ranked:
    """The peers' ranking: the cosine to the claim sentence."""
    posts = clef(folder, split, stripped=stripped)
    _, order = ranked_cosines(posts.posts, judge)
    return Ranked(tuple(tuple(map(int, row[:top])) for row in order), posts.gold)
