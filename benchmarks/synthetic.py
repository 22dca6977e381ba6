"""Posts of which there are as many as are asked for: words of the written ones, about as often as they use them."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator

import numpy as np

from models.folding import sparse_words
from models.training.corpus import corpus_claims, written_posts

SEED = 7
# Characters of an English tweet, as Twitter told in October 2018: mostly 33, more than 140 in 12 of 100. As a
# log-normal, that puts 6 of 100 above 190 characters and 2 above 280, where Twitter counted 5 and 1.
LOG_MEAN, LOG_SPREAD = 4.06, 0.75
# What a duplicate repeats was heard not long ago.
RECENT = 1000
_CONSONANTS, _VOWELS = "bcdfghklmnprstvz", "aeio"


def synthetic_texts(count: int, duplicates: float = 0.0) -> Iterator[str]:
    """`count` texts as long as tweets, no two alike but for a share of `duplicates` of those before."""
    chance = np.random.default_rng(SEED)
    posts = [post.text.split() for post in written_posts("training")]
    counts = Counter(word for words in posts for word in words)
    # Words of claims strewn at random would bring every tenth post near one, which no stream does.
    claimed = {word for claim in corpus_claims() for _, text in claim.fields for word in sparse_words(text)}
    for word in [word for word in counts if claimed.intersection(sparse_words(word))]:
        del counts[word]
    vocabulary = np.array(list(counts))
    sums = np.cumsum(list(counts.values())) / counts.total()
    characters = sum(count * (len(word) + 1) for word, count in counts.items()) / counts.total()
    recent: deque[str] = deque(maxlen=RECENT)
    for number in range(count):
        if recent and chance.random() < duplicates:
            yield recent[int(chance.integers(len(recent)))]
            continue
        length = round(chance.lognormal(LOG_MEAN, LOG_SPREAD) / characters)
        words = vocabulary[np.searchsorted(sums, chance.random(max(1, length - 1)))]
        recent.append(" ".join([own_word(number), *words]))
        yield recent[-1]


def in_parts(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """The same texts, `size` at a time."""
    part: list[str] = []
    for text in texts:
        part.append(text)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def own_word(number: int) -> str:
    """A word that no other number has."""
    # Syllables instead of digits, which folding might take for letters.
    word = ""
    while number or not word:
        number, syllable = divmod(number, len(_CONSONANTS) * len(_VOWELS))
        word += _CONSONANTS[syllable // len(_VOWELS)] + _VOWELS[syllable % len(_VOWELS)]
    return word
