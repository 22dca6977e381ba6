"""Feeds under the contract suite."""

import hashlib
from datetime import datetime
from typing import Any

from demo.wires.rss import RssWire
from tests.sources.rigs import Platform, invented


def _make(number: int, created_at: datetime) -> dict[str, Any]:
    guid = f"tag:portalder.example,2026:{number}"
    return invented(
        "rss",
        number,
        created_at,
        id=hashlib.sha256(guid.encode()).hexdigest()[:32],
        guid=guid,
        link=f"https://news.portalder.example/{number}",
        title=f"Visit {number}",
    )


PLATFORM = Platform(
    name="rss",
    wire=RssWire,
    environment=lambda address: {"AUSCULT_RSS_URL": address},
    make=_make,
    address="https://news.portalder.example/",
    sources={"channels": ["https://news.portalder.example/alerts/larkspur.xml"]},
    # A feed is one page of what is newest: it counts and takes back nothing and cannot be asked for an entry. The
    # suite's tests of edits and retries also need a recheck and four pages; both are in test_rss.py.
    lacks=frozenset({"pages", "credentials", "edits", "recheck", "replies", "authors", "retries"}),
)
