"""The app with signed-in people: a cookie says who it is, as Airflow's own does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
import sqlalchemy as sa
from fastapi import HTTPException, Request

from pipeline.config import Settings
from pipeline.warehouse import tables
from pipeline.web.app import create_app
from pipeline.web.people import Person, form_of
from pipeline.web.serving import web_server
from pipeline.workplace import open_workplace
from tests.web.browser import Browser
from tests.web.served import NOW, Clock, Site, alert_row, answering, claim_row

PEOPLE = {
    "ana": Person("ana", may_act=True),
    "vera": Person("vera", may_act=False),
    "olga": Person("olga", may_act=True, sees_own_posts=True),
}
TEXT = "Call Jane Miller at 503-555-0188. The MMR shot gave my nephew autism. Nobody tells you."
PASSAGE = "The MMR shot gave my nephew autism."


@dataclass
class TriageSite(Site):
    """The running server as people see it who are signed in."""

    def ask(self, path: str, person: str | None = "ana", method: str = "GET", **more: Any) -> requests.Response:
        cookies = {"person": person} if person else {}
        address = f"{self.address}/{path}"
        return requests.request(method, address, cookies=cookies, timeout=30, allow_redirects=False, **more)

    def act(self, key: str, act: str, person: str = "ana", **fields: str) -> requests.Response:
        sent = {"form": form_of(PEOPLE[person], self.key), "act": act, **fields}
        return self.ask("triage", person, "POST", params={"key": key}, data=sent)

    def sign_in(self, browser: Browser, person: str = "ana") -> None:
        browser.call("Network.setCookie", name="person", value=person, url=self.address, sameSite="Lax")


async def who(request: Request) -> Person:
    person = PEOPLE.get(request.cookies.get("person", ""))
    if person is None:
        raise HTTPException(401)
    return person


@contextmanager
def triage_running(settings: Settings, clock: Clock) -> Iterator[TriageSite]:
    server = web_server(create_app(lambda: open_workplace(settings), clock, who), "127.0.0.1", 0)
    with answering(server) as address:
        yield TriageSite(address, open_workplace(settings), clock)


def write_alerts(site: Site, amount: int, **changes: Any) -> list[str]:
    """Alerts of one claim, each a minute younger than the one before; returns their keys."""
    practice_id = site.workplace.practice.practice_id
    rows = []
    for number in range(amount):
        raised_at = NOW - timedelta(hours=4) + timedelta(minutes=number)
        key = f"{practice_id}|misinformation|mmr-autism|{number:06d}"
        rows.append(alert_row(practice_id, **{"alert_key": key, "raised_at": raised_at, **changes}))
    events = [
        {"alert_key": row["alert_key"], "practice_id": practice_id, "by": "auscult", "event": "raised", "at": NOW}
        for row in rows
    ]
    with site.workplace.engine.begin() as connection:
        known = connection.execute(sa.select(tables.claims.c.claim_id)).scalars().all()
        if "mmr-autism" not in known:
            connection.execute(sa.insert(tables.claims).values(**claim_row()))
        connection.execute(sa.insert(tables.alerts), rows)
        connection.execute(sa.insert(tables.alert_events), events)
    return [str(row["alert_key"]) for row in rows]


def write_post(site: Site, alert_key: str, text: str = TEXT, passage: str = PASSAGE, **changes: Any) -> None:
    """The alert's clearest post, reddit t3_abc12, with its match."""
    start = text.find(passage)
    post = {
        **{"platform": "reddit", "platform_id": "t3_abc12", "source": "reddit", "kind": "post", "title": None},
        **{"text": text, "content_hash": "1" * 64, "created_at": NOW - timedelta(days=1), "ingested_at": NOW},
    }
    match = {
        **{"claim_id": "mmr-autism", "claim_version": 1, "rank": 1, "similarity": 0.9, "dense": 0.9, "sparse": 0.5},
        **{"p_match": 0.97, "field": "claim", "matched_text": "The MMR vaccine causes autism."},
        **{"span_start": start, "span_end": start + len(passage), "promotes": 0.83, "debunks": 0.05},
        **{"questions": 0.05, "neutral": 0.07, "stance": "promotes", "cues": [], "score": 0.8, "decision": "alert"},
        **{"true_statement": "Vaccinated children have autism no more often.", "reason": "promotes_claim"},
        **{"model_id": "m", "reader_id": "r", "stance_id": "s", "policy_version": "1", "screened_at": NOW},
    }
    with site.workplace.engine.begin() as connection:
        written = sa.insert(tables.posts).values(**{**post, **changes.pop("post", {})})
        post_id = connection.execute(written.returning(tables.posts.c.post_id)).scalar_one()
        connection.execute(sa.insert(tables.matches).values(**{**match, **changes, "post_id": post_id}))
        alert_id = sa.select(tables.alerts.c.alert_id).where(tables.alerts.c.alert_key == alert_key).scalar_subquery()
        connection.execute(sa.insert(tables.alert_posts).values(alert_id=alert_id, post_id=post_id))


def press(browser: Browser, key: str) -> None:
    """Press a key that writes a character."""
    code = ord(key.upper()) if key.isalpha() else 0
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key, windowsVirtualKeyCode=code)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)


def press_and_wait(browser: Browser, key: str) -> None:
    """Press a key that leads to another page."""
    loaded = browser._loaded
    press(browser, key)
    browser.wait_for_load(loaded)


def clock_at(site: Site, minutes: int) -> datetime:
    """Move the server's clock, so that acts do not fall into one moment."""
    site.clock.now = NOW + timedelta(minutes=minutes)
    return site.clock.now
