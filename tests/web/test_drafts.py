"""A reply is checked on the triage page before anybody posts it, and kept nowhere."""

import pytest

from pipeline.web.drafts import DRAFT_CHARACTERS, check_draft
from tests.web.triage_site import triage_running, write_alerts

SLIPS = "Thank you for trusting us with your daughter's care!"
SAFE = "Thank you for writing. Please call our office at 555-0123, we would like to hear more."


@pytest.fixture
def triage(settings, clock):
    with triage_running(settings, clock) as started:
        # The first draft of a process loads the models, for which no browser of a test would wait.
        check_draft(started.workplace, SAFE)
        yield started


def test_a_draft_is_read_and_kept_nowhere(triage):
    (key,) = write_alerts(triage, 1)
    before = {name: triage.rows(name) for name in ("alerts", "alert_events", "reviews")}
    slips = triage.act(key, "lint", draft=SLIPS)
    assert slips.status_code == 200
    assert "Do not post this" in slips.text
    assert "confirms patient" in slips.text
    assert "45 CFR 164.502(a)" in slips.text
    safe = triage.act(key, "lint", draft=SAFE)
    assert "Nothing was found." in safe.text
    assert SAFE in safe.text
    assert {name: triage.rows(name) for name in before} == before


def test_the_suggested_draft_stands_in_the_field(triage):
    (key,) = write_alerts(triage, 1)
    page = triage.ask("triage", params={"key": key}).text
    field = page.partition('id="lint-draft"')[2].partition("</textarea>")[0]
    assert "Studies of more than a million children" in field


def test_a_hostile_or_endless_draft_stays_words_and_a_viewer_checks_none(triage):
    (key,) = write_alerts(triage, 1)
    hostile = triage.act(key, "lint", draft="</textarea><script>pwned()</script>")
    assert "<script>pwned" not in hostile.text
    long = triage.act(key, "lint", draft="a " * DRAFT_CHARACTERS).text
    assert len(long.partition('id="lint-draft"')[2].partition("</textarea>")[0]) < 2 * DRAFT_CHARACTERS
    assert triage.act(key, "lint", draft="x" * 9_000).status_code == 413
    assert triage.act(key, "lint", person="vera", draft=SLIPS).status_code == 403
