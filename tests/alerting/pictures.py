"""Draws the pictures of docs/mail.md again, from invented data: python -m tests.alerting.pictures CHROMIUM."""

import base64
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageChops

from pipeline.alerting.card import Desk
from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.learning import Fit, Learned
from pipeline.alerting.notices import Noise
from pipeline.alerting.render import Rendered, render_digest, render_urgent
from pipeline.receivers import BusinessHours
from tests.alerting.invented import (
    CLAIM_ALERT,
    COMPLAINT_ALERT,
    CRISIS_ALERT,
    FACTS,
    FALL,
    MENTION_ALERT,
    MILK,
    NOW,
    RISE,
    STORY,
    SURGE,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PRACTICE, ZONE = "Larkspur Family Health", "America/Los_Angeles"
DESK = Desk(PRACTICE, ZoneInfo(ZONE), BusinessHours(), "503-555-0142", "larkspurfamilyhealth.example")
PAGE = "https://auscult.larkspur.example/alert?token=invented"
WIDTHS = {"desktop": 700, "phone": 390}
SCHEMES = {"light": [], "dark": ["--blink-settings=preferredColorScheme=0"]}
# Of these mails one picture is kept; of the others, every width and scheme.
SHOWN = {
    "mention": (("phone", "light"),),
    "crisis": (("desktop", "light"), ("phone", "dark")),
    "complaint": (("phone", "light"),),
    "surge": (("desktop", "dark"),),
    "empty": (("desktop", "light"),),
}
# Mail → height at 700 and at 390 pixels.
HEIGHTS = {
    "urgent": (1360, 1720),
    "mention": (900, 1100),
    "crisis": (1000, 1300),
    "complaint": (900, 1100),
    "surge": (1260, 1560),
    "digest": (2040, 2600),
    "empty": (700, 820),
}


def draw_mails() -> dict[str, Rendered]:
    """The mails of the pictures."""
    counts = DigestCounts(
        NOW - timedelta(days=1),
        NOW,
        412,
        412,
        12,
        (("vax-genes", 6), ("tea-cures-flu", 2)),
        1,
        {"positive": 3, "negative": 5, "neutral": 1},
    )
    coverage = [
        Coverage("bluesky", "ok", 61, NOW),
        Coverage("google_reviews", "ok", 7, NOW),
        Coverage("nextdoor", "ok", 33, NOW),
        Coverage("reddit", "ok", 290, NOW),
        Coverage("youtube", "exhausted", 21, NOW, "quota_exhausted", NOW - timedelta(hours=7)),
        Coverage("x", "off", reason="terms_not_accepted"),
    ]
    low = replace(
        CLAIM_ALERT,
        alert_key="k3",
        claim_id="tea-cures-flu",
        severity="normal",
        reasons=("claim_promoted",),
        posts=3,
        voices=2,
        platforms=("reddit",),
        evidence=CLAIM_ALERT.evidence | {"wordings": 3},
    )
    plain = replace(
        MENTION_ALERT,
        alert_key="k4",
        category="praise",
        severity="normal",
        reasons=("practice_named",),
        posts=4,
        voices=4,
    )
    alerts = [MENTION_ALERT, CLAIM_ALERT, low, plain]
    quiet = DigestCounts(NOW - timedelta(days=1), NOW, 388, 388, 0)
    return {
        "urgent": render_urgent(CLAIM_ALERT, MILK, PRACTICE, ZONE, NOW, link=PAGE, why="grew", trend=RISE, desk=DESK),
        "mention": render_urgent(MENTION_ALERT, None, PRACTICE, ZONE, NOW, link=PAGE, why="escalation", desk=DESK),
        "crisis": render_urgent(CRISIS_ALERT, None, PRACTICE, ZONE, NOW, link=PAGE, desk=DESK),
        "complaint": render_urgent(COMPLAINT_ALERT, None, PRACTICE, ZONE, NOW, link=PAGE, desk=DESK),
        "surge": render_urgent(SURGE, MILK, PRACTICE, ZONE, NOW, link=PAGE, trend=RISE, desk=DESK),
        "digest": render_digest(
            alerts,
            FACTS,
            counts,
            coverage,
            PRACTICE,
            ZONE,
            NOW,
            trends=[RISE, STORY, FALL],
            noise=Noise(3, 2),
            held={"silenced": 2, "inhibited": 19, "cap": 1},
            links={alert.alert_key: PAGE for alert in alerts},
            desk=DESK,
            learned=Learned(judged=24, right=21, applied=[Fit(3, 0.71, 0.88, 1, 6)]),
        ),
        "empty": render_digest([], FACTS, quiet, coverage[:4], PRACTICE, ZONE, NOW, noise=Noise(3, 0)),
    }


def shoot(chromium: str, folder: Path) -> None:
    """Draw the pictures of all mails into `folder`."""
    for name, rendered in draw_mails().items():
        html = rendered.html
        for picture in rendered.pictures:
            inline = base64.b64encode(picture.png).decode()
            html = html.replace(f"cid:{picture.content_id}", f"data:image/png;base64,{inline}")
        for width, scheme in SHOWN.get(name, tuple(product(WIDTHS, SCHEMES))):
            file = folder / f"mail_{name}_{width}_{scheme}.png"
            shoot_page(chromium, html, (WIDTHS[width], HEIGHTS[name][width == "phone"]), SCHEMES[scheme], file)
            trim(file)


def shoot_page(chromium: str, html: str, size: tuple[int, int], flags: list[str], file: Path) -> None:
    width, height = size
    # Headless Chromium lays out no window narrower than 500 pixels; a frame does.
    frame = html.replace("&", "&amp;").replace('"', "&quot;")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mail.html"
        page.write_text(
            '<meta charset="utf-8"><meta name="color-scheme" content="light dark"><body style="margin:0">'
            f'<iframe srcdoc="{frame}" style="border:0;width:{width}px;height:{height}px"></iframe>',
            encoding="utf-8",
        )
        command = [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", *flags),
            *(f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", f"--screenshot={file}"),
            page.as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True)


def trim(file: Path) -> None:
    """Cut what is empty below the mail, and keep 128 colours: a tenth of the bytes."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((2, 2)))
    box = ImageChops.difference(picture, ground).point(lambda level: 255 if level > 2 else 0).getbbox()
    lowest = box[3] + 12 if box else picture.height
    picture.crop((0, 0, picture.width, min(lowest, picture.height))).quantize(128).save(file, optimize=True)


if __name__ == "__main__":
    shoot(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)
