"""The screen step reads what can become a match, and decides as if it had read everything."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.cross_encoder import Logits, PairReader
from models.stance import StancePair
from models.training.fit_decisions import MATCH_FLOOR, READ_CHANCE
from pipeline.config import POLICY
from pipeline.listening import Practice
from pipeline.screening.candidates import judge_candidates, may_match
from pipeline.screening.explanation import explain
from pipeline.screening.judges import Judge

SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."
FAR = "lovely evening by the harbor with the dogs"


class Counting:
    """A reader that keeps what it was asked."""

    def __init__(self, reader: PairReader) -> None:
        self.reader_id, self._reader = reader.reader_id, reader
        self.asked: list[StancePair] = []

    def read(self, pairs: Sequence[StancePair]) -> Logits:
        self.asked += pairs
        return self._reader.read(pairs)


def counted(judge: Judge) -> tuple[Judge, Counting]:
    reader = Counting(judge.models.reader)
    return replace(judge, models=replace(judge.models, reader=reader)), reader


def test_what_has_no_chance_is_not_read(judge: Judge) -> None:
    own, reader = counted(judge)
    texts = [SPREADS, FAR]
    found = judge_candidates(texts, own.models.encoder.encode(texts), own)
    assert {pair.post for pair in reader.asked} == {SPREADS}
    assert [one.decision.decision for one in found[0]] == ["alert"]
    assert found[1] == []


def test_a_match_is_the_same_whether_the_rest_was_read(judge: Judge) -> None:
    vectors = judge.models.encoder.encode([SPREADS])
    gated, full = (
        judge_candidates([SPREADS], vectors, judge)[0],
        judge_candidates([SPREADS], vectors, judge, floor=0)[0],
    )
    assert len(full) > len(gated) == 1
    assert gated[0].claim_id == full[0].claim_id
    assert gated[0].stance == full[0].stance
    assert abs(gated[0].p_match - full[0].p_match) < 0.15


def test_an_explanation_has_the_numbers_of_the_screen_step_and_its_near_misses(
    judge: Judge, practice: Practice
) -> None:
    vectors = judge.models.encoder.encode([SPREADS])
    told = explain(SPREADS, vectors, judge, practice).candidates
    assert told[0] == judge_candidates([SPREADS], vectors, judge)[0][0]
    assert [one.rank for one in told] == [1, 2, 3]
    assert {one.decision.decision for one in told[1:]} == {"none"}


def test_what_cannot_match_a_claim_does_not(judge: Judge) -> None:
    own, reader = counted(judge)
    texts = [SPREADS, FAR, "Raw milk is healthier than pasteurized milk", "does ivermectin help against covid?"]
    vectors = judge.models.encoder.encode(texts)
    for claim in judge.index.claims:
        reader.asked.clear()
        may = may_match(texts, vectors, own, {claim.claim_id})
        assert {pair.claim for pair in reader.asked} <= {dict(claim.fields)["claim"]}
        found = judge_candidates(texts, vectors, judge)
        does = [claim.claim_id in {one.claim_id for one in own_found} for own_found in found]
        assert [not may_one and does_one for may_one, does_one in zip(may, does, strict=True)] == [False] * len(texts)
        assert not may[1]
    assert may_match(texts, vectors, own, {"vax-mmr-autism"})[0]


def test_the_gate_was_fitted_for_the_numbers_of_the_policy() -> None:
    assert POLICY["match_floor"] == MATCH_FLOOR
    assert POLICY["read_chance"] == READ_CHANCE


def test_the_policy_says_from_which_chance_on(judge: Judge) -> None:
    closed = replace(judge, policy=replace(judge.policy, read_chance=replace(judge.policy.read_chance, value=1.1)))
    own, reader = counted(closed)
    assert judge_candidates([SPREADS], np.asarray(own.models.encoder.encode([SPREADS])), own) == [[]]
    assert reader.asked == []
