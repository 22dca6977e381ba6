"""Instagram under the contract suite."""

from demo.wires.instagram import InstagramWire
from tests.sources.rigs import Platform, invented

PLATFORM = Platform(
    name="instagram",
    wire=InstagramWire,
    environment=lambda address: {
        "AUSCULT_INSTAGRAM_URL": f"{address}/instagram",
        "AUSCULT_INSTAGRAM_ACCOUNT_ID": InstagramWire.account,
        "AUSCULT_INSTAGRAM_TOKEN": "not-a-secret",
    },
    make=lambda number, created_at: invented(
        "instagram", number, created_at, id=f"media_{17_890_000_000_000_000 + number}"
    ),
    address="https://www.instagram.com/p/C1789",
    unknown_id="media_17899999999999999",
    # Graph tells of no edit of a caption or a comment.
    lacks=frozenset({"quota", "edits"}),
)
