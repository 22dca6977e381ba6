"""X under the contract suite."""

from datetime import datetime

from demo.wires.x import XWire
from tests.sources.rigs import Platform, invented


def _snowflake(created_at: datetime) -> str:
    return str((int(created_at.timestamp() * 1_000) - 1_288_834_974_657) << 22)


PLATFORM = Platform(
    name="x",
    wire=XWire,
    environment=lambda address: {"AUSCULT_X_URL": address, "AUSCULT_X_BEARER_TOKEN": "not-a-secret"},
    make=lambda number, created_at: invented("x", number, created_at, id=_snowflake(created_at)),
    address="https://x.com/i/web/status/",
    unknown_id="1999999999999999999",
    sources={"languages": ["en"]},
)
