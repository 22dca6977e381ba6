"""The real app over real HTTP on a loopback port, with the test's own warehouse behind it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
import sqlalchemy as sa
import uvicorn
import yaml

from pipeline.alerting.tokens import form_value, link_key, sign_link
from pipeline.config import Settings
from pipeline.warehouse import tables
from pipeline.web.app import create_app
from pipeline.web.serving import web_server
from pipeline.workplace import Workplace, open_workplace

NOW = datetime(2026, 10, 12, 15, 4, tzinfo=UTC)
RECEIVER = "Communications"
CLAIM = {
    "claim_id": "mmr-autism",
    "version": 1,
    "content_hash": "0" * 64,
    "topic": "vaccines",
    "claim": "The MMR vaccine causes autism.",
    "rating": "false",
    "harm": "high",
    "harm_reason": "Children stay unprotected against measles.",
    "correction": (
        "Studies of more than a million children found no link between the MMR vaccine and autism. "
        "The study that claimed one was withdrawn."
    ),
    "language": "en",
    "as_of": date(2026, 8, 19),
    "evidence": [
        {
            "publisher": "Annals of Internal Medicine",
            "title": "Measles, mumps, rubella vaccination and autism: a nationwide cohort study",
            "address": "https://www.acpjournals.org/doi/10.7326/M18-2101",
            "date": "2019-03-05",
            "verified": True,
        },
        {
            "publisher": "CDC",
            "title": "Autism and vaccines",
            "address": "https://www.cdc.gov/vaccine-safety/about/autism.html",
            "date": None,
            "verified": True,
        },
    ],
    "review_note": None,
    "loaded_at": NOW - timedelta(days=30),
}
POSTS = [
    {"platform": "reddit", "platform_id": "t3_abc12", "url": None, "p_match": 0.97, "promotes": 0.83},
    {"platform": "x", "platform_id": "17900", "url": "https://x.com/jane_doe_handle/status/17900", "p_match": 0.9},
    {"platform": "imports", "platform_id": "row-7", "url": "https://evil.example/7", "p_match": 0.8},
    {"platform": "reddit", "platform_id": "t3_abc13", "url": None, "p_match": 0.7, "promotes": 0.7},
]


@dataclass
class Clock:
    """The time that the server takes for now."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """The running server, and what a receiver's mail would link to."""

    address: str
    workplace: Workplace
    clock: Clock

    @property
    def key(self) -> bytes:
        return link_key(self.workplace.settings.require_author_key())

    def token(self, alert_key: str, receiver: str = RECEIVER, **changes: Any) -> str:
        return sign_link(alert_key, receiver, changes.get("now", self.clock.now), changes.get("key", self.key))

    def link(self, token: str) -> str:
        return f"{self.address}/alert?token={token}"

    def get(self, token: str, method: str = "GET", **more: Any) -> requests.Response:
        return requests.request(method, self.link(token), timeout=30, allow_redirects=False, **more)

    def post(self, token: str, fields: dict[str, Any], with_form: bool = True) -> requests.Response:
        sent = {"form": form_value(token, self.key)} | fields if with_form else fields
        return requests.post(self.link(token), data=sent, timeout=30, allow_redirects=False)

    def rows(self, name: str) -> list[dict[str, Any]]:
        with self.workplace.engine.begin() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(tables.metadata.tables[name]))]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of all tables, to see that nothing changed."""
        names = [name for name in tables.metadata.tables if name != "vectors"]
        return {name: sorted(self.rows(name), key=repr) for name in names}


def claim_row(**changes: Any) -> dict[str, Any]:
    return CLAIM | changes


def alert_row(practice_id: str, **changes: Any) -> dict[str, Any]:
    row = {
        "alert_key": f"{practice_id}|misinformation|mmr-autism|2026-10-12T00:00:00+00:00",
        "practice_id": practice_id,
        "kind": "misinformation",
        "claim_id": "mmr-autism",
        "claim_version": 1,
        "category": None,
        "narrative_id": None,
        "bucket_start_at": NOW.replace(hour=0, minute=0),
        "severity": "urgent",
        "reason": "harm_high_spreading,names_practice",
        "posts": 41,
        "voices": 29,
        "platforms": ["imports", "reddit", "x"],
        "first_post_at": NOW - timedelta(hours=13),
        "last_post_at": NOW - timedelta(minutes=40),
        "historical": False,
        "evidence": {
            "p_match": 0.97,
            "promotes": 0.83,
            "wordings": 6,
            "decisions": {"alert": 41, "review": 3},
            "unalarmed_stances": {"debunks": 5},
            "posts": POSTS,
        },
        "raised_at": NOW - timedelta(hours=2),
        "updated_at": NOW - timedelta(hours=1),
    }
    return row | changes


@contextmanager
def answering(server: uvicorn.Server) -> Iterator[str]:
    """The address of a server that runs in a thread while this is open."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server ended"
        assert time.monotonic() < ends, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def running(settings: Settings, clock: Clock) -> Iterator[Site]:
    """The site on a free port, with a workplace read anew for each request, as `auscult serve` does."""
    server = web_server(create_app(lambda: open_workplace(settings), clock), "127.0.0.1", 0)
    with answering(server) as address:
        yield Site(address, open_workplace(settings), clock)


def practice_called(settings: Settings, name: str) -> None:
    settings.practice_file.write_text(yaml.safe_dump({"name": name}))


def receiver_called(settings: Settings, name: str) -> None:
    listening = {"receivers": [{"name": name, "address": "a@b.org"}], "sources": {}}
    settings.listening_file.write_text(yaml.safe_dump(listening))
