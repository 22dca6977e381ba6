"""Google reviews under the contract suite."""

from datetime import UTC, datetime, timedelta

from demo.wires.google_reviews import GoogleReviewsWire
from pipeline.config import read_settings
from pipeline.listening import Listening
from pipeline.sources.google_reviews import GoogleReviews
from pipeline.sources.reading import PassState, read_pass
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
    lacks=frozenset({"quota", "anchors", "authors"}),
)


RECORD = {
    "name": "accounts/123/locations/456/reviews/AbFvOqk-_1",
    "reviewId": "AbFvOqk-_1",
    "reviewer": {"displayName": "Invented Person", "profilePhotoUrl": "https://lh3.example/p"},
    "starRating": "TWO",
    "comment": "Two hours in the waiting room.",
    "createTime": "2026-10-10T08:00:00.123456789Z",
    "updateTime": "2026-10-10T08:00:00.623456789Z",
}


def source(**chosen):
    return GoogleReviews(read_settings({}), Listening.model_validate({"sources": {"google_reviews": chosen}}))


def found(rig, state=PassState()):  # noqa: B008  (immutable)
    return [post for read in read_pass(rig.source, rig.query, state, rig.server.now, 50) for post in read.posts]


def old(rig, number):
    return rig.post(number, datetime(2020, 5, 4, 9, 0, tzinfo=UTC) + timedelta(days=number - 900))
