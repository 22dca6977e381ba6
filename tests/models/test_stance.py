"""Stance cues: negation against the claim's polarity, questions, satire; a debunk never reads as promoting."""

import pytest

from models.stance import CueStance, StancePair, StanceScore
from tests.waiting import processor_within

AUTISM = ("The MMR vaccine causes autism.", "Large studies found the same rates with and without the shot.")
IVERMECTIN = ("Ivermectin cures or prevents COVID-19.", "Large trials found no benefit.")
FLUORIDE = ("Fluoride does not prevent cavities.", "Decades of studies show fewer cavities.")


def judged(claim: tuple[str, str], post: str) -> StanceScore:
    return CueStance().classify([StancePair(*claim, post)])[0]


@pytest.mark.parametrize(
    ("claim", "post"),
    [
        (AUTISM, "The MMR vaccine causes autism. My nephew stopped talking two weeks after his shot."),
        (AUTISM, "They won't tell you that the MMR causes autism. Wake up."),
        (AUTISM, "MMR vaccine gave my son autism and his doctor won't admit it"),
        (AUTISM, "Vaccines cause autism, and nobody can convince me otherwise"),
        (IVERMECTIN, "Ivermectin cured my covid in 2 days, throw out the paxlovid"),
        (IVERMECTIN, "ivermectin works for covid, doctors are lying to you"),
        (FLUORIDE, "Fluoride does not prevent cavities."),
        (FLUORIDE, "fluoride doesn't prevent cavities, it just poisons you"),
    ],
)
def test_promoting(claim: tuple[str, str], post: str) -> None:
    score = judged(claim, post)
    assert score.stance == "promotes", score
    assert score.promotes >= 0.5, score


@pytest.mark.parametrize(
    ("claim", "post"),
    [
        (AUTISM, "Vaccines do not cause autism."),
        (AUTISM, "FALSE: the MMR vaccine causes autism"),
        (AUTISM, "Wakefield lied about the MMR vaccine causing autism"),
        (AUTISM, "the MMR vaccine causes autism my ass"),
        (AUTISM, "I refuse to believe the MMR vaccine causes autism"),
        (AUTISM, "A senator says the MMR vaccine causes autism; doctors disagree"),
        (AUTISM, "My uncle thinks the MMR vaccine causes autism lol"),
        (AUTISM, "vaccines dont cause autism and they never have"),
        (AUTISM, "There is no link between MMR and autism, full stop"),
        (AUTISM, "The idea that the MMR vaccine causes autism has been disproven. Please stop."),
        (AUTISM, "Myth: MMR vaccine causes autism. Fact: it does not."),
        (AUTISM, '"MMR causes autism" is what my aunt says. Dozens of studies say otherwise.'),
        (AUTISM, "I've had every vaccine and I'm not autistic"),
        (AUTISM, "Fact check: false. The MMR vaccine causes autism claim was retracted."),
        (AUTISM, "lol imagine believing the MMR vaccine causes autism"),
        (AUTISM, "La vacuna MMR no causa autismo"),
        (AUTISM, "v\u0430ccin\u0435s do n\u043et c\u0430us\u0435 autism"),
        (IVERMECTIN, "Ivermectin does not cure COVID-19"),
        (IVERMECTIN, "don't take ivermectin for covid"),
        (IVERMECTIN, "Ivermectin for covid is a scam"),
        (FLUORIDE, "Fluoride does prevent cavities."),
        (FLUORIDE, "It's a myth that fluoride does not prevent cavities"),
    ],
)
def test_debunking(claim: tuple[str, str], post: str) -> None:
    score = judged(claim, post)
    assert score.stance == "debunks", score
    assert score.promotes < 0.5, score
    assert score.cues


@pytest.mark.parametrize(
    "post",
    [
        "Does the MMR vaccine cause autism?",
        "honest question, is there anything to the MMR vaccine and autism thing",
        "my wife wants to know if the mmr causes autism, is that true",
    ],
)
def test_asking(post: str) -> None:
    assert judged(AUTISM, post).stance == "questions"


@pytest.mark.parametrize("post", ["The MMR vaccine causes autism /s", "The MMR vaccine causes autism #sarcasm"])
def test_marked_satire_is_neutral(post: str) -> None:
    score = judged(AUTISM, post)
    assert score.promotes < 0.5
    assert "satire:marked" in score.cues


def test_no_cue_is_no_proof() -> None:
    score = judged(AUTISM, "so the appointment about the mmr is on tuesday")
    assert score.cues == ()
    assert score.promotes < 0.5


@pytest.mark.parametrize("post", ["", "?", "no", "\u200b", "not not not"])
def test_shares_sum_to_one(post: str) -> None:
    score = judged(AUTISM, post)
    assert sum((score.promotes, score.debunks, score.questions, score.neutral)) == pytest.approx(1)


@pytest.mark.parametrize("unit", ["no ", "a?", '"', "'a", "not vaccine, ", "my son ", "so so ", "studies a b c ", "a="])
def test_hostile_posts_are_judged_fast(unit: str) -> None:
    with processor_within(2):
        judged(AUTISM, unit * (64 * 1024 // len(unit)))


def test_a_score_depends_on_its_pair_alone() -> None:
    pairs = [StancePair(*AUTISM, post) for post in ("mmr causes autism", "no it does not", "does it?")]
    stance = CueStance()
    assert stance.classify(pairs) == [stance.classify([pair])[0] for pair in pairs]
    assert stance.classify([]) == []
