import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.notices import Noise
from pipeline.alerting.render import render_digest, render_urgent
from pipeline.alerting.wording import clean, moment, sure
from pipeline.config import POLICY


def _words(rendered):
    return " ".join(rendered.text.split()), " ".join(re.sub(r"<[^>]+>", " ", rendered.html).split())


def _counts(now, **changes):
    base = {
        "since_at": now - timedelta(days=1),
        "until_at": now,
        "posts_heard": 120,
        "posts_screened": 120,
        "mentions": 2,
    }
    return DigestCounts(**(base | changes))


def test_the_urgent_mail_answers_every_question(alert, facts, now):
    rendered = render_urgent(alert, facts, "Riverside Clinic", "America/New_York", now)
    for words in _words(rendered):
        for expected in (
            "False: “The shot changes your genes.”",
            "High harm. People stay unprotected.",
            "almost certainly about this claim (97 %)",
            "very likely spreads it instead of refuting it (83 %)",
            "7 posts by 5 people on Imported files, Reddit and X, in 4 wordings.",
            "First Thu 1 Oct 2026, 12:04 EDT; latest Fri 2 Oct 2026, 05:04 EDT",
            "3 posts refuting it and 2 unclear posts waiting for a person",
            "does not enter the cell nucleus",
            "Journal: Cohort study (9 Mar 2024)",
            "Institute: Review (undated)",
            "institute.org",
            "1 more in the claims database",
            "Answer by Fri 2 Oct 2026, 00:00 EDT. That has passed.",
            "Where: Your own page and accounts.",
            "Please contact our office. Source: Journal (9 Mar 2024), https://journal.org/b",
            "Evidence last checked 19 Aug 2026.",
            "Before you use it: Check the schedule.",
            "Respond. Several people spread it",
            "Never confirm, deny or hint that anyone is or was a patient",
            "and 5 more in the warehouse",
        ):
            assert expected in words or expected in words.replace(" .", "."), expected
    assert rendered.subject == "Urgent: false claim vax-harm, 7 posts, 5 people - Riverside Clinic"
    assert rendered.slug == "misinformation:vax-harm"


def test_three_links_at_most_and_only_rebuilt_ones(alert, facts, now):
    rendered = render_urgent(alert, facts, "Riverside Clinic", "UTC", now)
    linked = re.findall(r'href="([^"]+)"', rendered.html)
    assert linked == [
        "https://journal.org/b",
        "https://www.reddit.com/comments/abc12/",
        "https://x.com/i/status/17900",
    ]
    for part in (rendered.text, rendered.html):
        assert "jane_doe" not in part
        assert "evil.example" not in part
        assert "abc13" not in part
    page = "https://auscult.clinic.org/alert?token=a.b-c_d"
    rendered = render_urgent(alert, facts, "Riverside Clinic", "UTC", now, link=page)
    linked = re.findall(r'href="([^"]+)"', rendered.html)
    assert sorted(linked) == sorted(["https://journal.org/b", "https://www.reddit.com/comments/abc12/", page])
    assert re.findall(r"https://\S+", rendered.text) == [
        "https://journal.org/b",
        # Once more in the draft, which a person may publish.
        "https://journal.org/b",
        "https://www.reddit.com/comments/abc12/",
        page,
    ]
    assert "and 6 more in the warehouse" in rendered.text
    assert rendered.link == page


def test_a_post_that_cannot_be_followed_is_named(alert, facts, now):
    posts = [{"platform": "imports", "platform_id": "row-7", "url": "https://evil.example/7"}]
    rendered = render_urgent(replace(alert, evidence={"posts": posts}, posts=1), facts, "R", "UTC", now)
    for part in (rendered.text, rendered.html):
        assert "Imported files post, id row-7" in part
        assert "evil.example" not in part


@pytest.mark.parametrize("page", ["javascript:alert(1)", "https://", 'https://a.org/"><b>', "//a.org", "https://[", ""])
def test_a_page_that_is_no_web_address_is_left_out(alert, facts, now, page):
    rendered = render_urgent(alert, facts, "R", "UTC", now, link=page)
    assert rendered == render_urgent(alert, facts, "R", "UTC", now)


@pytest.mark.parametrize(
    ("why", "subject", "line"),
    [
        ("repeat", "Urgent, still open: ", "Told again: it is still open"),
        ("worse", "Urgent, worse: ", "Told again: it is worse"),
        ("grew", "Urgent, grew: ", "Told again: many more posts"),
        ("escalation", "Urgent, escalated: ", "Escalated to you: it was told before"),
    ],
)
def test_a_repeat_says_why_it_is_one(alert, facts, now, why, subject, line):
    rendered = render_urgent(alert, facts, "R", "UTC", now, why=why)
    assert rendered.subject.startswith(subject)
    assert all(line in words for words in _words(rendered))
    first = render_urgent(alert, facts, "R", "UTC", now)
    assert not any("again" in words or "Escalated" in words for words in _words(first))


@pytest.mark.parametrize(("evidence", "said"), [({"proven": False}, True), ({"proven": True}, False), ({}, False)])
def test_a_mail_says_where_such_alerts_are_not_proven_to_be_right(alert, facts, now, evidence, said):
    unproven = replace(alert, evidence=alert.evidence | evidence)
    for words in _words(render_urgent(unproven, facts, "Riverside Clinic", "America/New_York", now)):
        assert ("It is not proven that alerts with such a score" in words) is said


def test_an_unknown_claim_still_has_a_mail(alert, now):
    text, _ = _words(render_urgent(alert, None, "Riverside Clinic", "UTC", now))
    assert "Claim vax-harm" in text
    assert "WHAT IS TRUE" not in text
    assert "We hold no correction for this claim" in text


def test_the_mention_mail_names_our_term_only(mention_alert, now):
    rendered = render_urgent(mention_alert, None, "Riverside Clinic", "UTC", now)
    assert "Patient safety: named as Riverside Clinic" in _words(rendered)[0]
    assert rendered.subject == "Urgent: practice named, patient safety, 7 posts, 5 people - Riverside Clinic"


def test_what_only_the_model_takes_for_urgent_is_told_as_perhaps(mention_alert, now):
    doubtful = replace(mention_alert, severity="high", reasons=("may_not_wait",))
    text = _words(render_urgent(doubtful, None, "Riverside Clinic", "UTC", now))[0]
    assert "Perhaps patient safety: named as Riverside Clinic" in text


def test_posts_without_dates_say_so(alert, facts, now):
    undated = replace(alert, first_post_at=None, last_post_at=None)
    assert "Platforms gave no dates" in _words(render_urgent(undated, facts, "R", "UTC", now))[0]


@pytest.mark.parametrize("name", ["Praxis Müller", "診療所", "A\r\nBcc: x", "N" * 200, "=?utf-8?q?x?="])
def test_a_name_that_a_subject_cannot_hold_stays_in_the_body(alert, facts, now, name):
    rendered = render_urgent(alert, facts, name, "UTC", now)
    assert rendered.subject.isascii()
    assert "=?" not in rendered.subject
    assert clean(name, 200) in " ".join(rendered.text.split()) or len(name) > 100


def test_the_digest_counts_and_names_what_was_not_read(alert, mention_alert, facts, now):
    old = replace(alert, historical=True, alert_key="old", posts=9)
    low = replace(alert, severity="normal", reasons=("claim_promoted",), claim_id="tea", alert_key="tea")
    coverage = [
        Coverage("reddit", "ok", 100, now),
        Coverage("imports", "rate_limited", 20, now, "rate_limited", since_at=now),
        Coverage("x", "off", reason="no_credentials"),
        Coverage("facebook", "failed", last_read_at=now - timedelta(days=2), reason="permission"),
    ]
    reviews = tuple((f"claim-{number}", number) for number in range(1, 15))
    counts = _counts(now, reviews=reviews, quarantined=3, posts_screened=110)
    rendered = render_digest([alert, mention_alert, low, old], {"vax-harm": facts}, counts, coverage, "R", "UTC", now)
    text, html = _words(rendered)
    for words in (text, html):
        assert "2 things need you today, the worst first." in words
        assert "2 posts mention the practice; good or bad is not judged yet." in words
        assert "X and Facebook were not read, so we do not know what was written there." in words
        assert "Off: no credentials. Not the same as no posts." in words.replace(" .", ".")
        assert "Not read: permission. Not the same as no posts. Last read Wed 30 Sep 2026, 12:04 UTC." in words
        assert "Made to wait: rate limited. 20 new posts" in words.replace(" .", ".")
        assert (
            "1/3 sources complete; Imported files made to wait from Fri 2 Oct 2026, 12:04 UTC. X and Facebook were"
            in words
        )
        assert "1 group of old posts (9 posts) came in late" in words
        assert (
            "120 new posts heard, 110 screened; 10 still waiting to be screened; 3 unreadable records set aside."
            in words
        )
        assert "and 10 more posts" in words
    assert "WAITING FOR A PERSON TO JUDGE: 105 UNCLEAR" in text
    assert "14 posts: claim claim-14" in text
    assert "claim-4\n" not in rendered.text
    assert rendered.subject == "Digest Fri 2 Oct 2026: 2 need you today, 2 false claims, 2 mentions - R"


def test_a_long_list_is_capped_and_the_rest_counted(alert, facts, now):
    rows = int(POLICY["review_digest_rows"])
    alerts = [replace(alert, alert_key=f"k{number}", claim_id=f"claim-{number:02d}") for number in range(rows + 7)]
    facts_by_id = {item.claim_id: facts for item in alerts}
    rendered = render_digest(alerts, facts_by_id, _counts(now), [Coverage("x", "ok")], "R", "UTC", now)
    assert rendered.text.count("[Urgent]") == rows
    assert "and 7 more in the warehouse" in rendered.text
    assert f"{rows + 7}  things need you today" in rendered.text


def test_an_old_alert_is_never_listed(alert, facts, now):
    old = replace(alert, historical=True)
    rendered = render_digest(
        [old], {"vax-harm": facts}, _counts(now, mentions=0), [Coverage("x", "ok")], "R", "UTC", now
    )
    assert "Nothing needs you today" in rendered.text
    assert facts.claim not in rendered.text


def test_an_empty_day_says_what_was_heard_and_what_was_not(now):
    empty = _counts(now, mentions=0)
    for words in _words(render_digest([], {}, empty, [Coverage("reddit", "ok", 120, now)], "R", "UTC", now)):
        assert "0 Nothing needs you today." in words
        assert "0 Nobody mentioned the practice in what was read." in words
        assert "1/1 source complete." in words
        assert "120 new posts heard, 120 screened." in words
        assert "not read" not in words
    silent, _ = _words(render_digest([], {}, empty, [Coverage("x", "off", reason="no_credentials")], "R", "UTC", now))
    assert "0/0 sources complete. X was not read, so we do not know what was written there." in silent
    unheard = render_digest([], {}, _counts(now, posts_heard=0, posts_screened=0, mentions=0), [], "R", "UTC", now)
    assert "No source is set up, so this says nothing about what people wrote." in _words(unheard)[0]
    assert "0 new posts heard, 0 screened." in unheard.text


def test_tones_are_counted_and_the_unknown_ones_said(now):
    counts = _counts(now, mentions=9, tones={"positive": 3, "negative": 2, "mixed": 1})
    for words in _words(render_digest([], {}, counts, [Coverage("x", "ok")], "R", "UTC", now)):
        assert "9 posts mention the practice: 3 good, 2 bad, 1 neither and 3 not judged yet." in words


def test_what_was_held_back_is_counted(now):
    held = {"silenced": 2, "inhibited": 1_900, "cap": 1, "historical": 7, "waiting": 0}
    noisy = render_digest([], {}, _counts(now), [], "R", "UTC", now, held=held, noise=Noise(3, 5))
    for words in _words(noisy):
        assert (
            "Not mailed to you at once: 2 silenced by a person, 1,900 told as part of a larger alert and 1 over your "
            "daily limit of mails." in words
        )
        assert "Noise budget exceeded by 2: 5 urgent mails in the last seven days; you want 3 at most." in words
    calm = render_digest([], {}, _counts(now), [], "R", "UTC", now, noise=Noise(3, 3))
    assert "Noise budget: 3 urgent mails in the last seven days; you want 3 at most." in _words(calm)[0]
    assert "Not mailed" not in calm.text


def test_times_follow_daylight_saving_and_not_the_locale():
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("America/New_York")
    assert moment(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), zone) == "Sun 1 Nov 2026, 01:30 EDT"
    assert moment(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), zone) == "Sun 1 Nov 2026, 01:30 EST"


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, ("almost certainly", "99 %")),
        (0.81, ("very likely", "81 %")),
        (0.6, ("likely", "60 %")),
        (0.5, ("more likely than not", "50 %")),
        (0.31, ("possibly", "31 %")),
        (0.0, ("possibly", "1 %")),
        (None, ("possibly", "no number stored")),
    ],
)
def test_sureness_in_words_and_numbers(probability, words):
    assert sure(probability) == words
