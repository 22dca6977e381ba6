"""What is remembered is not computed again, and never more of it than was said."""

import numpy as np

from models.remembered import Remembered


def test_each_distinct_text_is_computed_once_and_the_oldest_is_forgotten() -> None:
    asked: list[str] = []

    def compute(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)

    known = Remembered(3, 2)
    assert known.rows(["a", "bb", "a"], compute).tolist() == [[1, 97], [2, 98], [1, 97]]
    assert known.rows(["bb", "a"], compute).tolist() == [[2, 98], [1, 97]]
    assert asked == ["a", "bb"]
    known.rows(["c", "d"], compute)
    # "bb" was used longest ago.
    assert asked == ["a", "bb", "c", "d"]
    known.rows(["a", "c", "d"], compute)
    assert asked == ["a", "bb", "c", "d"]
    assert known.rows(["bb"], compute).tolist() == [[2, 98]]
    assert asked[-1] == "bb"


def test_more_at_once_than_is_kept_comes_back_whole() -> None:
    known = Remembered(2, 1)
    texts = [str(number) for number in range(10)]
    found = known.rows(texts, lambda unknown: np.array([[float(text)] for text in unknown], dtype=np.float32))
    assert found[:, 0].tolist() == list(range(10))
    assert known.rows([], lambda unknown: 1 / 0).shape == (0, 1)


def test_half_a_character_is_a_text_too() -> None:
    assert Remembered(2, 1).rows(["\ud800"], lambda unknown: np.ones((1, 1), dtype=np.float32)).tolist() == [[1]]
