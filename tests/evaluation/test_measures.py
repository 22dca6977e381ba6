"""Figures over labelled posts: what counts as found, right and missed; streams that keep a promise or break it."""

import pandas as pd
import pytest

from models.matcher import ClaimText
from models.metrics import average_precision
from pipeline.evaluation.evasion import DISGUISES, FOLDED, disguised
from pipeline.evaluation.labelled import LabelledPost, written
from pipeline.evaluation.measures import figures, judged_rows
from pipeline.evaluation.peer import peer_rows
from pipeline.evaluation.replay import post_alerts, replay_streams
from pipeline.screening.judges import Judge, build_judge, load_models

CLAIMS = {
    "mmr": "The MMR vaccine causes autism.",
    "milk": "Raw milk is safer and healthier than pasteurized milk.",
    "fluoride": "Fluoride does not prevent cavities.",
}
POSTS = [
    LabelledPost("1", {"mmr": "promotes"}, text="The MMR vaccine causes autism. My nephew stopped talking."),
    LabelledPost("2", {"mmr": "debunks"}, text="The MMR vaccine does not cause autism."),
    LabelledPost("3", {}, text="We had a lovely picnic by the river on Sunday."),
]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return build_judge(load_models(), [ClaimText(name, (("claim", text),)) for name, text in CLAIMS.items()])


def named(rows: pd.DataFrame) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures(rows)}


def test_the_product_is_told_from_a_peer_that_knows_no_stance(judge: Judge) -> None:
    ours, peers = named(judged_rows(POSTS, judge)), named(peer_rows(POSTS, judge))
    assert ours["right claim in 1"] == peers["right claim in 1"] == 1.0
    assert ours["promotes AP"] == 1.0
    assert ours["debunks: alerts"] == 0.0
    assert peers["debunks: alerts or reviews"] == 1.0


def test_a_labelled_claim_that_was_not_found_counts_against_us(judge: Judge) -> None:
    rows = judged_rows([*POSTS, LabelledPost("4", {"gone": "promotes"}, text="Something else entirely.")], judge)
    missed = rows[rows["claim_id"] == "gone"]
    assert missed["score"].tolist() == [0.0]
    assert named(rows)["right claim in 5"] == pytest.approx(2 / 3)
    assert average_precision(rows["score"].to_numpy(), (rows["label"] == "promotes").to_numpy()) < 1


def test_a_claim_that_nobody_was_shown_is_not_known() -> None:
    post = LabelledPost("1", {"mmr": "promotes"}, whole=False, shown=frozenset({"mmr", "milk"}))
    assert [post.label(name) for name in ("mmr", "milk", "fluoride")] == ["promotes", "unrelated", ""]


def flags(alert: list[int], right: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"alert": alert, "right": right})


def test_streams_keep_or_break_the_promise_and_silence_keeps_it() -> None:
    sure, quiet, noisy = flags([1, 0], [1, 0]), flags([0, 0], [0, 0]), flags([1] + [0] * 9, [0] * 10)
    kept = replay_streams(sure, quiet, quiet, 0.05, 0.9)
    assert (kept.kept, kept.precision) == (1.0, 1.0)
    assert kept.recall == pytest.approx(0.5, abs=0.05)
    assert replay_streams(sure, quiet, noisy, 0.05, 0.9).kept == 0.0
    silent = replay_streams(quiet, quiet, quiet, 0.05, 0.9)
    assert (silent.kept, silent.recall) == (1.0, 0.0)


def test_an_alert_is_right_only_by_a_claim_that_the_post_spreads() -> None:
    rows = pd.DataFrame(
        [
            {"post": 0, "decision": "alert", "reason": "promotes_claim", "label": "promotes"},
            {"post": 1, "decision": "alert", "reason": "unproven_alert", "label": "unrelated"},
            {"post": 1, "decision": "counted", "reason": "too_weak", "label": "promotes"},
            {"post": 2, "decision": "review", "reason": "unproven", "label": "promotes"},
        ]
    )
    assert post_alerts(rows, 4).to_dict("list") == {"alert": [1, 1, 0, 0], "right": [1, 0, 0, 0]}
    assert post_alerts(rows, 4, proven=True).to_dict("list") == {"alert": [1, 0, 0, 0], "right": [1, 0, 0, 0]}


@pytest.mark.parametrize("name", [name for name in DISGUISES if name != "plain"])
def test_a_disguise_changes_the_text(name: str) -> None:
    texts = [post.text for post in written("development")[:20]]
    assert disguised(texts, name) != texts


def test_what_folding_undoes_is_a_disguise_that_is_measured() -> None:
    assert set(DISGUISES) > FOLDED
