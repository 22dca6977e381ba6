"""Feeds under the contract suite."""

import hashlib
from datetime import datetime
from typing import Any

from demo.wires import Answer
from demo.wires.rss import RssWire
from pipeline.config import read_settings
from pipeline.listening import Listening
from pipeline.sources.reading import admit
from pipeline.sources.rss import Rss
from tests.sources.rigs import NOW, Platform, invented


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
    lacks=frozenset({"quota", "pages", "credentials", "edits", "recheck", "replies", "authors", "retries"}),
)


ADDRESS = "https://news.portalder.example/alerts/larkspur.xml"


ENTRY = {
    "feed": ADDRESS,
    "channel": "News alert: Larkspur",
    "feed_lang": "en-us",
    "id": "tag:portalder.example,2026:1",
    "link": "https://news.portalder.example/1",
    "title": "Larkspur opens early",
    "text": "The clinic opens at seven.",
    "lang": None,
    "published": "2026-10-12T08:00:00+00:00",
    "updated": None,
}


def source(**chosen):
    return Rss(read_settings({}), Listening.model_validate({"sources": {"rss": chosen}}))


def serve(rig, monkeypatch, *answers):
    """Answer with each of these in turn, and with the last one from then on."""
    left = list(answers)
    wire = rig.server.wire("rss")
    monkeypatch.setattr(wire, "answer", lambda *_: left.pop(0) if len(left) > 1 else left[0])


def read(rig, monkeypatch, body):
    serve(rig, monkeypatch, Answer(200, body, {"content-type": "application/rss+xml"}))
    return admit(rig.source, rig.source.fetch_page(rig.query, None, None).records, NOW)


def channel(*entries, head="<title>News</title><language>en-us</language>", start='<?xml version="1.0"?>'):
    return f'{start}\n<rss version="2.0"><channel>{head}{"".join(entries)}</channel></rss>'
