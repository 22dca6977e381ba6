"""How likely a text is English: the reader and the cues know no other language, whatever the encoder finds in it."""

import importlib
from functools import cache
from typing import Any

from models.folding import fold_text

# Fewer letters than this say nothing of a language, and are taken for English.
LEAST_LETTERS = 20


def english_chance(text: str) -> float:
    """The probability in [0, 1] that a text is English, by naive Bayes over byte n-grams (Lui and Baldwin, 2012).

    1 where there are fewer than LEAST_LETTERS letters.
    """
    # Lower case: capitals alone read as another language.
    folded = fold_text(text).lower()
    if sum(map(str.isalpha, folded)) < LEAST_LETTERS:
        return 1.0
    return float(dict(_identifier().rank(folded))["en"])


@cache
def _identifier() -> Any:  # noqa: ANN401 - the library has no types
    # Imported here: it takes half a second, and few texts are asked about.
    library = importlib.import_module("py3langid.langid")
    return library.LanguageIdentifier.from_model_file(library.MODEL_FILE, norm_probs=True)
