from dataclasses import replace

from pipeline.alerting.suggestion import suggest


def test_a_spreading_harmful_claim_is_answered(alert, facts):
    assert suggest(alert, facts).action == "respond"


def test_few_voices_are_watched_or_left_because_an_answer_amplifies(alert, facts):
    assert suggest(replace(alert, severity="high", reasons=("harm_high",)), facts).action == "watch"
    assert suggest(replace(alert, severity="normal", reasons=("claim_promoted",)), facts).action == "leave"


def test_a_claim_told_with_our_name_is_answered(alert, facts):
    named = replace(alert, severity="high", reasons=("claim_promoted", "names_practice"))
    assert suggest(named, facts).action == "respond"


def test_without_a_correction_nobody_answers(alert):
    assert suggest(alert, None).action == "watch"


def test_old_posts_are_left(alert, facts):
    assert suggest(replace(alert, historical=True), facts).action == "leave"


def test_mentions(mention_alert):
    assert suggest(mention_alert, None).action == "respond"
    assert suggest(replace(mention_alert, severity="high"), None).action == "respond"
    assert suggest(replace(mention_alert, severity="normal", category="mention"), None).action == "watch"


def test_surges(alert, mention_alert, facts):
    surge = replace(alert, kind="surge", reasons=("surge_of_harm",))
    assert suggest(surge, facts).action == "respond"
    assert suggest(replace(surge, severity="normal"), facts).action == "watch"
    story = replace(surge, claim_id=None, narrative_id="n-1")
    assert suggest(story, None).action == "watch"
    crowd = replace(mention_alert, kind="surge", category="access")
    assert suggest(crowd, None).action == "respond"
    assert suggest(replace(crowd, severity="high"), None).action == "watch"


def test_what_triage_has_not_filled_in_changes_nothing(mention_alert):
    for tones in ({}, {"negative": 3}):
        evidence = mention_alert.evidence | {"tones": tones}
        one = replace(mention_alert, severity="normal", category="mention", evidence=evidence)
        assert suggest(one, None).action == "watch"
