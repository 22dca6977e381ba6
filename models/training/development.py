"""The development sets, read as the product reads them: candidates with their features and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import PairReader
from models.encoder import Encoder
from models.match_probability import match_features
from models.matcher import ClaimIndex, ClaimText, build_index, claim_field_texts
from models.reading import Reach, Reading, read_candidates
from models.stance import fired_cues
from models.trained_stance import stance_features
from models.training.corpus import ORDINARY, Split, ordinary_posts, real_posts, written_posts
from models.training.examples import clef

Floats = NDArray[np.float64]
UNKNOWN, UNRELATED = "?", "unrelated"
# What is read while fitting: more than the product reads, so that its floors can be chosen afterwards.
REACH = Reach(top=10)


@dataclass(frozen=True)
class Examples:
    """Posts with their candidates. `labels` (posts, top) holds a stance, UNRELATED or UNKNOWN.

    `match` (posts, top, features) and `stance` (posts, top, features) are the inputs of the two fits; `claims` the
    candidates' ids; `gold` the claim that each post is about, "" where none is known.
    """

    name: str
    keys: tuple[str, ...]
    claims: tuple[tuple[str, ...], ...]
    similarity: Floats
    match: Floats
    stance: Floats
    labels: NDArray[np.str_]
    gold: tuple[str, ...]
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Bench:
    """Models and an index to read posts with."""

    encoder: Encoder
    reader: PairReader
    index: ClaimIndex

    def read(self, texts: Sequence[str], reach: Reach = REACH) -> Reading:
        """The posts' candidates, read."""
        vectors = self.encoder.encode(texts)
        return read_candidates(texts, vectors, self.index, self.encoder, self.reader, reach)


def bench_of(encoder: Encoder, reader: PairReader, claims: Sequence[ClaimText]) -> Bench:
    """A bench over these claims."""
    return Bench(encoder, reader, build_index(claims, encoder.encode(claim_field_texts(claims))))


def examples(
    name: str, bench: Bench, posts: Sequence[tuple[str, str]], known: Sequence[Mapping[str, str]], gold: Sequence[str],
    *, others: str, top: int = REACH.top,
) -> Examples:  # fmt: skip
    """Read posts, (key, text), and label their candidates by `known` (claim to stance); the rest are `others`."""
    texts = [text for _, text in posts]
    read = bench.read(texts, Reach(top=top))
    shape = read.found.claim.shape
    ids = [[bench.index.claims[position].claim_id for position in row] for row in read.found.claim]
    labels = np.array([[own.get(claim, others) for claim in row] for own, row in zip(known, ids, strict=True)])
    cues = [fired_cues(pair) for pair in read.pairs]
    stances = np.zeros((*shape, stance_features([], np.zeros((0, 5), np.float32)).shape[1]))
    stances[tuple(np.array(read.places).T)] = stance_features(cues, read.logits)
    return Examples(
        name,
        tuple(key for key, _ in posts),
        tuple(map(tuple, ids)),
        read.found.similarity.astype(np.float64),
        match_features(read.found, read.related, read.texts),
        stances,
        labels.reshape(shape).astype(str),
        tuple(gold),
        tuple(texts),
    )


def written_examples(bench: Bench, split: Split, near: Mapping[str, frozenset[str]], name: str) -> Examples:
    """The written posts of a split. Claims that say nearly the same as the post's own (`near`) are left unknown."""
    posts = written_posts(split)
    known = [
        {**dict.fromkeys(near.get(post.claim_id, frozenset()), UNKNOWN), post.claim_id: post.stance} for post in posts
    ]
    keyed = [(post.post_id, post.text) for post in posts]
    return examples(name, bench, keyed, known, [post.claim_id for post in posts], others=UNRELATED)


def real_examples(bench: Bench, folder: Path, split: Split, name: str) -> Examples:
    """The labelled real posts of a split; a claim that the annotators were not shown is unknown."""
    posts = real_posts(folder, split)
    known = [{claim: post.labels.get(claim, UNRELATED) for claim in post.candidates} for post in posts]
    keyed = [(f"{post.source}:{post.key}", post.text) for post in posts]
    return examples(name, bench, keyed, known, [post.best or "" for post in posts], others=UNKNOWN)


def ordinary_examples(bench: Bench, folder: Path, split: Split) -> list[Examples]:
    """Ordinary health posts; the nearest to a claim are labelled, the rest is taken as unrelated."""
    found = []
    for name in ORDINARY:
        posts = ordinary_posts(folder, name, split)
        keyed, known = [(key, text) for key, text, _ in posts], [labels for *_, labels in posts]
        found.append(examples(name, bench, keyed, known, [""] * len(posts), others=UNRELATED, top=4))
    return found


def clef_examples(encoder: Encoder, reader: PairReader, folder: Path, split: str, *, stripped: bool) -> Examples:
    """CLEF tweets against its claims; gold claims are related in a way that is not known ("neutral")."""
    found = clef(folder, split, stripped=stripped)
    bench = bench_of(encoder, reader, found.claims)
    ids = [claim.claim_id for claim in found.claims]
    known = [{ids[position]: "neutral" for position in gold} for gold in found.gold]
    posts = [(str(number), text) for number, text in enumerate(found.posts)]
    gold = [ids[min(own)] for own in found.gold]
    return examples(f"clef {split}{' stripped' if stripped else ''}", bench, posts, known, gold, others=UNRELATED)


def near_claims(encoder: Encoder, claims: Sequence[ClaimText], least: float = 0.62) -> dict[str, frozenset[str]]:
    """For each claim the others whose sentence is at least this similar (cosine): a post may well be about both."""
    vectors = encoder.encode([claim.fields[0][1] for claim in claims])
    alike = vectors @ vectors.T >= least
    ids = np.array([claim.claim_id for claim in claims])
    return {name: frozenset(ids[row].tolist()) - {name} for name, row in zip(ids.tolist(), alike, strict=True)}
