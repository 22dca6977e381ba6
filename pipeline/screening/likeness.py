"""How likely two wordings tell one story: by meaning, by the rare words they share, and by the time between. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from models.folding import sparse_words
from models.metrics import logistic

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

# Of the features of `Wordings.features`, then the constant: logistic regression on the pairs of the development set
# (python -m pipeline.evaluation.narratives fit).
WEIGHTS = (9.69, 1.86, -1.54)
CONSTANT = -4.53


@dataclass(frozen=True)
class Wordings:
    """n wordings, ready to be compared; build them with `prepare_wordings`.

    `vectors` (n, d) has unit rows; `words` (n, w) is 1 where a wording has a word, `rarity` (w,) says how rare it is
    among these wordings, 1 for one that a single wording has; `first` and `last` (n,) are when each was told, in hours.
    """

    vectors: Vectors
    words: csr_matrix
    rarity: Floats
    first: Floats
    last: Floats

    def features(self, rows: slice | Places, columns: slice | Places = slice(None)) -> Floats:
        """What pairs are judged by, shape (rows, columns, 3): cosine, log of shared rarity, log of days between."""
        cosine = self.vectors[rows] @ self.vectors[columns].T
        shared = (self.words[rows].multiply(self.rarity[None, :]).tocsr() @ self.words[columns].T).toarray()
        # Negative where both were told at one time.
        apart = np.maximum(
            self.first[rows, None] - self.last[None, columns], self.first[None, columns] - self.last[rows, None]
        )
        return np.stack([cosine, np.log1p(shared), np.log1p(np.maximum(apart, 0.0) / 24)], axis=-1)

    def chances(self, rows: slice | Places, columns: slice | Places = slice(None)) -> Floats:
        """The chance that each of `rows` and each of `columns` tell one story."""
        return logistic(self.features(rows, columns) @ np.array(WEIGHTS) + CONSTANT)


def prepare_wordings(vectors: Vectors, texts: Sequence[str], first: Floats, last: Floats) -> Wordings:
    """Wordings of these texts, with their vectors and the times of their first and last post."""
    words = [sorted(set(sparse_words(text))) for text in texts]
    among = Counter(word for own in words for word in own)
    place = {word: number for number, word in enumerate(sorted(among))}
    lengths = np.cumsum([0, *map(len, words)])
    columns = [place[word] for own in words for word in own]
    matrix = csr_matrix((np.ones(len(columns)), columns, lengths), shape=(len(texts), len(place)))
    counts = np.array([among[word] for word in sorted(among)], dtype=float)
    # Inverse document frequency, smoothed, over that of a word which stands once.
    rarity = (np.log((1 + len(texts)) / (1 + counts)) + 1) / (np.log((1 + len(texts)) / 2) + 1)
    return Wordings(vectors, matrix, rarity, first, last)
