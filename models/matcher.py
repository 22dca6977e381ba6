"""From post vectors to the nearest claims: cosine to each wording, plus word overlap (BM25)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from models.folding import sparse_words

# What is encoded. Titles and corrections are read for their words only: a title's vector moved MAP@5 on CLEF
# development by less than its interval and costs half as much again at start (docs/matching.md).
DENSE_FIELDS = ("claim", "variant")
SPARSE_WEIGHT = 0.2
# Posts scored at a time: bounds the (posts x claims) arrays to some tens of MB at 14,000 claims.
CHUNK_POSTS = 128

Floats = NDArray[np.float32]
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClaimText:
    """What is written about one claim: (field, text) pairs; fields claim, title, subtitle, variant, correction."""

    claim_id: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, claim_id: str, claim: str, variants: Iterable[str], correction: str) -> "ClaimText":
        """The fields of a claim of the claims database."""
        told = [("variant", variant) for variant in variants]
        return cls(claim_id, (("claim", claim), *told, ("correction", correction)))

    @property
    def correction(self) -> str:
        """What is so instead; "" where nothing is known."""
        return dict(self.fields).get("correction", "")

    def bare(self) -> "ClaimText":
        """The claim with its sentence alone."""
        return ClaimText(self.claim_id, self.fields[:1])


@dataclass(frozen=True)
class ClaimIndex:
    """Claims ready to be searched. Rows of `vectors` are wordings; a claim's rows lie at starts[c]:starts[c + 1]."""

    claims: tuple[ClaimText, ...]
    wordings: tuple[tuple[str, str], ...]
    vectors: Floats
    starts: Positions
    vocabulary: dict[str, int]
    sparse: csr_matrix
    wording_words: tuple[frozenset[str], ...]
    rarity: dict[str, float]


@dataclass(frozen=True)
class Candidates:
    """The best claims of each post, best first; every array has shape (posts, min(top, claims)).

    claim: position in index.claims; similarity: dense + weight * sparse; dense: cosine, half to the claim sentence and
    half to the best wording; sparse: BM25 as a share of the post's best; wording: row of the best wording in
    index.wordings; nearest: cosine to that wording; coverage: share of its words, by rarity, that the post holds.
    """

    claim: Positions
    similarity: Floats
    dense: Floats
    sparse: Floats
    wording: Positions
    nearest: Floats
    coverage: Floats


def claim_field_texts(claims: Sequence[ClaimText]) -> list[str]:
    """The texts that `build_index` wants vectors for, in its order. Raises ValueError for a claim without wording."""
    return [text for _, text in _wordings(claims)]


def build_index(claims: Sequence[ClaimText], vectors: Floats) -> ClaimIndex:
    """An index of `claims`; `vectors` (wordings, d) are unit vectors of `claim_field_texts(claims)`, row by row."""
    wordings = _wordings(claims)
    if len(vectors) != len(wordings):
        raise ValueError(f"{len(wordings)} wordings need as many vectors, not {len(vectors)}")
    counts = [sum(field in DENSE_FIELDS for field, _ in claim.fields) for claim in claims]
    split = [[(field, sparse_words(text)) for field, text in claim.fields] for claim in claims]
    words = [[word for _, own in fields for word in own] for fields in split]
    vocabulary, sparse = _word_scores(words)
    return ClaimIndex(
        claims=tuple(claims),
        wordings=tuple(wordings),
        vectors=np.asarray(vectors, dtype=np.float32),
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        vocabulary=vocabulary,
        sparse=sparse,
        wording_words=tuple(frozenset(own) for fields in split for field, own in fields if field in DENSE_FIELDS),
        rarity=_rarity(words),
    )


def nearest_claims(
    index: ClaimIndex, vectors: Floats, texts: Sequence[str], top: int, sparse_weight: float = SPARSE_WEIGHT
) -> Candidates:
    """The `top` claims for each post; `vectors` (posts, d) unit length, `texts` the same posts as written.

    A post's row does not depend on the other posts. Ties go to the claim that stands first.
    """
    if len(vectors) != len(texts):
        raise ValueError(f"{len(texts)} texts need as many vectors, not {len(vectors)}")
    top = max(0, min(top, len(index.claims)))
    if not top or not len(texts):
        return _no_candidates(len(texts), top)
    chunks = [
        _nearest(
            index,
            vectors[at : at + CHUNK_POSTS],
            [sparse_words(t) for t in texts[at : at + CHUNK_POSTS]],
            top,
            sparse_weight,
        )
        for at in range(0, len(texts), CHUNK_POSTS)
    ]
    return Candidates(*(np.concatenate(parts) for parts in zip(*chunks, strict=True)))


def _wordings(claims: Sequence[ClaimText]) -> list[tuple[str, str]]:
    found = []
    for claim in claims:
        own = [(field, text) for field, text in claim.fields if field in DENSE_FIELDS]
        if not own or own[0][0] != "claim":
            raise ValueError(f"claim {claim.claim_id!r} does not begin with its claim sentence")
        found += own
    return found


def _word_scores(words: Sequence[Sequence[str]]) -> tuple[dict[str, int], csr_matrix]:
    vocabulary: dict[str, int] = {}
    numbers = [[vocabulary.setdefault(word, len(vocabulary)) for word in claim] for claim in words]
    if not vocabulary:
        return {}, csr_matrix((0, len(words)), dtype=np.float32)
    retriever = bm25s.BM25(method="lucene")
    retriever.index((numbers, vocabulary), show_progress=False)
    scores = retriever.scores
    # A word may come back as one more row than we know (bm25s adds the empty word); only our rows are looked up.
    rows = len(scores["indptr"]) - 1
    matrix = csr_matrix((scores["data"], scores["indices"], scores["indptr"]), shape=(rows, len(words)))
    return vocabulary, matrix[: len(vocabulary)]


def _rarity(words: Sequence[Sequence[str]]) -> dict[str, float]:
    holding = Counter(word for claim in words for word in set(claim))
    return {word: float(np.log1p((len(words) - n + 0.5) / (n + 0.5))) for word, n in holding.items()}


def _nearest(
    index: ClaimIndex, vectors: Floats, words: list[list[str]], top: int, weight: float
) -> tuple[NDArray[np.generic], ...]:
    cosines = vectors @ index.vectors.T
    own = cosines[:, index.starts[:-1]]
    dense = (own + np.maximum.reduceat(cosines, index.starts[:-1], axis=1)) / 2
    sparse = _sparse_shares(index, words)
    # Rounded, so that the last bits of a matrix product, which may differ with its shape, do not decide a tie.
    fused: Floats = np.round(dense + weight * sparse, 6).astype(np.float32)
    best = _top_columns(fused, top)
    wording = np.array([[_best_row(index, cosines[row], claim) for claim in best[row]] for row in range(len(best))])
    nearest = np.take_along_axis(cosines, wording, axis=1)
    coverage = np.array(
        [[_coverage(index, at, set(own_words)) for at in row] for row, own_words in zip(wording, words, strict=True)]
    )
    taken = (np.take_along_axis(scores, best, axis=1) for scores in (fused, dense, sparse))
    return best, *taken, wording, nearest, coverage.astype(np.float32)


def _sparse_shares(index: ClaimIndex, words: list[list[str]]) -> Floats:
    numbers = [sorted({index.vocabulary[word] for word in own if word in index.vocabulary}) for own in words]
    ends = np.cumsum([0, *map(len, numbers)])
    flat = np.array([number for own in numbers for number in own], dtype=np.int64)
    asked = csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(words), index.sparse.shape[0]))
    scores: Floats = (asked @ index.sparse).toarray().astype(np.float32)
    scores /= np.maximum(scores.max(axis=1, keepdims=True), 1e-9)
    return scores


def _top_columns(scores: Floats, top: int) -> Positions:
    # A partition would break ties by chance; the threshold keeps all that tie with the last one, then order decides.
    last = -np.partition(-scores, top - 1, axis=1)[:, top - 1]
    rows = []
    for row, threshold in zip(scores, last, strict=True):
        kept = np.flatnonzero(row >= threshold)
        rows.append(kept[np.argsort(-row[kept], kind="stable")][:top])
    return np.array(rows, dtype=np.int64)


def _best_row(index: ClaimIndex, cosines: Floats, claim: int) -> int:
    start, end = index.starts[claim], index.starts[claim + 1]
    return int(start + np.argmax(np.round(cosines[start:end], 6)))


def _coverage(index: ClaimIndex, wording: int, words: set[str]) -> float:
    held = index.wording_words[wording]
    # Sorted: a sum of floats depends on its order, and the order of a set changes from process to process.
    total = sum(index.rarity[word] for word in sorted(held))
    return sum(index.rarity[word] for word in sorted(held & words)) / total if total else 0.0


def _no_candidates(posts: int, top: int) -> Candidates:
    none, zero = np.empty((posts, top), dtype=np.float32), np.empty((posts, top), dtype=np.int64)
    return Candidates(zero, none, none, none, zero, none, none)
