"""Draws the pictures of docs/mail.md again, from invented data: python -m tests.alerting.pictures CHROMIUM."""

import base64
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops

from pipeline.alerting.alert import Alert, ClaimFacts
from pipeline.alerting.digest import Coverage, DigestCounts
from pipeline.alerting.notices import Noise
from pipeline.alerting.render import Rendered, render_digest, render_urgent
from pipeline.alerting.trends import Trend

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
NOW = datetime(2026, 10, 15, 15, 4, tzinfo=UTC)
PRACTICE, ZONE = "Larkspur Family Health", "America/Los_Angeles"
PAGE = "https://auscult.larkspur.example/alert?token=invented"
WIDTHS = {"desktop": 700, "phone": 390}
SCHEMES = {"light": [], "dark": ["--blink-settings=preferredColorScheme=0"]}
# Of these mails one picture is kept; of the others, every width and scheme.
SHOWN = {
    "mention": (("phone", "light"),),
    "surge": (("desktop", "dark"),),
    "empty": (("desktop", "light"),),
}
# Mail → height at 700 and at 390 pixels.
HEIGHTS = {
    "urgent": (1160, 1480),
    "mention": (760, 900),
    "surge": (1060, 1360),
    "digest": (2040, 2600),
    "empty": (700, 820),
}

MILK = ClaimFacts(
    claim_id="nut-raw-milk-healthier",
    version=1,
    claim="Raw milk is safer and healthier than pasteurized milk.",
    rating="false",
    harm="high",
    correction=(
        "Pasteurizing milk kills germs such as E. coli, Salmonella, Listeria and Campylobacter with very little change "
        "in nutrients. Raw milk has caused outbreaks, and young children have ended up with kidney failure."
    ),
    evidence=(
        {
            "publisher": "CDC",
            "title": "Raw milk",
            "address": "https://www.cdc.gov/food-safety/foods/raw-milk.html",
            "date": date(2025, 1, 31),
            "verified": True,
        },
        {
            "publisher": "FDA",
            "title": "Raw milk misconceptions and the danger of raw milk consumption",
            "address": "https://www.fda.gov/food",
            "date": None,
            "verified": True,
        },
    ),
    as_of=date(2026, 8, 19),
    harm_reason="Severe infection, mainly in children, pregnancy and weak immunity.",
)
TEA = replace(
    MILK,
    claim_id="tea-cures-flu",
    claim="Elderberry tea cures the flu in a day.",
    rating="misleading",
    harm="low",
    correction="No trial shows that it shortens the flu by more than hours.",
    harm_reason="People put off treatment.",
)
GENES = replace(
    MILK,
    claim_id="vax-genes",
    claim="The flu shot changes your genes.",
    correction="The shot does not enter the cell nucleus, where genes are.",
    harm_reason="People stay unprotected.",
)
FACTS = {facts.claim_id: facts for facts in (MILK, TEA, GENES)}

CLAIM_ALERT = Alert(
    alert_key="larkspur-family-health|misinformation|nut-raw-milk-healthier|2026-10-15T00:00:00+00:00",
    practice_id="larkspur-family-health",
    kind="misinformation",
    claim_id="nut-raw-milk-healthier",
    claim_version=1,
    category=None,
    bucket_start_at=datetime(2026, 10, 15, tzinfo=UTC),
    severity="urgent",
    reasons=("harm_high_spreading", "names_practice"),
    posts=19,
    voices=14,
    platforms=("google_reviews", "nextdoor", "reddit", "x"),
    first_post_at=NOW - timedelta(hours=20),
    last_post_at=NOW - timedelta(hours=1),
    historical=False,
    evidence={
        "p_match": 0.93,
        "promotes": 0.86,
        "wordings": 11,
        "decisions": {"alert": 19, "review": 3},
        "unalarmed_stances": {"debunks": 2, "questions": 4},
        "posts": [
            {"platform": "x", "platform_id": "2108999916189576092", "url": None},
            {"platform": "reddit", "platform_id": "t3_1ki6ili", "url": None},
            {"platform": "nextdoor", "platform_id": "nd-1006541", "url": None},
        ],
    },
    post_ids=tuple(range(19)),
)
MENTION_ALERT = replace(
    CLAIM_ALERT,
    alert_key="larkspur-family-health|mention|urgent:patient_safety|2026-10-15T00:00:00+00:00",
    kind="mention",
    claim_id=None,
    claim_version=None,
    category="urgent:patient_safety",
    reasons=("urgent_mention",),
    posts=1,
    voices=1,
    platforms=("facebook",),
    first_post_at=NOW - timedelta(hours=2),
    last_post_at=NOW - timedelta(hours=2),
    evidence={
        "p_mention": 0.97,
        "terms": ["Larkspur Family Health Harborview"],
        "wordings": 1,
        "posts": [{"platform": "facebook", "platform_id": "100_2001", "url": "https://www.facebook.com/100_2001"}],
    },
)
SURGE = replace(
    CLAIM_ALERT,
    alert_key="larkspur-family-health|surge|claim:nut-raw-milk-healthier|2026-10-14T00:00:00+00:00",
    kind="surge",
    reasons=("surge_of_harm",),
    posts=46,
    voices=38,
    evidence=CLAIM_ALERT.evidence
    | {"expected": 2.6, "window_posts": 27, "window_hours": 24, "chance": 1e-9, "decisions": {}, "wordings": 31},
)


def _trend(subject: str, counts: tuple[int, ...], expected: float, **changes: object) -> Trend:
    drawn = Trend(
        kind="claim",
        subject=subject,
        apart="",
        platforms=("nextdoor", "reddit", "x"),
        posts=counts[-1] + counts[-2],
        expected=expected,
        chance=1e-9,
        voices=14,
        days=tuple(date(2026, 10, 2) + timedelta(days=number) for number in range(14)),
        counts=counts,
        covered=(*[True] * 6, False, *[True] * 7),
        direction="rising",
        surge=False,
        began_at=None,
    )
    return replace(drawn, **changes)  # type: ignore[arg-type]


RISE = _trend(
    "nut-raw-milk-healthier",
    (2, 3, 1, 4, 2, 2, 1, 3, 2, 4, 3, 5, 19, 8),
    2.6,
    surge=True,
    began_at=datetime(2026, 10, 14, 9, tzinfo=UTC),
)
FALL = _trend("tea-cures-flu", (9, 11, 8, 12, 9, 7, 0, 8, 10, 9, 6, 2, 1, 0), 9.2, direction="falling", chance=0.99)
STORY = _trend("n-4f2a", (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 4), 0.6, kind="narrative", platforms=("bluesky",))


def draw_mails() -> dict[str, Rendered]:
    """The five mails of the pictures."""
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
        category="access",
        severity="normal",
        reasons=("practice_named",),
        posts=4,
        voices=4,
    )
    alerts = [MENTION_ALERT, CLAIM_ALERT, low, plain]
    quiet = DigestCounts(NOW - timedelta(days=1), NOW, 388, 388, 0)
    return {
        "urgent": render_urgent(CLAIM_ALERT, MILK, PRACTICE, ZONE, NOW, link=PAGE, why="grew", trend=RISE),
        "mention": render_urgent(MENTION_ALERT, None, PRACTICE, ZONE, NOW, link=PAGE, why="escalation"),
        "surge": render_urgent(SURGE, MILK, PRACTICE, ZONE, NOW, link=PAGE, trend=RISE),
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
            _shoot(chromium, html, (WIDTHS[width], HEIGHTS[name][width == "phone"]), SCHEMES[scheme], file)
            _trim(file)


def _shoot(chromium: str, html: str, size: tuple[int, int], flags: list[str], file: Path) -> None:
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


def _trim(file: Path) -> None:
    """Cut what is empty below the mail, and keep 128 colours: a tenth of the bytes."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((2, 2)))
    box = ImageChops.difference(picture, ground).point(lambda level: 255 if level > 2 else 0).getbbox()
    lowest = box[3] + 12 if box else picture.height
    picture.crop((0, 0, picture.width, min(lowest, picture.height))).quantize(128).save(file, optimize=True)


if __name__ == "__main__":
    shoot(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)
