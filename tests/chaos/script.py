"""Three clocks in the life of a practice, scripted: what is published, edited and deleted, and what is done at each."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.loopback import Loopback
from demo.wires.posts import served

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 10, 10, 15, tzinfo=UTC)
# Each clock is a stage: the first digest is due; an afternoon with a backfill, edits and deletions; the next day's
# digest, late enough for an alarm that no data check has run.
CLOCKS = (START, START + timedelta(hours=3), START + timedelta(hours=27))
BACKFILL_STAGE, EDIT_STAGE = 1, 1
BACKFILL = (START - timedelta(days=90), START - timedelta(days=30))
# Small, so that a pass has several pages and a kill may fall between two of them.
PAGE_POSTS = 5

# So few that they are read at once; so many that one edited claim is compared with the posts, and not all anew.
VACCINES, CLAIMS = "vaccines.yaml", 6
SERVICE = "AUSCULT_ONCALL_SERVICE"
MMR = "The MMR vaccine causes autism."

PRACTICE = """
name: Larkspur Family Health
aliases: [Larkspur Family]
locations: [{name: Larkspur Family Health Harborview, city: Port Alder, state: OR, zip: "97198"}]
clinicians: [{name: Priya Raman, title: MD, specialty: pediatrics}]
specialties: [family medicine, pediatrics]
website: larkspurfamilyhealth.example
phone: 503-555-0142
"""
LISTENING = """
sources:
  imports: {{enabled: true, folder: {folder}}}
  reddit: {{enabled: true, channels: [PortAlder], search_claims: false}}
  x: {{enabled: true, search_claims: false}}
receivers:
  - {{name: Communications, address: comms@larkspurfamilyhealth.example}}
  - {{name: On call, service: {service}, digest: false, escalation: true}}
  - {{name: Operations, address: operations@larkspurfamilyhealth.example, urgent: false, digest: false, operator: true}}
mail_from: auscult@larkspurfamilyhealth.example
time_zone: America/Los_Angeles
digest_hour: 8
web_address: https://auscult.larkspurfamilyhealth.example
"""
ROWS = (
    ("f1", "2026-10-09T18:00:00Z", "ana", "Larkspur Family Health squeezed us in on a Friday. Thank you!"),
    ("f2", "2026-10-09T19:00:00Z", "ben", f"{MMR} Say it louder."),
    ("f3", "not a date", "cleo", "Is the portal of Larkspur Family Health down?"),
    ("f4", "2026-07-01T19:00:00Z", "dora", f"{MMR} An old row of an export."),
)


@dataclass(frozen=True)
class Said:
    """One invented post. `hours` is when it was published, from START; `stage` the first that shows it."""

    platform: str
    number: int
    hours: float
    author: str
    text: str
    stage: int = 0
    comment: bool = False

    def served(self) -> dict[str, Any]:
        """The post as the loopback takes it."""
        reddit = self.platform == "reddit"
        name = f"1k{self.number:05d}" if reddit else str(2_108_000_000_000_000_000 + self.number)
        return {
            "id": name,
            "platform": self.platform,
            "channel": "PortAlder" if reddit else None,
            "kind": "comment" if self.comment else "post",
            "title": "In town" if reddit and not self.comment else None,
            "text": self.text,
            "author": self.author,
            "created_at": (START + timedelta(hours=self.hours)).isoformat().replace("+00:00", "Z"),
            "parent_id": "1k00001" if self.comment else None,
            "lang": "en",
            "metrics": {"score": 3, "replies": 0} if reddit else {"likes": 2, "shares": 0, "replies": 0},
        }


def _ordinary(platform: str, first: int, hours: float, count: int, stage: int = 0) -> Iterator[Said]:
    for at in range(count):
        words = f"Larkspur Family Health clinic in Port Alder, visit {first + at}: the nurse was kind."
        yield Said(platform, first + at, hours + at / 10, f"{platform}-{first + at}", words, stage)


POSTS: Sequence[Said] = (
    # Heard at the first clock: a claim by three voices, a mention that cannot wait, a debunk, and what is ordinary.
    Said("reddit", 1, -20, "one", f"{MMR} My nephew stopped talking after it."),
    Said("reddit", 2, -19, "two", f"{MMR} Wake up."),
    Said("reddit", 3, -18, "three", f"{MMR} Everybody in my group knows it.", comment=True),
    Said("reddit", 4, -17, "four", "The MMR vaccine does not cause autism. Large studies looked."),
    Said("reddit", 5, -16, "five", "Larkspur Family Health gave my kid the wrong dose"),
    Said("x", 1, -15, "six", f"{MMR} Ask Larkspur Family Health about it."),
    Said("x", 2, -14, "seven", "lovely evening at the harbor with the dogs, larkspur family in bloom"),
    *_ordinary("reddit", 10, -13, 7),
    *_ordinary("x", 10, -12, 7),
    # At the second: the claim grows, and other things cannot wait.
    Said("reddit", 30, 1, "eight", f"{MMR} Two more kids on our street.", 1),
    Said("reddit", 31, 1.2, "nine", f"{MMR} They knew.", 1, comment=True),
    Said("reddit", 32, 1.3, "twelve", "Someone said they will bring a gun to Larkspur Family Health tonight", 1),
    Said("x", 30, 1.4, "ten", "Larkspur Family Health gave my mother the wrong medication again", 1),
    *_ordinary("reddit", 40, 1.5, 6, 1),
    # What only a backfill reaches: published long ago, shown since then.
    *(Said("reddit", 90 + at, -1000 - at, f"old-{at}", f"{MMR} Said long ago, {at}.", 1) for at in range(3)),
    # At the third: another day's bucket of the same claim.
    *(Said("reddit", 50 + at, 20 + at, f"late-{at}", f"{MMR} Again and again, {at}.", 2) for at in range(4)),
    Said("x", 50, 22, "eleven", f"{MMR} Larkspur Family says otherwise.", 2),
    *_ordinary("x", 60, 23, 6, 2),
)


class Script:
    """The files and posts of the script in `folder`; the same files for all trials, because their paths are stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._drop_file()
        (folder / "practice.yaml").write_text(PRACTICE)
        (folder / "auscult.yaml").write_text(LISTENING.format(folder=folder / "dropped", service=SERVICE))
        for stage in range(len(CLOCKS)):
            self._write_claims(stage)

    def environment(self, stage: int) -> Mapping[str, str]:
        """The settings that say where these files are."""
        return {
            "AUSCULT_PRACTICE": str(self.folder / "practice.yaml"),
            "AUSCULT_LISTENING": str(self.folder / "auscult.yaml"),
            "AUSCULT_CLAIMS": str(self.folder / f"claims-{stage}"),
        }

    def _drop_file(self) -> None:
        dropped = self.folder / "dropped"
        dropped.mkdir(parents=True)
        lines = [
            "post_id,date,author,text,platform",
            *(f'{row[0]},{row[1]},{row[2]},"{row[3]}",facebook' for row in ROWS),
        ]
        (dropped / "export.csv").write_text("\n".join(lines) + "\n")
        os.utime(dropped / "export.csv", (START.timestamp(), START.timestamp()))

    def _write_claims(self, stage: int) -> None:
        folder = self.folder / f"claims-{stage}"
        folder.mkdir()
        text = "".join(_entries())
        if stage >= EDIT_STAGE:
            # A new version of the claim that the posts repeat.
            text = text.replace("MMR = autism, every mom in my group knows it", "MMR = autism, said every mom I know")
        (folder / VACCINES).write_text(text)


def publish(world: Loopback, stage: int) -> None:
    """Make `world` show what is there at this stage's clock, whatever it showed before."""
    world.posts = served(said.served() for said in POSTS if said.stage <= stage)
    if stage >= EDIT_STAGE:
        world.now = CLOCKS[EDIT_STAGE] - timedelta(minutes=30)
        world.edit("reddit", "t3_1k00010", "Larkspur Family Health clinic in Port Alder: I take back what I said.")
        world.delete("reddit", "t3_1k00011")
        world.delete("reddit", "t3_1k00002", removed=True)
        world.delete("x", str(2_108_000_000_000_000_011))
    world.now = CLOCKS[stage]


def _entries() -> list[str]:
    text = (ROOT / "claims_db" / "claims" / VACCINES).read_text(encoding="utf-8")
    found = [entry for entry in re.split(r"(?m)^(?=- id: )", text) if entry.startswith("- id: ")]
    if "vax-mmr-autism" not in found[0]:
        raise ValueError("the claims of vaccines no longer begin with the claim that the script repeats")
    return found[:CLAIMS]
