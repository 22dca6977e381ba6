"""Ninety days of the demo practice: its posts, judged by the real models, in a seeded rhythm, and planted news.

What stands in for the real thing: the words and vectors of ordinary posts are drawn at random (a wording that came
again every week would be a story of its own), and rows go in by COPY instead of through a connector.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa

from demo.drops import fill_drop_folder
from pipeline import steps
from pipeline.alerting.severity import READ
from pipeline.bench import shipped_models
from pipeline.post import Post
from pipeline.warehouse.copying import copy_rows
from pipeline.warehouse.posts import Origin, store_posts
from pipeline.warehouse.tables import ingest_runs, matches, mentions, posts
from pipeline.warehouse.vectors import store_vectors
from pipeline.workplace import Workplace

DEMO = Path(__file__).resolve().parents[2] / "demo" / "posts"
PLATFORMS = ("reddit", "x")
SOURCES = (*PLATFORMS, "facebook", "google_reviews", "nextdoor")
ZONE = ZoneInfo("America/Los_Angeles")
# Monday, noon in Port Alder.
START = datetime(2026, 7, 6, 19, tzinfo=UTC)
DAYS, STEP = 91, timedelta(hours=24)
AUTHORS = 500
# Of a day, by hour of the day in Port Alder; of a week, by weekday.
HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3], float)
WEEKDAYS = np.array([1.1, 1.1, 1.05, 1.0, 0.95, 0.85, 0.95])
STORY = (
    "They are closing the night ferry to Anvil Island and nobody asked us",
    "Night ferry to Anvil Island closes in the fall, who decided that?",
    "so the Anvil Island night ferry is closing. nobody asked the people who live there",
    "Closing the night ferry to Anvil Island means no way home after ten",
    "nobody asked us about closing the Anvil Island night ferry!!",
    "The night ferry to Anvil Island is closing, sign the petition, nobody asked us",
)


@dataclass(frozen=True)
class Judged:
    """What the real models said of one post of the demo; `is_urgent` is its label."""

    platform: str
    is_urgent: bool
    matches: list[dict[str, Any]]
    mentions: list[dict[str, Any]]

    @property
    def is_danger(self) -> bool:
        # What only the model takes for urgent is ordinary traffic: its false alarms must keep within the budget.
        return self.is_urgent or any(row["urgency_cue"] not in (None, READ) for row in self.mentions)

    def sorted_as(self, category: str) -> bool:
        """Whether it names the practice and is counted under this category."""
        return any(row["category"] == category and row["urgency"] == "routine" for row in self.mentions)

    @property
    def spreads(self) -> set[str]:
        return {row["claim_id"] for row in self.matches if row["decision"] == "alert"}


@dataclass
class Quarter:
    """Rows to be written; `planted` names what was planted: (what, subject, when)."""

    judged: list[Judged]
    random: np.random.Generator
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    made_of: list[Judged] = field(default_factory=list)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    planted: list[tuple[str, str, datetime]] = field(default_factory=list)
    silent: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def say(self, judged: Judged, at: datetime, author: int, words: str = "", near: np.ndarray | None = None) -> None:
        """One post at a moment, stored by the next step that hears its source."""
        number = len(self.rows) + 1
        text = words or " ".join(f"{word:x}" for word in self.random.integers(1 << 20, size=12))
        vector = self.random.standard_normal(384) if near is None else near
        stored_at = _next_step(at)
        for source, since, until in self.silent:
            if source == judged.platform and since <= stored_at < until:
                stored_at = until
        name = hashlib.sha256(f"{number} {text}".encode()).hexdigest()
        self.vectors[name] = (vector / np.linalg.norm(vector)).astype(np.float32)
        voice = hashlib.sha256(f"author {author}".encode()).hexdigest()
        platform = judged.platform
        self.rows.append(
            (number, platform, f"q{number}", platform, "post", at, stored_at, f"{text} {number}", name, voice)
        )
        self.made_of.append(judged)

    def live(self, days: int, posts_a_day: float) -> None:
        """Ordinary days: the demo's own posts, those that cannot wait left out."""
        ordinary = [one for one in self.judged if not one.is_danger]
        for hour in range(days * 24):
            moment = START + timedelta(hours=hour)
            local = moment.astimezone(ZONE)
            rate = posts_a_day * HOURS[local.hour] / HOURS.sum() * WEEKDAYS[local.weekday()]
            for _ in range(self.random.poisson(rate)):
                judged = ordinary[self.random.integers(len(ordinary))]
                minutes = float(self.random.uniform(0, 60))
                self.say(judged, moment + timedelta(minutes=minutes), int(self.random.zipf(1.6)) % AUTHORS)

    def plant(self, what: str, subject: str, at: datetime, among: list[Judged], count: int, hours: float) -> None:
        """`count` posts by as many authors within `hours`."""
        self.planted.append((what, subject, at))
        centre = self.random.standard_normal(384)
        for number in range(count):
            moment = at + timedelta(hours=float(self.random.uniform(0, hours)))
            story = what == "narrative"
            words = STORY[number % len(STORY)] + "!" * (number // len(STORY)) if story else ""
            near = centre + 0.45 * self.random.standard_normal(384) if story else None
            self.say(among[number % len(among)], moment, 10_000 + len(self.rows), words, near)

    def write(self, workplace: Workplace) -> None:
        """All rows into the warehouse, and a complete pass of every source at every step but where one was silent."""
        names = [
            *("post_id", "platform", "platform_id", "source", "kind", "created_at", "ingested_at"),
            *("text", "content_hash", "author_hash"),
        ]
        runs = []
        for number in range(int(timedelta(days=DAYS) / STEP) + 1):
            now = START + number * STEP
            for source in SOURCES:
                down = any(source == name and since <= now < until for name, since, until in self.silent)
                runs.append((source, "all", now, "failed" if down else "ok", now))
        with workplace.engine.begin() as connection:
            copy_rows(connection, posts, names, self.rows)
            for table, part in ((matches, "matches"), (mentions, "mentions")):
                columns = [column.name for column in table.columns if not column.identity]
                copy_rows(connection, table, columns, self._derived(part, columns))
            store_vectors(connection, self.vectors, shipped_models().encoder.model_id, of_claim=False)
            copy_rows(connection, ingest_runs, ["source", "query_key", "run_at", "outcome", "finished_at"], runs)

    def _derived(self, part: str, columns: list[str]) -> list[list[Any]]:
        return [
            [{**row, "post_id": post[0], "screened_at": post[6]}[name] for name in columns]
            for post, judged in zip(self.rows, self.made_of, strict=True)
            for row in getattr(judged, part)
        ]


def hear_demo(workplace: Workplace, now: datetime) -> None:
    """Store what the demo's platforms and exports hold at a moment."""
    fill_drop_folder(workplace.settings.home / "imports", now)
    steps.ingest("imports", now)
    page = [demo_post(json.loads(line)) for line in (DEMO / "posts.jsonl").read_text().splitlines()]
    for name in PLATFORMS:
        heard = [post for post in page if post.platform == name and post.created_at and post.created_at <= now]
        with workplace.engine.begin() as connection:
            store_posts(connection, Origin(name), heard, now, workplace.names)


def demo_post(row: dict[str, Any]) -> Post:
    """A line of the demo's posts."""
    at = datetime.fromisoformat(row["created_at"])
    return Post(row["platform"], row["id"], row["kind"], row["text"], at, title=row["title"], author_id=row["author"])


def judge_demo(workplace: Workplace, now: datetime) -> list[Judged]:
    """The demo's posts as the real models judge them; the warehouse is left without posts."""
    hear_demo(workplace, now)
    steps.screen(0, now)
    found: dict[str, dict[int, list[dict[str, Any]]]] = {}
    with workplace.engine.begin() as connection:
        for table in (matches, mentions):
            of_post = found.setdefault(table.name, defaultdict(list))
            for row in connection.execute(sa.select(table)).mappings():
                of_post[row["post_id"]].append(dict(row))
        place = (posts.c.platform, posts.c.platform_id)
        known = connection.execute(sa.select(posts.c.post_id, *place).order_by(posts.c.platform_id)).all()
        connection.execute(sa.delete(posts))
        connection.execute(sa.delete(ingest_runs))
    labels = [json.loads(line) for line in (DEMO / "labels.jsonl").read_text().splitlines()]
    urgent = {(label["platform"], label["id"]) for label in labels if label["urgent"]}
    return [
        Judged(row.platform, row[1:] in urgent, found["matches"][row.post_id], found["mentions"][row.post_id])
        for row in known
    ]


def _next_step(at: datetime) -> datetime:
    return START + (int((at - START) / STEP) + 1) * STEP
