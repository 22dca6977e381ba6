"""YouTube under the contract suite: the comments on one video."""

from datetime import datetime
from typing import Any

from demo.wires.youtube import YouTubeWire
from tests.sources.rigs import Platform, invented, published_at

VIDEO = "larkspurVid"
CHANNEL = "UClarkspurFamilyHealth00"


def comment(number: int, created_at: datetime, **fields: Any) -> dict[str, Any]:
    """The canonical comment of one number, on VIDEO."""
    fixed = {"id": f"UgwInvented{number:05d}AaABAg", "kind": "comment", "parent_id": VIDEO, "channel": CHANNEL}
    return invented("youtube", number, created_at, **{**fixed, **fields})


def reply(number: int, thread: str) -> dict[str, Any]:
    """The canonical reply of one number to a comment."""
    return comment(number, published_at(number), id=f"{thread}.inventedReply{number:05d}")


def video(number: int, **fields: Any) -> dict[str, Any]:
    """The canonical video of one number."""
    fixed = {"id": f"film{number:07d}", "title": f"Visit {number}"}
    return invented("youtube", number, published_at(number), **{**fixed, **fields})


PLATFORM = Platform(
    name="youtube",
    wire=YouTubeWire,
    environment=lambda address: {"AUSCULT_YOUTUBE_URL": address, "AUSCULT_YOUTUBE_API_KEY": "not-a-secret"},
    make=comment,
    address=f"https://www.youtube.com/watch?v={VIDEO}&lc=",
    unknown_id="UgwNeverSeen0000000AaABAg",
    sources={"channels": [f"video:{VIDEO}", CHANNEL]},
    # A page token names a place in the list, no comment. A thread counts the replies there are, and here are none;
    # tests/sources/test_youtube.py counts some.
    lacks=frozenset({"anchors", "replies"}),
)
