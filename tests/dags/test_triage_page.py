"""The triage page below the real Airflow: its own users sign in, each role may what it may, and a form teaches."""

import time

import pytest
import requests
import sqlalchemy as sa

from pipeline.warehouse import tables
from pipeline.workplace import Workplace
from tests.web.browser import PATIENCE_S, Browser, find_chromium, open_browser
from tests.web.served import alert_row, claim_row

ROUTES = (
    ("GET", "queue"),
    ("GET", "triage"),
    ("POST", "triage"),
    ("GET", "triage.js"),
    ("GET", "checks"),
    ("POST", "checks"),
)
# An element of the page that holds this word and nothing else.
WORD = "[...document.querySelectorAll('*')].find(e => !e.children.length && e.textContent.trim() === '{}')"


def cookie_of(role: str) -> dict[str, str]:
    """What Airflow's own login puts into the browser."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return {COOKIE_NAME_JWT_TOKEN: get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="ana", role=role))}


def test_users_of_airflow_work_the_queue(airflow_site: str, workplace: Workplace) -> None:
    row = alert_row(workplace.practice.practice_id)
    own = {"claim_id": None, "claim_version": None, "kind": "mention", "category": "own_post:stop"}
    hidden = alert_row(workplace.practice.practice_id, alert_key="own", **own)
    with workplace.engine.begin() as connection:
        connection.execute(sa.insert(tables.claims).values(**claim_row()))
        connection.execute(sa.insert(tables.alerts), [row, hidden])
    asked = {"key": row["alert_key"]}
    for cookies in ({}, {"_token": "forged"}):
        for method, path in ROUTES:
            address = f"{airflow_site}/auscult/{path}"
            answer = requests.request(
                method, address, params=asked, cookies=cookies, data={"act": "reject"}, timeout=60
            )
            assert answer.status_code in (401, 403), path
            assert "MMR" not in answer.text
    counts = {"viewer": 1, "user": 1, "admin": 2}
    for role, seen in counts.items():
        queue = requests.get(f"{airflow_site}/auscult/queue", cookies=cookie_of(role), timeout=60)
        assert queue.text.count("data-row") == seen, role
    viewed = requests.get(f"{airflow_site}/auscult/triage", params=asked, cookies=cookie_of("viewer"), timeout=60)
    assert "False: “The MMR vaccine causes autism.”" in viewed.text
    assert "act-confirm" not in viewed.text
    page = requests.get(f"{airflow_site}/auscult/triage", params=asked, cookies=cookie_of("user"), timeout=60)
    sent = {"form": page.text.partition('name="form" value="')[2][:64], "act": "confirm"}
    statuses = []
    for cookies in (cookie_of("viewer"), {}, cookie_of("user")):
        done = requests.post(f"{airflow_site}/auscult/triage", params=asked, cookies=cookies, data=sent, timeout=60)
        statuses.append(done.history[0].status_code if done.history else done.status_code)
    assert statuses == [403, 401, 303]
    with workplace.engine.begin() as connection:
        told = connection.execute(sa.select(tables.reviews).where(tables.reviews.c.subject == "alert")).all()
    assert [(one.verdict, one.reviewed_by) for one in told] == [("confirmed", "ana")]


def test_the_navigation_of_airflow_leads_to_the_queue(airflow_site: str, workplace: Workplace) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    ((name, value),) = cookie_of("user").items()
    with open_browser(chromium) as browser:
        browser.look(1280, 900, False, False)
        browser.call("Network.setCookie", name=name, value=value, url=airflow_site, sameSite="Lax")
        # Deep enough for a relative address to lead elsewhere.
        browser.open(f"{airflow_site}/dags/hourly_listen/runs")
        browser.click(WORD.format("Browse"))
        browser.click(WORD.format("Alerts"))
        # It opens in a tab of its own, framed by nothing.
        ends = time.monotonic() + PATIENCE_S
        while ("Open alerts – Auscult", f"{airflow_site}/auscult/queue") not in tabs(browser):
            assert time.monotonic() < ends, tabs(browser)
            time.sleep(0.1)


def tabs(browser: Browser) -> list[tuple[str, str]]:
    targets = browser.call("Target.getTargets")["targetInfos"]
    return [(one["title"], one["url"]) for one in targets if one["type"] == "page"]
