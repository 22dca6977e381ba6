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
# Posts scored at a time, and (posts x wordings) entries: bounds what is held at once to some tens of MB. With a million
# wordings it is hundreds, for fewer posts than LEAST_POSTS would each read all vectors from memory.
CHUNK_POSTS, CHUNK_ENTRIES, LEAST_POSTS = 128, 2_000_000, 16
BLOCK = 64
ROUNDING = np.float32(2e-6)

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
    """Claims ready to be searched. Rows of `vectors` are wordings; a claim's rows lie at starts[c]:starts[c + 1].

    `vocabulary` numbers the words; `sparse` (words, claims) holds BM25, `wording_words` (wordings, words) shares.
    """

    claims: tuple[ClaimText, ...]
    wordings: tuple[tuple[str, str], ...]
    vectors: Floats
    starts: Positions
    vocabulary: dict[str, int]
    sparse: csr_matrix
    wording_words: csr_matrix


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
    vocabulary = _vocabulary(words)
    held = [own for fields in split for field, own in fields if field in DENSE_FIELDS]
    return ClaimIndex(
        claims=tuple(claims),
        wordings=tuple(wordings),
        vectors=np.asarray(vectors, dtype=np.float32),
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        vocabulary=vocabulary,
        sparse=_word_scores(words, vocabulary),
        wording_words=_wording_words(words, vocabulary, held),
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
    size = max(LEAST_POSTS, min(CHUNK_POSTS, CHUNK_ENTRIES // len(index.wordings)))
    chunks = [
        _nearest(index, vectors[at : at + size], [sparse_words(t) for t in texts[at : at + size]], top, sparse_weight)
        for at in range(0, len(texts), size)
    ]
    return Candidates(*(np.concatenate(parts) for parts in zip(*chunks, strict=True)))


def rare_words(index: ClaimIndex, claim: int, most_claims: int) -> list[str]:
    """The words of a claim's wordings (position in index.claims) that at most `most_claims` claims hold, any field."""
    rows = index.wording_words[index.starts[claim] : index.starts[claim + 1]]
    own = np.unique(rows.indices)
    rare = set(own[np.diff(index.sparse.indptr)[own] <= most_claims].tolist())
    return [word for word, number in index.vocabulary.items() if number in rare]


def _wordings(claims: Sequence[ClaimText]) -> list[tuple[str, str]]:
    found = []
    for claim in claims:
        own = [(field, text) for field, text in claim.fields if field in DENSE_FIELDS]
        if not own or own[0][0] != "claim":
            raise ValueError(f"claim {claim.claim_id!r} does not begin with its claim sentence")
        found += own
    return found


def _vocabulary(words: Sequence[Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for claim in words:
        for word in claim:
            found.setdefault(word, len(found))
    return found


def _word_scores(words: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> csr_matrix:
    """BM25 of each word (row) for each claim (column)."""
    if not vocabulary:
        return csr_matrix((0, len(words)), dtype=np.float32)
    numbers = [[vocabulary[word] for word in claim] for claim in words]
    retriever = bm25s.BM25(method="lucene")
    # A copy, because bm25s adds the empty word to what it is given, and a row of its own; only our rows are looked up.
    retriever.index((numbers, dict(vocabulary)), show_progress=False)
    scores = retriever.scores
    rows = len(scores["indptr"]) - 1
    matrix = csr_matrix((scores["data"], scores["indices"], scores["indptr"]), shape=(rows, len(words)))
    return matrix[: len(vocabulary)]


def _wording_words(
    words: Sequence[Sequence[str]], vocabulary: dict[str, int], wordings: Sequence[Sequence[str]]
) -> csr_matrix:
    """Rarity of each word (column) that a wording (row) holds, as a share of its words' sum."""
    holding = Counter(word for claim in words for word in set(claim))
    rarity = np.array([np.log1p((len(words) - holding[w] + 0.5) / (holding[w] + 0.5)) for w in vocabulary])
    flat, ends = _numbers_of(vocabulary, wordings)
    wording, _ = _segments(np.diff(ends))
    weights = rarity[flat] if len(flat) else np.empty(0)
    totals = np.bincount(wording, weights=weights, minlength=len(wordings))
    return csr_matrix((weights / totals[wording], flat, ends), shape=(len(wordings), len(vocabulary)))


def _nearest(
    index: ClaimIndex, vectors: Floats, words: Sequence[Sequence[str]], top: int, weight: float
) -> tuple[NDArray[np.generic], ...]:
    asked = _asked_words(index, words)
    cosines = vectors @ index.vectors.T
    dense = cosines
    if len(index.wordings) > len(index.claims):
        own = cosines[:, index.starts[:-1]]
        dense = ((own + np.maximum.reduceat(cosines, index.starts[:-1], axis=1)) / 2).astype(np.float32, copy=False)
    sparse = (asked @ index.sparse).toarray()
    sparse /= np.maximum(sparse.max(axis=1, keepdims=True), 1e-9)
    scores = dense + np.float32(weight) * sparse
    # Flat, because numpy finds the places in one row several times as fast as in many.
    post, claim = np.divmod(np.flatnonzero(scores >= _least(scores, top)[:, None]), scores.shape[1])
    # Rounded, so that the last bits of a matrix product, which may differ with its shape, do not decide a tie.
    fused = np.round(scores[post, claim], 6)
    order = np.lexsort((claim, -fused, post))
    starts = np.searchsorted(post, np.arange(len(vectors)))
    kept = order[(starts[:, None] + np.arange(top)).ravel()]
    post, claim = post[kept], claim[kept]
    close, wording, nearest = _read_closely(index, vectors, post, claim)
    found = claim, fused[kept], close, sparse[post, claim], wording, nearest
    held = _held_shares(index, asked, post, wording).astype(np.float32)
    return tuple(part.reshape(len(vectors), top) for part in (*found, held))


def _numbers_of(vocabulary: dict[str, int], texts: Sequence[Sequence[str]]) -> tuple[Positions, Positions]:
    """The numbers of each text's known words, each once and in order, laid end to end, and where each text begins."""
    numbers = [sorted({vocabulary[word] for word in own if word in vocabulary}) for own in texts]
    return np.array([number for own in numbers for number in own], dtype=np.int64), np.cumsum([0, *map(len, numbers)])


def _asked_words(index: ClaimIndex, words: Sequence[Sequence[str]]) -> csr_matrix:
    flat, ends = _numbers_of(index.vocabulary, words)
    return csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(words), len(index.vocabulary)))


def _least(scores: Floats, top: int) -> Floats:
    # The best of blocks bounds the top-th best score from below, and costs a tenth of finding it.
    blocks = scores.shape[1] // BLOCK
    if blocks < top:
        return np.full(len(scores), -np.inf, dtype=np.float32)
    best = scores[:, : blocks * BLOCK].reshape(len(scores), blocks, BLOCK).max(axis=2)
    least: Floats = np.partition(best, blocks - top, axis=1)[:, blocks - top] - ROUNDING
    return least


def _read_closely(
    index: ClaimIndex, vectors: Floats, post: Positions, claim: Positions
) -> tuple[Floats, Positions, Floats]:
    """Of pairs of post and claim: the dense score, the best wording and its cosine.

    Each is computed by itself: a matrix product sums a row's last bits in an order that depends on the rows beside it
    and on the processor, and then no score could be replayed.
    """
    starts, counts = index.starts[claim], np.diff(index.starts)[claim]
    pair, place = _segments(counts)
    first = np.cumsum(counts) - counts
    near = np.vecdot(vectors[post[pair]], index.vectors[starts[pair] + place])
    dense = (near[first] + np.maximum.reduceat(near, first)) / np.float32(2)
    even = np.round(near, 6)
    # The first of equals: written from behind, the first comes last.
    found = np.empty(len(claim), dtype=np.int64)
    equal = np.flatnonzero(even == np.maximum.reduceat(even, first)[pair])[::-1]
    found[pair[equal]] = place[equal]
    return dense, starts + found, near[first + found]


def _held_shares(index: ClaimIndex, asked: csr_matrix, post: Positions, wording: Positions) -> NDArray[np.float64]:
    """The share of each wording's words, by rarity, that its post holds."""
    words = index.wording_words
    pair, place = _segments(np.diff(words.indptr)[wording])
    entry = words.indptr[wording][pair] + place
    holds = np.zeros(asked.shape, dtype=bool)
    holds[np.repeat(np.arange(asked.shape[0]), np.diff(asked.indptr)), asked.indices] = True
    shares = words.data[entry] * holds[post[pair], words.indices[entry]]
    return np.bincount(pair, weights=shares, minlength=len(wording)).astype(np.float64)


def _segments(counts: Positions) -> tuple[Positions, Positions]:
    """For segments of these lengths, laid end to end: the segment of each element, and its place in it."""
    segment = np.repeat(np.arange(len(counts)), counts)
    return segment, np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)


def _no_candidates(posts: int, top: int) -> Candidates:
    none, zero = np.empty((posts, top), dtype=np.float32), np.empty((posts, top), dtype=np.int64)
    return Candidates(zero, none, none, none, zero, none, none)
