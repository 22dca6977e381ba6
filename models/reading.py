"""From posts to candidates that were read: passages, the nearest claims, and what the reader says of the pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from models.cross_encoder import Logits, PairReader, related_odds
from models.encoder import Encoder
from models.gate import Gate
from models.matcher import SPARSE_WEIGHT, Candidates, ClaimIndex, nearest_claims
from models.passages import Passage, split_passages
from models.stance import StancePair

Positions = NDArray[np.int64]
Vectors = NDArray[np.float32]
Odds = NDArray[np.float64]


@dataclass(frozen=True)
class Reach:
    """How far reading goes: `top` claims a post, not below `floor`, nor more than `behind` under the post's best.

    `floor` and `behind` are in units of Candidates.similarity; `sparse_weight` is the weight of word overlap in it.
    Where there is a `gate`, only what it gives `least_chance` is read.
    """

    top: int = 10
    floor: float = 0.0
    behind: float = 1.0
    sparse_weight: float = SPARSE_WEIGHT
    gate: Gate | None = None
    least_chance: float = 0.0


@dataclass(frozen=True)
class Finding:
    """Candidates of posts (rows) by falling similarity, and which of them are worth reading.

    `passage` (posts, top) says which of `passages`, with the words `cut`, each candidate was found in; `texts` are the
    passages of the best candidates, one a post; `near` (posts, top) are those within reach.
    """

    found: Candidates
    passage: Positions
    passages: list[Passage]
    cut: list[str] = field(repr=False)
    texts: list[str] = field(repr=False)
    near: NDArray[np.bool_]


@dataclass(frozen=True)
class Reading(Finding):
    """A finding, and what was read of it.

    `pairs` were read, with `logits` (pairs, 5), and stand at `places` (post, rank); `related` (posts, top) are the
    reader's log-odds, NaN where it did not read.
    """

    places: list[tuple[int, int]]
    pairs: list[StancePair] = field(repr=False)
    logits: Logits
    related: Odds


def find_candidates(
    texts: Sequence[str],
    vectors: Vectors,
    index: ClaimIndex,
    encoder: Encoder,
    reach: Reach,
    searched: Sequence[str] | None = None,
) -> Finding:
    """Find the candidates of each text, and which of them are worth reading.

    `vectors` (texts, d) are those of the texts, or of `searched`, which retrieval reads where it differs; a long text
    is read in passages, encoded here.
    """
    asked = texts if searched is None else searched
    split = [split_passages(text) for text in texts]
    owner = np.array([post for post, own in enumerate(split) for _ in own], dtype=np.int64)
    passages = [passage for own in split for passage in own]
    cut = [texts[post][one.start : one.end] for post, one in zip(owner, passages, strict=True)]
    long = [number for number, post in enumerate(owner) if len(split[post]) > 1]
    sought = [asked[post] if len(split[post]) == 1 else text for post, text in zip(owner, cut, strict=True)]
    rows = vectors[owner]
    if long:
        rows[long] = encoder.encode([cut[number] for number in long])
    found, passage = _of_posts(nearest_claims(index, rows, sought, reach.top, reach.sparse_weight), owner, len(texts))
    best = [cut[number] for number in passage[:, 0]] if passage.shape[1] else list(texts)
    near = found.similarity >= np.maximum(reach.floor, found.similarity[:, :1] - reach.behind)
    if reach.gate:
        near &= np.round(reach.gate.chances(found, best), 4) >= reach.least_chance
    return Finding(found, passage, passages, cut, best, near)


def read_candidates(
    texts: Sequence[str],
    vectors: Vectors,
    index: ClaimIndex,
    encoder: Encoder,
    reader: PairReader,
    reach: Reach,
    searched: Sequence[str] | None = None,
) -> Reading:
    """`find_candidates`, and what the reader says of those within reach."""
    return read_finding(find_candidates(texts, vectors, index, encoder, reach, searched), index, reader)


def read_finding(own: Finding, index: ClaimIndex, reader: PairReader) -> Reading:
    """What the reader says of the candidates that are near."""
    places = [(int(post), int(rank)) for post, rank in zip(*np.nonzero(own.near), strict=True)]
    pairs = [_pair(index, own.found, place, own.cut[own.passage[place]]) for place in places]
    logits = reader.read(pairs)
    related = np.full(own.found.similarity.shape, np.nan)
    related[own.near] = related_odds(logits)
    return Reading(**vars(own), places=places, pairs=pairs, logits=logits, related=related)


def _pair(index: ClaimIndex, found: Candidates, place: tuple[int, int], text: str) -> StancePair:
    position = int(found.claim[place])
    claim = index.wordings[index.starts[position]][1]
    wording = index.wordings[found.wording[place]][1]
    return StancePair(claim, index.claims[position].correction, text, wording if wording != claim else "")


def _of_posts(found: Candidates, owner: Positions, posts: int) -> tuple[Candidates, Positions]:
    # Each claim keeps the passage that is nearest to it; a post of one passage stays as it is.
    if len(owner) == posts:
        return found, np.repeat(np.arange(posts)[:, None], found.claim.shape[1], axis=1)
    rows, columns = [], []
    for post in range(posts):
        own = np.flatnonzero(owner == post)
        places = [(int(row), rank) for row in own for rank in range(found.claim.shape[1])]
        places.sort(key=lambda place: (-found.similarity[place], place))
        best = {int(found.claim[place]): place for place in reversed(places)}
        ranked = sorted(best.values(), key=lambda place: (-found.similarity[place], place))[: found.claim.shape[1]]
        rows.append([row for row, _ in ranked])
        columns.append([rank for _, rank in ranked])
    at = np.array(rows, dtype=np.int64).reshape(posts, -1), np.array(columns, dtype=np.int64).reshape(posts, -1)
    taken = Candidates(**{entry.name: getattr(found, entry.name)[at] for entry in fields(found)})
    return taken, at[0]
