"""Takes the pictures of docs/alert-page.md and docs/triage-page.md: the pages at two widths, light and dark."""

import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from PIL import Image

from pipeline.config import read_settings
from pipeline.warehouse import embedded, tables
from pipeline.workplace import close_engines
from tests.web.browser import Browser, find_chromium, open_browser
from tests.web.served import NOW, Clock, Site, alert_row, claim_row, running
from tests.web.triage_site import TriageSite, triage_running, write_alerts, write_post

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SIZES = {"desktop": (1280, 900, False), "phone": (390, 844, True)}
KEY = "a key for pictures, never for a practice"
PRACTICE = "name: Larkspur Family Health\nphone: 503-555-0142\nwebsite: larkspurfamilyhealth.example\n"
LISTENING = """
receivers: [{name: Communications, address: comms@larkspurfamilyhealth.example}]
time_zone: America/Los_Angeles
business_hours: {}
"""


def main() -> None:
    """Write the pictures, from a warehouse of their own."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    with tempfile.TemporaryDirectory(prefix="auscult-pictures-") as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "practice.yaml").write_text(PRACTICE)
        (home / "auscult.yaml").write_text(LISTENING)
        settings = read_settings(
            {"AUSCULT_HOME": name, "AUSCULT_AUTHOR_KEY": "a key for pictures, never for a practice"}
        )
        try:
            with triage_running(settings, Clock()) as triage, open_browser(chromium) as browser:
                _triage(triage, browser)
            with running(settings, Clock()) as site, open_browser(chromium) as browser:
                key = _write(site)
                # In light nobody has done anything yet; in dark it is acknowledged and silenced.
                for dark in (False, True):
                    if dark:
                        _act(site, key)
                    for size, (width, height, mobile) in SIZES.items():
                        browser.look(width, height, dark, mobile)
                        browser.open(site.link(site.token(key)))
                        path = FOLDER / f"alert_page_{size}_{'dark' if dark else 'light'}.png"
                        browser.picture(path)
                        _shrink(path)
        finally:
            close_engines()
            embedded.stop_server(settings.database_folder)


def _write(site: Site) -> str:
    row = alert_row(site.workplace.practice.practice_id)
    event = {"alert_key": row["alert_key"], "practice_id": row["practice_id"], "by": "auscult", "note": ""}
    with site.workplace.engine.begin() as connection:
        connection.execute(sa.insert(tables.claims).values(**claim_row()))
        connection.execute(sa.insert(tables.alerts).values(**row))
        for name, at in (("raised", row["raised_at"]), ("grew", row["updated_at"])):
            connection.execute(sa.insert(tables.alert_events).values(**event, event=name, at=at))
    return str(row["alert_key"])


def _triage(site: TriageSite, browser: Browser) -> None:
    key, *_ = write_alerts(site, 2)
    for number, (severity, said) in enumerate((("high", "staff"), ("high", "billing"), ("normal", "access"))):
        mention = {"kind": "mention", "claim_id": None, "claim_version": None, "category": "complaint"}
        evidence = {"p_mention": 0.93, "terms": ["Larkspur Family Health"], "wordings": 3, "posts": []}
        counts = {"posts": 4 + number, "voices": 3, "platforms": ["reddit"], "reason": "negative_mentions"}
        written = {"alert_key": f"mention {said}", "severity": severity, "evidence": evidence}
        write_alerts(site, 1, **mention, **counts, **written)
    write_post(site, key)
    for number in range(21):
        # Day by day one more: what begins slowly is what the picture must show.
        written_at = NOW - timedelta(
            days=next(day for day in range(6) if number < 6 * (day + 1) - day * (day + 1) // 2)
        )
        write_post(site, key, post={"platform_id": f"t3_more{number}", "created_at": written_at})
    write_post(site, key, post={"platform_id": "t3_check"}, decision="review", reason="below_promise", score=0.62)
    site.sign_in(browser)
    for page, path in (("queue", "queue"), ("triage", f"triage?key={quote(key)}"), ("checks", "checks")):
        for size, (width, height, mobile) in SIZES.items():
            for dark in (False, True):
                browser.look(width, height, dark, mobile)
                browser.open(f"{site.address}/{path}")
                picture = FOLDER / f"page_{page}_{size}_{'dark' if dark else 'light'}.png"
                browser.picture(picture)
                _shrink(picture)
    with site.workplace.engine.begin() as connection:
        connection.execute(sa.text("truncate alerts, alert_events, alert_posts, matches, posts, claims cascade"))


def _act(site: Site, key: str) -> None:
    site.clock.now = NOW + timedelta(minutes=9)
    note = "Dr. Raman drafts an answer for our page."
    assert site.post(site.token(key), {"act": "acknowledge", "note": note}).status_code == 303
    site.clock.now = NOW + timedelta(minutes=26)
    reason = "The answer is online; we look at it again tomorrow."
    assert site.post(site.token(key), {"act": "silence", "hours": "24", "note": reason}).status_code == 303


def _shrink(path: Path) -> None:
    # Flat areas and text need few colours: a third of the bytes.
    Image.open(path).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
