"""Posts to check: what is drawn and in which order, what an answer keeps, who may answer, worked by keys."""

import re
from itertools import pairwise

import pytest
import sqlalchemy as sa

from pipeline.post import NO_WORDS
from pipeline.warehouse import tables, unchecked
from pipeline.web.people import form_of
from tests.web.test_hostile_page import PAYLOADS, storable
from tests.web.test_in_a_browser import CONTRAST, SIZES, SMALL_TARGETS, UNLABELLED
from tests.web.test_triage_page import axe_problems
from tests.web.triage_site import PEOPLE, TEXT, press_and_wait, triage_running, write_alerts, write_post

REVIEW = {"decision": "review", "reason": "below_promise", "score": 0.4}


@pytest.fixture
def triage(settings, clock):
    with triage_running(settings, clock) as started:
        yield started


@pytest.fixture
def key(triage):
    return write_alerts(triage, 1)[0]


def write_matches(triage, key, amount, **changes) -> None:
    for number in range(amount):
        write_post(triage, key, **REVIEW | changes, post={"platform_id": f"t3_{number}"})


def drawn(triage) -> list[str]:
    """The ids of the posts to check in their order, as who skips all of them meets them."""
    found, place = [], ""
    with triage.workplace.engine.begin() as connection:
        while row := unchecked.next_unchecked(connection, place):
            found.append(row["platform_id"])
            place = row["place"]
    return found


def columns_of(table, *without) -> str:
    return ", ".join(column.name for column in table.c if column.name not in without)


def answer(triage, act, person="ana", **fields):
    sent = {"form": form_of(PEOPLE[person], triage.key), "act": act, **fields}
    return triage.ask("checks", person, "POST", data=sent)


def first_match(triage) -> dict:
    with triage.workplace.engine.begin() as connection:
        return unchecked.next_unchecked(connection, "")


def test_the_page_asks_about_one_post_and_hides_who(triage, key):
    write_post(triage, key, **REVIEW)
    page = triage.ask("checks").text
    assert "Does this post spread the claim?" in page
    assert "The MMR vaccine causes autism." in page
    assert "<mark>The MMR shot gave my nephew autism.</mark>" in page
    assert "Jane" not in page
    assert "0188" not in page
    assert "Vaccinated children have autism no more often." in page
    assert "spreads the claim: " in page
    assert "alerts with so low a score are not proven to be right often enough" in page
    assert "https://www.reddit.com/comments/abc12/" in page
    folded = re.search(r"<details>(.*?)</details>", page, re.DOTALL)
    assert folded, "what the program makes of a post would lead who is asked"
    assert "spreads the claim: " not in page.replace(folded[0], "")
    queue = triage.ask("queue").text
    assert 'Posts to check <span class="number">1</span>' in queue
    assert 'href="queue"' in page


def test_the_order_is_stable_and_follows_no_score(triage, key):
    for number in range(60):
        write_post(triage, key, **REVIEW | {"score": number / 100}, post={"platform_id": f"t3_{number}"})
    order = drawn(triage)
    assert sorted(order) == sorted(f"t3_{number}" for number in range(60))
    assert order == drawn(triage)
    numbers = [int(one.removeprefix("t3_")) for one in order]
    rising = sum(later > earlier for earlier, later in pairwise(numbers))
    assert 15 < rising < 45
    with triage.workplace.engine.begin() as connection:
        # Screened again a match has another number, and keeps its place.
        names = columns_of(tables.matches, "match_id")
        connection.execute(sa.text("create temporary table again on commit drop as select * from matches"))
        connection.execute(sa.text("delete from matches"))
        connection.execute(sa.text(f"insert into matches ({names}) select {names} from again order by score desc"))
    assert drawn(triage) == order


def test_the_next_one_is_found_by_its_index(triage, key):
    write_matches(triage, key, 3)
    with triage.workplace.engine.begin() as connection:
        heard = []
        sa.event.listen(connection, "before_cursor_execute", lambda *told: heard.append((told[2], told[3])))
        unchecked.next_unchecked(connection, "8" * 32)
        statement, values = heard[-1]
        connection.execute(sa.text("set local enable_seqscan = off"))
        plan = "\n".join(connection.exec_driver_sql(f"explain {statement}", values).scalars())
    assert "Index Scan using ix_matches_to_check on matches" in plan
    assert "Index Cond: (md5(" in plan
    assert "Sort" not in plan


def test_a_tenth_of_the_alerts_is_drawn_and_all_that_wait_are(triage, key):
    write_post(triage, key)
    with triage.workplace.engine.begin() as connection:
        of_post, of_match = columns_of(tables.posts, "post_id", "platform_id"), columns_of(tables.matches, "match_id")
        copied = of_match.replace("post_id", "copies.post_id")
        copying = f"""
            with copies as (
                insert into posts (platform_id, {of_post})
                select 'copy ' || n, {of_post} from posts, generate_series(1, 1999) as n
                returning post_id
            )
            insert into matches ({of_match}) select {copied} from copies, matches
        """
        connection.execute(sa.text(copying))
        assert 150 < unchecked.count_unchecked(connection, 5_000) < 250
        connection.execute(sa.text("update matches set decision = 'review'"))
        assert unchecked.count_unchecked(connection, 5_000) == 2_000
        assert unchecked.count_unchecked(connection, 700) == 700
        connection.execute(sa.text("update matches set decision = 'counted'"))
        assert unchecked.count_unchecked(connection, 5_000) == 0


@pytest.mark.parametrize(
    "changes",
    [{"own": True}, {"status": "deleted"}, {"content_hash": NO_WORDS, "text": ""}, {"platform": "canary"}],
)
def test_what_must_not_be_shown_is_never_drawn(triage, key, changes):
    write_post(triage, key, **REVIEW)
    match = first_match(triage)
    assert match
    with triage.workplace.engine.begin() as connection:
        connection.execute(sa.update(tables.posts).values(**changes))
        assert unchecked.match_at(connection, match["place"]) is None
    assert drawn(triage) == []
    assert "Nothing is to check." in triage.ask("checks").text
    assert answer(triage, "yes", match=str(match["match_id"]), place=match["place"]).status_code == 409
    assert triage.rows("reviews") == []


def test_an_answer_is_kept_as_drawn_and_the_next_is_asked(triage, key):
    write_matches(triage, key, 3)
    order = drawn(triage)
    for act in ("yes", "no"):
        match = first_match(triage)
        kept = answer(triage, act, match=str(match["match_id"]), place=match["place"])
        assert (kept.status_code, kept.headers["Location"]) == (303, f"checks?after={match['place']}")
    told = [(row["subject"], row["platform_id"], row["verdict"], row["drawn"]) for row in triage.rows("reviews")]
    assert told == [("match", order[0], "confirmed", "check"), ("match", order[1], "rejected", "check")]
    assert drawn(triage) == order[2:]


def test_a_slip_is_put_right_from_the_place_before(triage, key):
    write_matches(triage, key, 2)
    match = first_match(triage)
    named = {"match": str(match["match_id"]), "place": match["place"]}
    answer(triage, "yes", **named)
    assert f'href="checks?at={match["place"]}" rel="prev"' in triage.ask(f"checks?after={match['place']}").text
    assert "ana said: it spreads the claim." in triage.ask(f"checks?at={match['place']}").text
    answer(triage, "no", **named)
    assert "ana said: it does not spread the claim." in triage.ask(f"checks?at={match['place']}").text
    assert [row["verdict"] for row in triage.rows("reviews")] == ["confirmed", "rejected"]


def test_a_match_that_nobody_drew_teaches_nothing(triage, key):
    write_post(triage, key, decision="counted", reason="neutral")
    (match,) = triage.rows("matches")
    for number in (match["match_id"], match["match_id"] + 1, 10**17):
        late = answer(triage, "yes", match=str(number), place="")
        assert late.status_code == 409
        assert "Nothing was kept" in late.text
    for fields in ({"match": "1; drop"}, {"match": ""}, {"match": "9" * 30}, {"match": "٣"}):
        assert answer(triage, "yes", **fields).status_code == 400
    assert answer(triage, "perhaps", match=str(match["match_id"])).status_code == 400
    assert triage.rows("reviews") == []


def test_only_who_may_act_answers_with_a_form_of_their_own(triage, key):
    write_post(triage, key, **REVIEW)
    match = first_match(triage)
    named = {"match": str(match["match_id"]), "place": match["place"]}
    before = triage.everything()
    for person, status in ((None, 401), ("mallory", 401)):
        for method in ("GET", "HEAD", "POST"):
            refused = triage.ask("checks", person, method, data={"act": "yes", **named})
            assert refused.status_code == status
            assert "MMR" not in refused.text
    seen = triage.ask("checks", "vera")
    assert "Does this post spread the claim?" in seen.text
    assert 'method="post"' not in seen.text
    assert answer(triage, "yes", "vera", **named).status_code == 403
    right = form_of(PEOPLE["ana"], triage.key)
    for form in ("", "0" * 64, form_of(PEOPLE["olga"], triage.key)):
        assert triage.ask("checks", "ana", "POST", data={"form": form, "act": "yes", **named}).status_code == 403
    for site in ("cross-site", "same-site"):
        sent = {"form": right, "act": "yes", **named}
        crossed = triage.ask("checks", "ana", "POST", data=sent, headers={"Sec-Fetch-Site": site})
        assert crossed.status_code == 403
    assert triage.everything() == before
    headers = triage.ask("checks").headers
    assert headers["Content-Security-Policy"] == triage.ask("queue").headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert triage.ask("checks", params={"after": "a\0b", "at": "'; drop"}).status_code == 200


def test_posts_are_checked_by_keys_alone(triage, key, browser):
    write_matches(triage, key, 4)
    order = drawn(triage)
    triage.sign_in(browser)
    browser.open(f"{triage.address}/queue")
    press_and_wait(browser, "p")
    for one in ("y", "s", "n", "s"):
        press_and_wait(browser, one)
    assert "No more to check behind this place" in browser.ask("document.body.innerText")
    press_and_wait(browser, "k")
    assert f"comments/{order[3].removeprefix('t3_')}/" in browser.ask("document.querySelector('.grounds a').href")
    press_and_wait(browser, "u")
    assert browser.ask("location.pathname") == "/queue"
    told = {row["platform_id"]: (row["verdict"], row["reviewed_by"]) for row in triage.rows("reviews")}
    assert told == {order[0]: ("confirmed", "ana"), order[2]: ("rejected", "ana")}
    assert browser.complaints == []
    assert all(address.startswith((triage.address, "data:")) for address in browser.requested)


def test_it_works_without_its_script(triage, key, browser):
    write_matches(triage, key, 1)
    triage.sign_in(browser)
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(f"{triage.address}/checks")
    browser.tab_to("#act-no button")
    browser.press_and_wait("Enter")
    assert [row["verdict"] for row in triage.rows("reviews")] == ["rejected"]


def test_hostile_words_stay_words(triage, key, browser):
    hostile = [storable(PAYLOADS[number % len(PAYLOADS)]) for number in range(200)]
    words = {"matched_text": hostile[9], "true_statement": hostile[11], "cues": hostile[:20], "reason": hostile[13]}
    post = {"title": hostile[3], "url": hostile[5]}
    write_post(triage, key, " ".join(hostile), hostile[7], **REVIEW | words, post=post)
    triage.sign_in(browser)
    browser.open(f"{triage.address}/checks")
    assert browser.ask("document.querySelectorAll('iframe, svg, object, embed, base, script:not([src])').length") == 0
    assert browser.ask("document.forms.length") == 3
    assert browser.ask("typeof window.pwned") == "undefined"
    assert browser.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_can_be_read_and_reached(triage, key, browser, size, dark):
    write_post(triage, key, f"{TEXT} " * 20, **REVIEW)
    width, height, mobile = SIZES[size]
    browser.look(width, height, dark, mobile)
    triage.sign_in(browser)
    for path in ("checks", f"checks?at={first_match(triage)['place']}", f"checks?after={'f' * 32}"):
        browser.open(f"{triage.address}/{path}")
        contrast = browser.ask(CONTRAST)
        assert contrast["looked"] > 5
        assert contrast["weak"] == []
        assert browser.ask(UNLABELLED) == 0
        assert browser.ask(SMALL_TARGETS.replace("input:not([type=hidden])", "input[type=text]")) in (0, 1)
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth") is True
        assert axe_problems(browser) == []


def test_nobody_is_asked_twice_about_what_an_alert_taught(triage, key):
    write_post(triage, key, **REVIEW)
    assert len(drawn(triage)) == 1
    assert triage.act(key, "confirm").status_code == 303
    assert drawn(triage) == []
