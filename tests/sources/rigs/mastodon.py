"""Mastodon under the contract suite."""

from datetime import datetime
from typing import Any

from demo.wires.mastodon import HOST, MastodonWire
from tests.sources.rigs import PRACTICE, Platform, invented


def _made(number: int, created_at: datetime) -> dict[str, Any]:
    made = invented("mastodon", number, created_at, channel="#PortAlder")
    return made | {"id": f"{HOST}/{int(created_at.timestamp() * 1_000) << 16}"}


PLATFORM = Platform(
    name="mastodon",
    wire=MastodonWire,
    environment=lambda address: {
        "AUSCULT_MASTODON_URL": address,
        "AUSCULT_MASTODON_SERVER": f"https://{HOST}",
        "AUSCULT_MASTODON_TOKEN": "not-a-secret",
    },
    make=_made,
    address=f"https://{HOST}/statuses/",
    unknown_id=f"{HOST}/116999999999999999",
    sources={"channels": ["#PortAlder"]},
    query=lambda source: next(query for query in source.queries(PRACTICE, ()) if query.mode == "tag"),
    # A cursor is a bound, not a post.
    lacks=frozenset({"quota", "anchors"}),
)
