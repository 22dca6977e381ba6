"""The shipped encoder: unit vectors that do not depend on company, evasion that does not help, quiet and offline."""

import subprocess
import sys

import numpy as np

from models.encoder import Encoder

TEXTS = [f"{word} " * n for n in (1, 2, 3, 9, 33, 80) for word in ("vaccine", "measles outbreak", "the cat sat on")]


def test_vectors_have_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode([*TEXTS, ""])
    assert vectors.shape == (len(TEXTS) + 1, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    apart = np.concatenate([encoder.encode([text]) for text in TEXTS])
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    assert np.abs(together - apart).max() < 1e-6
    assert np.abs(together - backwards).max() < 1e-6


def test_no_text_gives_no_row(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_a_disguise_changes_nothing(encoder: Encoder) -> None:
    plain, cyrillic, wide, other = encoder.encode(
        [
            "Vaccines cause autism",
            "V\u0430ccin\u0435s c\u0430us\u0435 \u0430utism",
            "\uff36\uff41\uff43cines cause autism",
            "Bake at 350 degrees",
        ]
    )
    assert plain @ cyrillic > 0.999
    assert plain @ wide > 0.999
    assert plain @ other < 0.3


def test_the_name_says_which_weights(encoder: Encoder) -> None:
    assert encoder.model_id.startswith("minilm-l6-9734bdbc71-int8-")


def test_loading_is_quiet_and_opens_no_socket() -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('a socket was opened')\n"
        "socket.socket.connect = refuse\n"
        "from models.encoder import load_encoder\n"
        "assert load_encoder().encode(['a']).shape == (1, 384)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
