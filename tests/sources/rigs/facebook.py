"""Facebook under the contract suite."""

from datetime import timedelta

from demo.wires.facebook import FacebookWire
from pipeline.sources.reading import PassState, read_pass
from tests.sources.rigs import NOW, Platform, invented

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
    lacks=frozenset({"quota", "edits"}),
)


POST = f"{PAGE_ID}_7003"


RECORD = {"id": POST, "message": "Larkspur Clinic called back.", "created_time": "2026-10-12T08:00:00+0000"}


COMMENT = {**RECORD, "id": "7003_11", "kind": "comment", "post_id": POST, "from": {"id": "4711"}, "like_count": 2}


def comment(number, created_at, parent=POST):
    return invented("facebook", number, created_at, id=f"comment_7003_{number}", kind="comment", parent_id=parent)


def commented(facebook, mode="comments"):
    return next(query for query in facebook.source.queries(None, ()) if query.mode == mode)


def read(facebook, state=PassState(), mode="comments", max_pages=99):  # noqa: B008  (immutable)
    return list(read_pass(facebook.fresh(), commented(facebook, mode), state, facebook.server.now, max_pages))


def ids(reads):
    return [post.platform_id for page in reads for post in page.posts]


def threads(facebook):
    """Comments under many posts; 20 and a reply under one, which is more than come along with it."""
    made = [comment(100 + number, NOW - timedelta(hours=6, minutes=number)) for number in range(20)]
    made.append(comment(130, NOW - timedelta(hours=3), parent="comment_7003_104"))
    made += [
        comment(200 + number, NOW - timedelta(hours=5, minutes=number), parent=facebook.ids[number])
        for number in range(0, 24, 2)
    ]
    facebook.server.add(*made)
    return [post["id"] for post in made]
