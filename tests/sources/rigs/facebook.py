"""Facebook under the contract suite."""

from demo.wires.facebook import FacebookWire
from tests.sources.rigs import Platform, invented

PAGE_ID = FacebookWire.account

PLATFORM = Platform(
    name="facebook",
    wire=FacebookWire,
    environment=lambda address: {
        "AUSCULT_FACEBOOK_URL": f"{address}/facebook",
        "AUSCULT_FACEBOOK_PAGE_ID": PAGE_ID,
        "AUSCULT_FACEBOOK_PAGE_TOKEN": "not-a-secret",
    },
    make=lambda number, created_at: invented("facebook", number, created_at, id=f"{PAGE_ID}_{7_000 + number}"),
    address=f"https://www.facebook.com/{PAGE_ID}_",
    unknown_id=f"{PAGE_ID}_9999999",
    # Graph tells of no edit of a post, only of its last change, which a comment is too.
    lacks=frozenset({"edits"}),
)
