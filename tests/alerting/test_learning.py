"""What the digest says of people's verdicts: how sure the share is, what moved, and what waits."""

from datetime import UTC, datetime

from pipeline.alerting.digest import DigestCounts
from pipeline.alerting.learning import Fit, Learned, learning_lines
from pipeline.alerting.render import render_digest

NOW = datetime(2026, 10, 12, 15, tzinfo=UTC)
MOVED = Fit(version=3, precision_before=0.71, precision_after=0.84, gained=4, lost=1_900)


def test_realised_precision_comes_with_its_interval() -> None:
    (line,) = learning_lines(Learned(judged=24, right=21))
    assert line == (
        "Of 24 alerts that people judged in the last 30 days, 21 were right: 88 % (between 69 % and 96 %)."
    ).replace(" %", "%")
    (one,) = learning_lines(Learned(judged=1, right=1))
    assert "Of 1 alert that people judged in the last 30 days, 1 was right: 100% (between 21% and 100%)." in one


def test_nobody_judged_is_no_share() -> None:
    (line,) = learning_lines(Learned())
    assert "Nobody judged" in line
    assert "%" not in line


def test_a_change_is_never_silent() -> None:
    waiting = Fit(4, None, None, 0, 12, "source x: the threshold would go from 0.48 to 0.72 <b>")
    _, moved, back, waits = learning_lines(Learned(applied=[MOVED], back_to="version 2", waiting=waiting))
    assert moved == (
        "Your verdicts moved the thresholds (version 3): 84% of alerts right instead of 71%, 4 alerts more and 1,900 "
        "fewer in the last weeks."
    )
    assert back == "The thresholds went back to version 2."
    assert "version 4" in waits
    assert "from 0.48 to 0.72" in waits


def test_the_digest_says_it_in_both_forms() -> None:
    counts = DigestCounts(since_at=NOW, until_at=NOW, posts_heard=0, posts_screened=0, mentions=0)
    waiting = Fit(4, 0.5, 0.9, 0, 12, "source <script>: far")
    learned = Learned(judged=24, right=21, applied=[MOVED], waiting=waiting)
    mail = render_digest([], {}, counts, [], "Larkspur", "UTC", NOW, learned=learned)
    for words in (" ".join(mail.text.split()), mail.html):
        assert "21 were right" in words
        assert "version 3" in words
    assert "<script>" not in mail.html
    silent = render_digest([], {}, counts, [], "Larkspur", "UTC", NOW)
    assert "judged" not in silent.text
