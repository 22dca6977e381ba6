"""The figures of narratives: what a pair is, what the interval counts, and that the development set is as it was."""

import numpy as np
import pytest

from models.encoder import load_encoder
from pipeline.config import read_settings
from pipeline.errors import ConfigError
from pipeline.evaluation.narratives import narrative_report, pair_figures, sorted_narratives, told_posts


def figures(gold: list[str], found: list[str]) -> dict[str, float]:
    return {figure.name.removeprefix("pairwise "): figure.value for figure in pair_figures(gold, found)}


def test_a_pair_is_two_posts_of_one_narrative() -> None:
    gold = ["a", "a", "a", "b", "b", "", ""]
    assert figures(gold, gold) == {"F1": 1.0, "precision": 1.0, "recall": 1.0}
    # Three of four pairs of the first story are lost or right; one wrong pair of posts in none.
    told = figures(gold, ["1", "1", "", "2", "2", "3", "3"])
    assert told["precision"] == pytest.approx(2 / 3)
    assert told["recall"] == pytest.approx(2 / 4)
    assert told["F1"] == pytest.approx(2 * 2 / (3 + 4))
    assert figures(gold, ["1"] * 7)["precision"] == pytest.approx(4 / 21)
    assert figures(gold, [""] * 7)["F1"] == 0.0
    assert np.isnan(figures(gold, [""] * 7)["precision"])


def test_the_names_of_narratives_say_nothing() -> None:
    gold = ["a", "a", "b", "b", "b", ""]
    assert figures(gold, [*"xxyyz", ""]) == figures(gold, [*"ppqqr", ""])


def test_the_interval_is_over_narratives() -> None:
    gold = [name for number in range(30) for name in [f"s{number}"] * 4]
    found = [name if int(name[1:]) % 3 else "" for name in gold]
    f1, precision, recall = pair_figures(gold, found)
    assert precision.low == precision.high == 1.0
    assert recall.low < recall.value < recall.high
    assert f1.low < f1.value < f1.high
    assert recall.high - recall.low > 0.2, "thirty narratives are few, however many pairs they make"


def test_the_development_set_is_sorted_as_well_as_it_was() -> None:
    told = told_posts("development")
    settings = read_settings()
    encoder = load_encoder(None, settings.models_folder)
    found = sorted_narratives(told, encoder)
    (f1, precision, _) = pair_figures([post.narrative for post in told], found)
    assert f1.value >= 0.50
    assert precision.value >= 0.60
    assert "## Narratives, development (340 posts" in narrative_report(encoder, ["development"])


def test_an_unknown_set_is_named() -> None:
    with pytest.raises(ConfigError, match="no set is called training"):
        told_posts("training")
