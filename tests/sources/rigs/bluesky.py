"""Bluesky under the contract suite."""

from demo.wires.bluesky import BlueskyWire, address
from tests.sources.rigs import NOW, Platform, invented

PLATFORM = Platform(
    name="bluesky",
    wire=BlueskyWire,
    environment=lambda url: {
        "AUSCULT_BLUESKY_URL": url,
        "AUSCULT_BLUESKY_HANDLE": "listening.example",
        "AUSCULT_BLUESKY_APP_PASSWORD": "not-a-secret",
    },
    make=lambda number, created_at: invented(
        "bluesky", number, created_at, id=address(f"voice_{number % 7}", created_at)
    ),
    address="https://bsky.app/profile/did:plc:",
    unknown_id=address("voice_0", NOW),
    sources={"languages": ["en"]},
    # Its cursor is a place, which outlives the post there.
    lacks=frozenset({"quota", "anchors", "edits"}),
)
