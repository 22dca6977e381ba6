"""Reviews teach: what people said moves the thresholds, in the open, and one command undoes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline import judging, recalibrating, steps
from pipeline.bench import open_bench, shipped_models
from pipeline.claims_entries import claim_entries
from pipeline.config import POLICY, read_settings
from pipeline.errors import ConfigError
from pipeline.post import Post
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.replaying import replay_alert
from pipeline.warehouse import calibrations as store
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, matches, posts, reviews
from pipeline.workplace import Workplace

NOW = datetime(2026, 11, 1, 16, tzinfo=UTC)
NAMES = Pseudonyms(b"a key for invented authors, no practice's")
CLAIM = "vax-mmr-autism"
SPREADS = "The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR."
HARBOR = "We walked along the harbor and had ice cream, lovely evening"
# A score near the policy's own threshold, so that a fitted one does not move far.
NEAR, MANY = POLICY["unproven_score"] + 0.02, int(POLICY["calibration_labels"]) * 3


@pytest.fixture
def screened(workplace: Workplace) -> Workplace:
    """A warehouse with the claims, a post that spreads one and a post about nothing, both screened."""
    texts = (SPREADS, HARBOR)
    stored = [
        Post("x", str(number), "post", text, NOW - timedelta(hours=2), author_id=f"author {number}", lang="en")
        for number, text in enumerate(texts)
    ]
    with workplace.engine.begin() as connection:
        sync_claims(connection, list(claim_entries(read_settings().claims_folder)), NOW)
        store_posts(connection, Origin("x"), stored, NOW, NAMES)
    assert screen(workplace) == 2
    return workplace


def screen(workplace: Workplace) -> int:
    return judging.screen_window(workplace, NOW, lambda _: None)["posts"]


def row(workplace: Workplace) -> Any:
    with workplace.engine.begin() as connection:
        return connection.execute(sa.select(matches).where(matches.c.claim_id == CLAIM)).one()


def judge(workplace: Workplace, confirmed: bool, number: int = MANY, score: float = NEAR, **other: object) -> None:
    """Verdicts on matches of other posts with the claim of the stored one."""
    match = row(workplace)
    told = {
        "practice_id": workplace.practice.practice_id,
        "subject": "match",
        "platform": "x",
        "claim_id": CLAIM,
        "p_match": 1.0,
        "promotes": score,
        "source": "x",
        "claim_version": match.claim_version,
        "scored_by": shipped_models().scored_by,
        "drawn": "check",
        "verdict": "confirmed" if confirmed else "rejected",
        "reviewed_by": "Ana",
        **other,
    }
    rows = [
        {"reviewed_at": NOW - timedelta(minutes=number - place), **told, "platform_id": f"{confirmed}-{place}"}
        for place in range(number)
    ]
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(reviews), rows)


def labels(workplace: Workplace) -> int:
    with workplace.engine.begin() as connection:
        since = NOW - timedelta(days=POLICY["calibration_days"])
        return len(store.read_labels(connection, shipped_models().scored_by, since, NOW + timedelta(days=1)))


def in_force(workplace: Workplace) -> int | None:
    with workplace.engine.begin() as connection:
        return store.version_in_force(connection)


def test_what_people_confirm_is_proven_shown_applied_and_undone(screened: Workplace) -> None:
    before = row(screened)
    assert (before.decision, before.reason, before.calibration) == ("alert", "unproven_alert", None)
    judge(screened, confirmed=True)
    told = steps.recalibrate(NOW)
    assert told == {"labels": MANY, "fitted": 1, "applied": 1, "waiting": 0}
    version, (fit,) = recalibrating.fits(screened)
    assert version == fit["version"]
    assert (fit["precision_after"], fit["recall_after"]) == (1.0, 1.0)
    assert 0.9 < fit["precision_after_low"] < 1.0
    assert {(one["source"], one["claim_id"], one["proven"]) for one in fit["thresholds"]} == {
        ("x", "", True),
        ("", CLAIM, True),
    }
    assert [act["acted_by"] for act in fit["acts"]] == [recalibrating.STEP]
    # Only the post whose match it decides is judged again.
    assert screen(screened) == 1
    after = row(screened)
    assert (after.decision, after.reason, after.calibration) == ("alert", "promotes_claim", version)
    assert (after.score, after.p_match) == (before.score, before.p_match)
    assert steps.recalibrate(NOW)["fitted"] == 0, "the same verdicts teach the same"
    steps.raise_alerts(NOW)
    with screened.engine.begin() as connection:
        (key,) = connection.execute(sa.select(alerts.c.alert_key)).scalars()

    assert recalibrating.undo(screened, "Ana", NOW) == (None, 1)
    assert in_force(screened) is None
    assert replay_alert(screened, key).verdict == "same", "it is judged with the thresholds of its time"
    assert screen(screened) == 1
    again = row(screened)
    assert (again.reason, again.calibration) == (before.reason, None)
    assert steps.recalibrate(NOW)["fitted"] == 0, "what a person undid is not done again"
    with pytest.raises(ConfigError, match="nothing to undo"):
        recalibrating.undo(screened, "Ana", NOW)


def test_what_people_reject_waits_for_a_person_where_it_goes_far(screened: Workplace) -> None:
    score = row(screened).score
    judge(screened, confirmed=False, score=score)
    assert steps.recalibrate(NOW) == {"labels": MANY, "fitted": 1, "applied": 0, "waiting": 1}
    _, (fit,) = recalibrating.fits(screened)
    assert fit["beyond_bounds"]
    assert (fit["alerts_gained"], fit["alerts_lost"]) == (0, 1)
    assert fit["precision_before"] == 0.0
    assert in_force(screened) is None
    assert screen(screened) == 0, "nothing changes before a person says so"
    assert steps.recalibrate(NOW)["fitted"] == 0, "it is proposed once"

    assert recalibrating.apply_version(screened, fit["version"], "Ana", NOW, "too many false alarms") == 1
    assert screen(screened) == 1
    assert row(screened).decision == "review"
    assert row(screened).score == score
    with pytest.raises(ConfigError, match="is in force"):
        recalibrating.apply_version(screened, fit["version"], "Ana", NOW)
    with pytest.raises(ConfigError, match="undo it"):
        recalibrating.dismiss(screened, fit["version"], "Ana", NOW)


def test_what_a_person_dismissed_is_not_proposed_again(screened: Workplace) -> None:
    judge(screened, confirmed=False, score=row(screened).score)
    steps.recalibrate(NOW)
    _, (fit,) = recalibrating.fits(screened)
    recalibrating.dismiss(screened, fit["version"], "Ana", NOW, "we want to see them")
    assert steps.recalibrate(NOW)["fitted"] == 0
    with pytest.raises(ConfigError, match="no version 99"):
        recalibrating.dismiss(screened, 99, "Ana", NOW)


def test_a_version_is_applied_only_beside_what_it_was_shown_beside(screened: Workplace) -> None:
    judge(screened, confirmed=False, score=row(screened).score)
    steps.recalibrate(NOW)
    _, (far,) = recalibrating.fits(screened)
    with screened.engine.begin() as connection:
        other = store.add_fit(connection, {name: far[name] for name in far if name not in _MADE}, [])
        store.add_act(connection, "apply", other, "Ben", NOW)
    with pytest.raises(ConfigError, match="fit again"):
        recalibrating.apply_version(screened, far["version"], "Ana", NOW)


_MADE = ("version", "acts", "thresholds")


def test_verdicts_that_teach_nothing(screened: Workplace) -> None:
    others: tuple[dict[str, object], ...] = (
        {"scored_by": "another encoder/another reader/another stance"},
        {"claim_version": 0},
        {"drawn": None},
        {"source": None},
        {"reviewed_at": NOW - timedelta(days=POLICY["calibration_days"] + 1)},
        {"subject": "alert"},
    )
    for other in others:
        judge(screened, True, 5, **other)
        assert labels(screened) == 0, other


def test_the_last_word_on_a_match_counts_and_erased_posts_go_on_teaching(screened: Workplace) -> None:
    judge(screened, True, 5)
    judge(screened, True, 5, verdict="rejected", reviewed_at=NOW)
    assert labels(screened) == 5
    with screened.engine.begin() as connection:
        connection.execute(sa.update(reviews).values(platform_id=None))
    assert labels(screened) == 10


def test_a_worker_with_other_thresholds_writes_nothing(screened: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(screened, confirmed=True)
    with screened.engine.begin() as connection:
        connection.execute(sa.update(posts).values(screened_key=None))
    late = open_bench(screened)
    steps.recalibrate(NOW)
    stale: Callable[[Workplace], object] = lambda _: late  # noqa: E731
    monkeypatch.setattr(judging, "open_bench", stale)
    assert screen(screened) == 0
    monkeypatch.undo()
    assert screen(screened) == 2
    assert row(screened).calibration == in_force(screened)


def test_too_few_labels_teach_nothing(screened: Workplace) -> None:
    judge(screened, True, int(POLICY["calibration_labels"]) - 1)
    assert steps.recalibrate(NOW)["fitted"] == 0
    assert in_force(screened) is None
