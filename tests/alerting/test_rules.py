import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.alerting.rules import group_alerts
from pipeline.alerting.severity import GroupFacts, decide_severity
from pipeline.config import POLICY


@pytest.fixture
def grouped(matches_of, mentions_of, facts):
    def group(matches=(), mentions=(), claims=None):
        known = {"vax-harm": facts} if claims is None else claims
        return group_alerts(matches_of(list(matches)), mentions_of(list(mentions)), known, "riverside", POLICY)

    return group


def test_one_claim_and_one_day_are_one_alert(grouped, match):
    (alert,) = grouped([match(1), match(2, p_match=0.95, platform="x", platform_id="22"), match(3)])
    assert alert.alert_key == "riverside|misinformation|vax-harm|2026-10-02T00:00:00+00:00"
    assert (alert.posts, alert.voices, alert.platforms, alert.post_ids) == (3, 3, ("reddit", "x"), (1, 2, 3))
    assert alert.evidence["p_match"] == 0.95
    assert alert.evidence["posts"][0]["url"] == "https://x.com/i/status/22"
    assert (alert.claim_id, alert.claim_version, alert.category) == ("vax-harm", 2, None)
    assert alert.evidence["model_id"] == "minilm"
    json.dumps(alert.evidence)


def test_one_proven_post_proves_an_alert_and_what_does_not_alarm_proves_nothing(grouped, match):
    doubtful = [match(1, reason="unproven_alert"), match(2, reason="unproven_alert")]
    (alert,) = grouped([*doubtful, match(3, decision="review", reason="below_promise")])
    assert alert.evidence["proven"] is False
    (alert,) = grouped([*doubtful, match(4)])
    assert alert.evidence["proven"] is True


def test_each_claim_and_each_bucket_is_its_own_alert(grouped, match, now):
    alerts = grouped([match(1), match(2, claim_id="tea"), match(3, ingested_at=now - timedelta(days=1))])
    assert {(alert.claim_id, alert.bucket_start_at.day) for alert in alerts} == {
        ("vax-harm", 2),
        ("tea", 2),
        ("vax-harm", 1),
    }


def test_the_bucket_length_is_the_policys(match, matches_of, mentions_of, facts, now):
    hourly = replace(POLICY, alert_bucket_hours=replace(POLICY.alert_bucket_hours, value=1))
    rows = [match(1, ingested_at=now - timedelta(minutes=3)), match(2, ingested_at=now - timedelta(minutes=5))]
    alerts = group_alerts(matches_of(rows), mentions_of([]), {"vax-harm": facts}, "riverside", hourly)
    assert sorted(alert.bucket_start_at.hour for alert in alerts) == [11, 12]


@pytest.mark.parametrize("decision", ["counted", "review"])
@pytest.mark.parametrize("stance", ["debunks", "questions", "neutral"])
def test_what_is_not_decided_as_alert_never_alarms(grouped, match, decision, stance):
    assert grouped([match(number, decision=decision, stance=stance) for number in range(50)]) == []


def test_unalarmed_posts_are_counted_beside_the_alert(grouped, match):
    rows = [match(1), match(2, decision="review"), match(3, decision="counted", stance="debunks")]
    rows += [match(4, decision="counted", stance="debunks"), match(5, decision="counted", stance="questions")]
    (alert,) = grouped(rows)
    assert alert.posts == 1
    assert alert.evidence["decisions"] == {"alert": 1, "counted": 3, "review": 1}
    assert alert.evidence["unalarmed_stances"] == {"debunks": 2, "questions": 1}


@pytest.mark.parametrize(("authors", "severity"), [(2, "high"), (3, "urgent"), (10, "urgent")])
def test_distinct_voices_make_a_harmful_claim_urgent(grouped, match, authors, severity):
    (alert,) = grouped([match(number, author_hash=f"a{number % authors}") for number in range(10)])
    assert (alert.voices, alert.severity) == (authors, severity)


def test_unknown_authors_are_one_voice(grouped, match):
    (alert,) = grouped([match(number, author_hash=None) for number in range(8)])
    assert (alert.voices, alert.severity) == (1, "high")
    (alert,) = grouped([match(1), match(2, author_hash=None), match(3, author_hash=None)])
    assert alert.voices == 2


def test_copies_are_one_wording_and_their_authors_still_count(grouped, match):
    (alert,) = grouped([match(number, content_hash="same") for number in range(6)])
    assert (alert.evidence["wordings"], alert.voices, alert.posts) == (1, 6, 6)


def test_copies_do_not_push_other_wordings_out_of_the_evidence(grouped, match):
    rows = [match(number, content_hash="same", p_match=0.99) for number in range(200)]
    (alert,) = grouped([*rows, match(900, p_match=0.6)])
    listed = alert.evidence["posts"]
    assert len(listed) == 20
    assert [post["platform_id"] for post in listed[:2]] == ["t3_00000", "t3_00900"]


def test_a_hundred_thousand_copies_are_one_alert(grouped, match):
    row = match(1, content_hash="same")
    (alert,) = grouped(
        [row | {"post_id": n, "platform_id": str(n), "author_hash": f"a{n % 9}"} for n in range(100_000)]
    )
    assert (alert.posts, alert.voices, alert.evidence["wordings"]) == (100_000, 9, 1)


def test_old_posts_form_a_group_of_their_own_that_says_so(grouped, match, now):
    old = now - timedelta(days=8)
    live, historical = grouped([match(1), match(2, created_at=old), match(3, created_at=old)])
    assert (live.historical, live.posts, historical.historical, historical.posts) == (False, 1, True, 2)
    assert historical.alert_key == live.alert_key + "|historical"
    assert "historical" in historical.reasons
    assert "historical" not in live.reasons


def test_a_post_without_a_date_is_not_historical(grouped, match, now):
    (alert,) = grouped([match(1, created_at=None)])
    assert (alert.historical, alert.first_post_at, alert.last_post_at) == (False, None, None)
    (alert,) = grouped([match(1, created_at=None), match(2)])
    assert alert.first_post_at == alert.last_post_at == now - timedelta(hours=3)


def test_exactly_seven_days_is_not_yet_old(grouped, match, now):
    stored = now - timedelta(hours=1)
    (alert,) = grouped([match(1, created_at=stored - timedelta(days=7))])
    assert not alert.historical
    (alert,) = grouped([match(1, created_at=stored - timedelta(days=7, seconds=1))])
    assert alert.historical


def test_naming_the_practice_raises_one_level(grouped, match, mention, facts):
    low = {"vax-harm": replace(facts, harm="low")}
    (alone,) = grouped([match(1)], [], low)
    raised, _ = grouped([match(1)], [mention(1)], low)
    assert (alone.severity, raised.severity) == ("normal", "high")
    assert "names_practice" in raised.reasons
    unsure, *rest = grouped([match(1)], [mention(1, p_mention=0.2)], low)
    assert (unsure.severity, rest) == ("normal", [])


def test_a_claim_that_is_gone_still_alerts(grouped, match):
    (alert,) = grouped([match(1)], [], {})
    assert (alert.severity, alert.reasons) == ("normal", ("claim_promoted", "claim_unknown"))


def test_mentions_are_one_alert_per_category(grouped, mention):
    rows = [mention(1), mention(2), mention(3, category="complaint"), mention(4, category="praise", tone="positive")]
    alerts = {alert.category: alert for alert in grouped([], rows)}
    assert {category: alert.posts for category, alert in alerts.items()} == {"mention": 2, "complaint": 1, "praise": 1}
    assert {alert.severity for alert in alerts.values()} == {"normal"}
    assert alerts["mention"].claim_id is None


def test_an_urgent_mention_is_an_urgent_alert_of_its_own(grouped, mention):
    urgent, plain = grouped([], [mention(1), mention(2, urgency="patient_safety", category="complaint")])
    assert (urgent.category, urgent.severity, urgent.posts) == ("urgent:patient_safety", "urgent", 1)
    assert (plain.category, plain.severity) == ("mention", "normal")


@pytest.mark.parametrize(
    ("urgency", "cue", "p_urgent", "severity"),
    [
        ("patient_safety", "reading", 0.89, "high"),
        ("patient_safety", "reading", 0.90, "urgent"),
        ("patient_safety", "wrong treatment", 0.60, "urgent"),
        ("danger_to_life", "reading", 0.70, "urgent"),
        ("danger_to_life", "reading", 0.69, "high"),
        ("danger_to_life", "cannot breathe", 0.10, "urgent"),
    ],
)
def test_what_is_only_read_and_not_sure_waits_and_danger_to_life_waits_least(
    grouped, mention, urgency, cue, p_urgent, severity
):
    doubtful = mention(1, urgency=urgency, urgency_cue=cue, p_urgent=p_urgent, category="complaint")
    (alert,) = grouped([], [doubtful])
    assert (alert.category, alert.severity) == (f"urgent:{urgency}", severity)
    assert alert.reasons == (("urgent_mention",) if severity == "urgent" else ("may_not_wait",))
    sure = mention(2, urgency=urgency, urgency_cue="wrong treatment", p_urgent=0.7)
    (alert,) = grouped([], [doubtful, sure])
    assert (alert.severity, alert.posts) == ("urgent", 2)


def test_routine_urgency_is_not_urgent(grouped, mention):
    (alert,) = grouped([], [mention(1, urgency="routine")])
    assert (alert.category, alert.severity) == ("mention", "normal")


def test_a_post_that_names_the_practice_twice_is_one_post_and_its_urgent_mention_wins(grouped, mention):
    rows = [mention(1), mention(1, kind="clinician", term="Dr Lee", urgency="danger_to_life"), mention(1, term="RC")]
    (alert,) = grouped([], rows)
    assert (alert.posts, alert.category) == (1, "urgent:danger_to_life")


def test_negative_tone_counts_voices_and_null_tone_adds_nothing(grouped, mention):
    def severity(tone):
        (alert,) = grouped([], [mention(number, category="complaint", tone=tone) for number in range(3)])
        return alert.severity

    assert (severity("negative"), severity(None), severity("positive")) == ("high", "normal", "normal")


@pytest.mark.parametrize(
    ("facts", "severity", "reasons"),
    [
        (GroupFacts("misinformation", 1, "low"), "normal", ("claim_promoted",)),
        (GroupFacts("misinformation", 9, "low"), "normal", ("claim_promoted",)),
        (GroupFacts("misinformation", 2, "medium"), "normal", ("claim_promoted",)),
        (GroupFacts("misinformation", 3, "medium"), "high", ("harm_medium_spreading",)),
        (GroupFacts("misinformation", 2, "high"), "high", ("harm_high",)),
        (GroupFacts("misinformation", 3, "high"), "urgent", ("harm_high_spreading",)),
        (GroupFacts("misinformation", 1, "high", posts_naming_practice=1), "urgent", ("harm_high", "names_practice")),
        (
            GroupFacts("misinformation", 3, "high", posts_naming_practice=4),
            "urgent",
            ("harm_high_spreading", "names_practice"),
        ),
        (GroupFacts("mention", 5), "normal", ("practice_named",)),
        (GroupFacts("mention", 1, urgency="privacy_breach"), "urgent", ("urgent_mention",)),
        (GroupFacts("mention", 5, negative_voices=3), "high", ("negative_spreading",)),
        (GroupFacts("mention", 5, negative_voices=2), "normal", ("practice_named",)),
        (GroupFacts("misinformation", 3, "high", historical=True), "urgent", ("harm_high_spreading", "historical")),
    ],
)
def test_the_severity_table(facts, severity, reasons):
    assert decide_severity(facts, POLICY) == (severity, reasons)


def test_live_and_urgent_come_first_whatever_the_order_of_the_rows(grouped, match, mention, facts, now):
    claims = {"vax-harm": facts, "tea": replace(facts, claim_id="tea", harm="low")}
    matches = [match(number) for number in range(4)] + [match(9, claim_id="tea"), match(10, claim_id="tea")]
    matches += [match(11, created_at=now - timedelta(days=30)), match(12, p_match=0.9, promotes=0.8)]
    mentions = [mention(20), mention(21, category="praise"), mention(21, term="Dr Lee"), mention(22, urgency="adverse")]
    expected = grouped(matches, mentions, claims)
    assert [alert.severity for alert in expected if not alert.historical][:2] == ["urgent", "urgent"]
    assert [alert.historical for alert in expected] == [False] * (len(expected) - 1) + [True]
    shuffler = random.Random(7)
    for _ in range(10):
        shuffler.shuffle(matches)
        shuffler.shuffle(mentions)
        assert grouped(matches, mentions, claims) == expected


def test_nothing_heard_is_no_alert_and_a_missing_column_is_an_error(grouped, matches_of, mentions_of):
    assert grouped() == []
    with pytest.raises(ValueError, match="matches lacks decision"):
        group_alerts(matches_of([]).drop(columns="decision"), mentions_of([]), {}, "riverside", POLICY)


def test_evidence_holds_no_handle_and_no_title_of_a_post(grouped, match):
    rows = [
        match(1, platform="x", platform_id="1", url="https://x.com/jane_doe/status/1"),
        match(2, url="https://www.reddit.com/r/health/comments/abc/my_whole_sad_story/"),
        match(3, platform="forum", platform_id="77", url="https://forum.example/u/jane_doe/77"),
    ]
    (alert,) = grouped(rows)
    stored = json.dumps(alert.evidence)
    assert "jane_doe" not in stored
    assert "sad_story" not in stored
    assert "https://www.reddit.com/comments/abc/" in stored
