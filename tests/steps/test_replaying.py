"""An alert is recomputed from what is stored of it: the same score, or it is said what is gone or another."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from demo.__main__ import CLAIMS_LOADED, STAGES
from pipeline import bench, replaying, steps
from pipeline.alerting.comparison import TOLERANCE, Replay
from pipeline.claims_entries import claim_entries
from pipeline.cli.replay import replay
from pipeline.config import POLICY, Number, Policy
from pipeline.errors import ConfigError
from pipeline.post import Post
from pipeline.replaying import replay_alert
from pipeline.warehouse.claims import sync_claims
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import alerts, claims, matches
from pipeline.workplace import Workplace
from tests.steps.quarter import DEMO, hear_demo

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AUTISM = "vax-mmr-autism"
# A word that stands in every post and may stand nowhere else.
WORD = "zanzibarfish"
SPREADS = (
    f"The MMR vaccine causes autism, wake up. My nephew stopped talking after the MMR. {WORD}",
    f"The MMR vaccine causes autism and they hide it. My son stopped talking after the MMR. {WORD}",
    f"The MMR vaccine causes autism, and Larkspur Family Health gave it to my niece. {WORD}",
)
NAMES_US = f"On hold with Larkspur Family in Port Alder, my husband can't breathe. Do we keep waiting? {WORD}"
URGENT = "urgent:danger_to_life"


@pytest.fixture
def told(workplace: Workplace) -> Workplace:
    """Three voices that spread a claim, one of them with our name, and one that cannot wait, raised into alerts."""
    page = [Post("x", f"{n}", "post", text, NOW, author_id=f"a{n}") for n, text in enumerate((*SPREADS, NAMES_US))]
    steps.sync_claims(NOW)
    with workplace.engine.begin() as connection:
        store_posts(connection, Origin("x"), page, NOW, workplace.names)
    steps.screen(0, NOW)
    steps.raise_alerts(NOW)
    return workplace


def keys(workplace: Workplace) -> dict[str, str]:
    """Key of each alert by its claim or category."""
    wanted = sa.select(sa.func.coalesce(alerts.c.claim_id, alerts.c.category), alerts.c.alert_key)
    with workplace.engine.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(wanted)}


def of_claim(workplace: Workplace) -> Replay:
    return replay_alert(workplace, keys(workplace)[AUTISM])


def findings(found: Replay) -> dict[str, str]:
    return {line.part: line.finding for line in found.lines}


def change(workplace: Workplace, statement: sa.Executable) -> None:
    with workplace.engine.begin() as connection:
        assert connection.execute(statement).rowcount


def set_policy(monkeypatch: pytest.MonkeyPatch, **numbers: float) -> Policy:
    policy = replace(POLICY, **{name: Number(value, "", "", "") for name, value in numbers.items()})
    for module in (replaying, bench):
        monkeypatch.setattr(module, "POLICY", policy)
    return policy


def test_alerts_of_both_kinds_replay_to_the_same_scores_and_reasons(told: Workplace) -> None:
    found = of_claim(told)
    assert found.verdict == "same", found
    assert set(findings(found).values()) == {"same"}
    lines = {line.part: line for line in found.lines}
    assert lines["posts"].stored == 3
    assert lines["scores of all posts"].difference <= TOLERANCE
    assert 0 < lines["score"].stored < 1
    assert lines["severity"].stored == "urgent"
    urgent = replay_alert(told, keys(told)[URGENT])
    assert urgent.verdict == "same", urgent
    assert {line.part for line in urgent.lines} >= {"p_mention", "terms", "severity", "reasons"}


def test_an_alert_is_found_by_its_number_and_an_unknown_one_is_refused(told: Workplace) -> None:
    key = keys(told)[AUTISM]
    with told.engine.begin() as connection:
        number = connection.execute(sa.select(alerts.c.alert_id).where(alerts.c.alert_key == key)).scalar_one()
    assert replay_alert(told, str(number)).alert_key == key
    for unknown in ("999999", "9" * 30, "no|such|key", ""):
        with pytest.raises(ConfigError, match="no alert"):
            replay_alert(told, unknown)
    change(told, sa.update(alerts).where(alerts.c.alert_key == key).values(practice_id="another-practice"))
    with pytest.raises(ConfigError, match="another-practice"):
        replay_alert(told, key)


def test_an_erased_post_is_said_to_be_gone_and_the_rest_is_the_same(told: Workplace) -> None:
    assert steps.forget("x", "0", now=LATER) == 1
    found = of_claim(told)
    assert found.verdict == "rest_same", found
    assert "1 of 3 posts" in found.words
    assert findings(found)["posts kept"] == findings(found)["posts"] == "erased"
    assert findings(found)["scores of all posts"] == "same"
    for number in ("1", "2"):
        steps.forget("x", number, now=LATER)
    gone = of_claim(told)
    assert gone.verdict == "erased", gone
    assert "3 posts" in gone.words
    assert "differs" not in findings(gone).values()


def test_an_expired_post_is_gone_as_well(told: Workplace) -> None:
    steps.expire(NOW + timedelta(days=100))
    assert of_claim(told).verdict == "erased"
    assert replay_alert(told, keys(told)[URGENT]).verdict == "erased"


@pytest.mark.parametrize("part", ["p_match", "promotes"])
def test_a_stored_score_that_is_not_what_judging_gives_is_found(told: Workplace, part: str) -> None:
    lower = sa.text(
        f"update alerts set evidence = jsonb_set(evidence, '{{{part}}}', '0.5004') where claim_id is not null"
    )
    change(told, lower)
    found = of_claim(told)
    assert found.verdict == "differs", found
    assert findings(found)[part] == findings(found)["score"] == "differs"
    assert findings(found)["scores of all posts"] == "same"


def test_a_score_of_any_post_counts_and_not_of_the_best_alone(told: Workplace) -> None:
    worst = sa.select(matches.c.match_id).where(matches.c.claim_id == AUTISM).order_by(matches.c.score).limit(1)
    moved = sa.update(matches).where(matches.c.match_id == worst.scalar_subquery())
    change(told, moved.values(promotes=matches.c.promotes - 0.0001))
    found = of_claim(told)
    assert {part for part, finding in findings(found).items() if finding == "differs"} == {"scores of all posts"}
    assert next(line for line in found.lines if line.part == "scores of all posts").difference == pytest.approx(0.0001)


def test_the_claims_of_its_time_are_used_whatever_is_in_force_now(told: Workplace) -> None:
    entries = {entry["claim_id"]: entry for entry in claim_entries(told.settings.claims_folder)}
    entries[AUTISM] |= {"claim": "Vaccines make children ill.", "variants": [], "content_hash": "e" * 64}
    kept = [entry for claim_id, entry in entries.items() if "mmr" not in claim_id or claim_id == AUTISM]
    with told.engine.begin() as connection:
        assert sync_claims(connection, kept, LATER).edited == 1
    found = of_claim(told)
    assert found.verdict == "same", found
    assert next(line for line in found.lines if line.part == "claim").stored == f"{AUTISM} version 1"


def test_a_claim_that_stood_beside_it_and_is_gone_is_named(told: Workplace) -> None:
    change(told, sa.delete(claims).where(claims.c.claim_id == "nut-raw-milk-healthier"))
    found = of_claim(told)
    assert found.verdict == "not_replayed", found
    assert "nut-raw-milk-healthier" in found.words
    assert findings(found)["p_match"] == "unknown"
    assert findings(found)["severity"] == "same", "the severity follows from the stored rows"


def test_another_policy_is_named_with_the_numbers_that_cannot_be_known(
    told: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, youtube_days=29)
    same = of_claim(told)
    assert same.verdict == "same", same
    assert findings(same)["policy"] == "other"
    assert POLICY.version in same.words
    assert "unproven_score" in same.words
    assert "urgent_voices" in same.words
    assert "youtube_days" not in same.words, "it decides nothing here"
    set_policy(monkeypatch, urgent_voices=4)
    other = of_claim(told)
    assert other.verdict == "differs"
    assert findings(other)["severity"] == "same", "our name raises it"
    assert findings(other)["reasons"] == "differs"
    assert "urgent_voices" in other.words


def test_another_model_is_named_and_nothing_is_judged_with_it(told: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    models = bench.shipped_models()
    other = SimpleNamespace(reader_id="cross-of-tomorrow", read=models.reader.read)
    monkeypatch.setattr(replaying, "shipped_models", lambda: replace(models, reader=other))
    found = of_claim(told)
    assert found.verdict == "not_replayed", found
    assert models.reader.reader_id in found.words
    assert findings(found)["p_match"] == "unknown"
    assert replay_alert(told, keys(told)[URGENT]).verdict == "same", "mentions need no model"


def test_another_practice_file_is_named_where_a_mention_is_found_no_more(told: Workplace) -> None:
    file, key = told.settings.practice_file, keys(told)[URGENT]
    written = file.read_text()
    file.write_text(written.replace("Larkspur Family, LFH Port Alder", "Larkspur Family"))
    same = replay_alert(Workplace(told.settings), key)
    assert same.verdict == "same", same
    assert "practice file" in same.words
    file.write_text(written.replace('"Larkspur, CA"', "Larkspur Family"))
    found = replay_alert(Workplace(told.settings), key)
    assert found.verdict == "differs", found
    assert "practice file" in found.words


def test_nothing_of_a_post_is_printed_and_scripts_get_a_code(told: Workplace) -> None:
    app = typer.Typer()
    app.command()(replay)
    for key in keys(told).values():
        table, lines = (CliRunner().invoke(app, [key, *words]) for words in ([], ["--json"]))
        assert (table.exit_code, lines.exit_code) == (0, 0), table.output
        assert json.loads(lines.output)["alert_key"] == key
        assert "The same" in table.output
        for output in (table.output, lines.output):
            assert WORD not in output
            assert "nephew" not in output
    change(told, sa.update(alerts).values(voices=1))
    assert CliRunner().invoke(app, [keys(told)[AUTISM]]).exit_code == 1


def test_every_alert_of_the_demo_replays_to_the_same_score(workplace: Workplace) -> None:
    workplace.settings.practice_file.write_text((DEMO / "practice.yaml").read_text())
    steps.sync_claims(CLAIMS_LOADED)
    for now in STAGES:
        hear_demo(workplace, now)
        steps.release_canary(now)
        steps.screen(0, now)
        steps.raise_alerts(now)
    with workplace.engine.begin() as connection:
        raised = connection.execute(sa.select(alerts.c.alert_key)).scalars().all()
    found = [replay_alert(workplace, key) for key in raised]
    assert {one.alert_key: one.words for one in found if one.verdict != "same"} == {}
    scores = [line for one in found for line in one.lines if line.part == "scores of all posts"]
    assert max(line.difference for line in scores) <= TOLERANCE
    # How many there are is the runtime's matter: 14 with OpenVINO, 13 with ONNX Runtime.
    assert len(scores) == sum("|misinformation|" in key for key in raised) >= 13
    assert len(found) >= 28
