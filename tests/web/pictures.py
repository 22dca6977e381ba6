"""Takes the pictures of docs/alert-page.md: the alert page at two widths, light and dark."""

import tempfile
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from PIL import Image

from pipeline.config import read_settings
from pipeline.warehouse import embedded, tables
from pipeline.workplace import close_engines
from tests.web.browser import find_chromium, open_browser
from tests.web.served import NOW, Clock, Site, alert_row, claim_row, running

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
