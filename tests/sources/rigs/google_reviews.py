"""Google reviews under the contract suite."""

from demo.wires.google_reviews import GoogleReviewsWire
from tests.sources.rigs import Platform, invented

PLATFORM = Platform(
    name="google_reviews",
    wire=GoogleReviewsWire,
    environment=lambda address: {
        "AUSCULT_GOOGLE_REVIEWS_URL": address,
        "AUSCULT_GOOGLE_REVIEWS_CLIENT_ID": "client",
        "AUSCULT_GOOGLE_REVIEWS_CLIENT_SECRET": "not-a-secret",
        "AUSCULT_GOOGLE_REVIEWS_REFRESH_TOKEN": "not-a-token",
    },
    make=lambda number, created_at: invented(
        "google_reviews", number, created_at, kind="review", id=f"locations/456/reviews/inv{number:03d}"
    ),
    address="https://business.google.com/reviews",
    unknown_id="locations/456/reviews/neverseen",
    sources={"channels": ["accounts/123/locations/456"]},
    # A page token names a place in the list, and the API names no reviewer.
    lacks=frozenset({"anchors", "authors"}),
)
