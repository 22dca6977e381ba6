"""An invented platform for the model of a source: what it holds, how it misbehaves, and a connector that reads it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.config import read_settings
from pipeline.errors import CursorRejected, RateLimited, Transient
from pipeline.listening import Listening
from pipeline.post import Post
from pipeline.sources import Page, Query, Recheck, Source

START = datetime(2026, 10, 1, tzinfo=UTC)
OVERLAP = 10
FAULTS = ("fail", "limit", "reject", "again", "shuffle", "end", "junk")


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@dataclass
class Held:
    """A post as the platform holds it; its listing shows it from `seen_from` on, which is late after `minute`."""

    number: int
    minute: int
    seen_from: int
    text: str
    edited: int | None = None
    deleted: bool = False


@dataclass
class World:
    """A platform at a minute of its clock; `faults` maps the number of a call to what goes wrong with it."""

    page_size: int
    minute: int = 0
    posts: list[Held] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    excuses: int = 0

    def listed(self) -> list[Held]:
        shown = [post for post in self.posts if post.seen_from <= self.minute and not post.deleted]
        return sorted(shown, key=lambda post: (post.minute, post.number), reverse=True)

    def fault(self) -> str:
        self.calls += 1
        kind = self.faults.get(self.calls, "")
        self.excuses += kind in {"reject", "end"}
        if kind == "fail":
            raise Transient("the platform failed")
        if kind == "limit":
            raise RateLimited("the platform asked us to wait")
        return kind


class WorldSource(Source):
    """The connector, as it should be; the suite of broken ones derives from it."""

    overlap = timedelta(minutes=OVERLAP)
    recheck_batch = 3

    def __init__(self, world: World, name: str) -> None:
        # Each example has a platform of its own, so that they share one warehouse.
        self.name = self.platform = name  # type: ignore[misc]
        super().__init__(read_settings({}), Listening())
        self.world = world

    def queries(self, practice: object, keywords: object) -> list[Query]:
        return [Query(self.name, "new")]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        kind = self.world.fault()
        if kind == "reject" and cursor:
            raise CursorRejected("not any more")
        listed = self.world.listed()
        place = tuple(map(int, cursor.split("."))) if cursor else None
        rest = [post for post in listed if place is None or (post.minute, post.number) < place]
        page = rest[: self.world.page_size]
        last, more = page[-1] if page else None, len(rest) > len(page)
        if kind == "again" and cursor:
            before = [post for post in listed if (post.minute, post.number) >= place][-self.world.page_size :]
            page = before + page
        if kind == "shuffle":
            page = page[1:] + page[:1]
        if kind == "end":
            more = False
        records = [self.record(post) for post in page]
        if kind == "junk":
            records.append({"id": None})
        return Page(records, f"{last.minute}.{last.number}" if last and more else None)

    def record(self, post: Held) -> dict[str, object]:
        return {"id": str(post.number), "minute": post.minute, "text": post.text, "edited": post.edited}

    def to_post(self, record: dict) -> Post:
        edited = record["edited"]
        return Post(
            platform=self.platform,
            platform_id=record["id"].strip(),
            kind="post",
            text=record["text"],
            created_at=at(record["minute"]),
            edited_at=None if edited is None else at(edited),
            author_id="somebody",
        )

    def recheck(self, ids: list[str]) -> Recheck:
        self.world.fault()
        live = {str(post.number): post for post in self.world.posts if not post.deleted and str(post.number) in ids}
        edited = [self.record(post) for post in live.values() if post.edited is not None]
        return Recheck(frozenset(live), frozenset(ids) - frozenset(live), edited)
