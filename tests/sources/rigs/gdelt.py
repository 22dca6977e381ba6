"""GDELT under the contract suite."""

import hashlib
from datetime import datetime
from typing import Any

from demo.wires.gdelt import GdeltWire
from tests.sources.rigs import Platform, invented


def _make(number: int, created_at: datetime) -> dict[str, Any]:
    link = f"https://news.portalder.example/{number}"
    return invented("gdelt", number, created_at, id=hashlib.sha256(link.encode()).hexdigest()[:32], link=link)


PLATFORM = Platform(
    name="gdelt",
    wire=GdeltWire,
    environment=lambda address: {"AUSCULT_GDELT_URL": address},
    make=_make,
    address="https://news.portalder.example/",
    sources={"languages": ["en"]},
    # 24 articles are less than its page of 250, for which see test_gdelt.py. It needs no key, tells no time with its
    # 429, allows no retry within seconds, and has an article's title and address only, once and for all.
    lacks=frozenset({"quota", "pages", "credentials", "limits", "retries", "edits", "recheck", "replies", "authors"}),
)
