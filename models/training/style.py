"""What can be told of a post's stance from its style alone: the shortcut that a corpus must not offer."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.metrics import average_precision
from models.training.corpus import WrittenPost
from models.training.fits import fit_logistic

Floats = NDArray[np.float64]
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|im|my|me|mine|we|our|us)\b", re.IGNORECASE)
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


def style_features(texts: Sequence[str]) -> Floats:
    """Shape (texts, 8): length, punctuation, capitals, emoji, hashtags and first person; no word's meaning."""
    rows = []
    for text in texts:
        words, letters = max(1, len(text.split())), max(1, sum(map(str.isalpha, text)))
        rows.append(
            [
                np.log(words),
                text.count("!") / words,
                sum(map(text.count, ",;:-")) / words,
                text.count(".") / words,
                sum(map(str.isupper, text)) / letters,
                len(_EMOJI.findall(text)) / words,
                text.count("#") / words,
                len(_FIRST_PERSON.findall(text)) / words,
            ]
        )
    return np.array(rows)


def style_precision(training: Sequence[WrittenPost], held_out: Sequence[WrittenPost]) -> tuple[float, float]:
    """AP of "promotes" against debunks and neutral by style alone on held-out posts, and the base rate: chance.

    Questions are left out: their question mark is their meaning. So is the question mark itself.
    """
    told = [[post for post in posts if post.stance != "questions"] for posts in (training, held_out)]
    inputs = [style_features([post.text for post in posts]) for posts in told]
    labels = [np.array([post.stance == "promotes" for post in posts]) for posts in told]
    middle, spread = inputs[0].mean(0), inputs[0].std(0) + 1e-9
    weights, intercept = fit_logistic(
        (inputs[0] - middle) / spread, labels[0].astype(float), np.ones(len(labels[0])), 1.0
    )
    scores = (inputs[1] - middle) / spread @ weights + intercept
    return average_precision(scores, labels[1]), float(labels[1].mean())
