"""Reddit under the contract suite."""

from demo.wires.reddit import RedditWire
from tests.sources.rigs import Platform, invented

PLATFORM = Platform(
    name="reddit",
    wire=RedditWire,
    environment=lambda address: {
        "AUSCULT_REDDIT_URL": address,
        "AUSCULT_REDDIT_CLIENT_ID": "client",
        "AUSCULT_REDDIT_CLIENT_SECRET": "not-a-secret",
        "AUSCULT_REDDIT_USER_AGENT": "linux:auscult-tests:1 (by the tests)",
    },
    make=lambda number, created_at: invented(
        "reddit", number, created_at, channel="PortAlder", title=f"Visit {number}"
    ),
    address="https://www.reddit.com/comments/",
    unknown_id="t3_neverseen",
    sources={"channels": ["PortAlder"]},
    lacks=frozenset({"quota"}),
)
