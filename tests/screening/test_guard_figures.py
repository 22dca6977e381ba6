"""The figures of the guard: what counts as found, and what as an ordinary post that was stopped."""

import pytest

from pipeline.errors import ConfigError
from pipeline.evaluation.practice_guard import guard_figures, guard_rows
from pipeline.screening.guard import Finding, Guarded

ROWS = [{"id": str(n), "label": label} for n, label in enumerate(("disclosure", "disclosure", "false_claim", "fine"))]


def stopped(rule: str) -> Guarded:
    found = "disclosure" if rule == "disclosure" else "false_claim"
    return Guarded(found, (Finding(found, "", ""),))


def test_stopped_at_all_and_as_what_it_is_are_two_figures() -> None:
    found = [stopped("disclosure"), stopped("false_claim"), Guarded("fine"), stopped("disclosure")]
    figures = {name: (hits, posts) for name, hits, posts in guard_figures(ROWS, found)}
    assert figures["found, both breaches"] == (2, 3)
    assert figures["found, disclosure"] == (2, 2)
    assert figures["found as disclosure"] == (1, 2)
    assert figures["found, false_claim"] == (0, 1)
    assert figures["ordinary posts stopped"] == (1, 1)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match="no set is called"):
        guard_rows("training")
