"""Instagram's wire format: an account with its media, comments, replies and tags, as the Graph API shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from demo.wires import Route
from demo.wires._graph import TOKEN, GraphWire, Node, Problem, wire_time
from demo.wires.posts import Served


class InstagramWire(GraphWire):
    """Our account. Canonical ids are Graph's after `media_`, `comment_` or `tag_`: a tag is somebody else's media.

    A comment that is removed is hidden by us: Graph shows it to us all the same, and says so.
    """

    platform = "instagram"
    account = "17841400000000001"
    limit_code, limit_kind = 80002, "instagram"
    without_next = frozenset({"tags"})

    def __init__(self) -> None:
        self.routes = (
            self.edges("media|tags|comments|replies"),
            Route("GET", r"/instagram/v26\.0/\d+", frozenset({"fields"}), TOKEN),
            Route(
                "GET", r"/instagram/v26\.0/\d+/insights", frozenset({"since", "until"}), TOKEN | {"metric", "period"}
            ),
            Route("POST", r"/instagram/v26\.0/"),
        )

    def find(self, wire_id: str, posts: Sequence[Served]) -> Node | None:
        if wire_id == self.account:
            return Node("user")
        for post in posts:
            kind, _, name = post.id.partition("_")
            # Somebody else's media is shown at the edge only.
            if name == wire_id and kind != "tag" and (post.status == "live" or _is_hidden(post)):
                return Node(kind, post)
        return None

    def below(self, node: Node, edge: str, options: Mapping[str, str], posts: Sequence[Served]) -> list[Node] | None:
        kinds = {("user", "media"): "media", ("user", "tags"): "tag", ("media", "comments"): "comment"}
        kind = kinds.get((node.kind, edge), "comment" if (node.kind, edge) == ("comment", "replies") else "")
        if not kind:
            return None
        shown = [
            post for post in posts if post.id.startswith(f"{kind}_") and (post.status == "live" or _is_hidden(post))
        ]
        if node.post is not None:
            shown = [post for post in shown if post.fields.get("parent_id") == node.post.id]
        return [Node(kind, post) for post in shown]

    def values(self, node: Node, posts: Sequence[Served]) -> Mapping[str, Any]:
        post = node.post
        if post is None:
            return {"id": self.account, "username": "larkspurfamily", "followers_count": 480, "media_count": len(posts)}
        kind, _, name = post.id.partition("_")
        author = post.fields.get("author")
        common = {
            "id": name,
            "timestamp": wire_time(post.created_at),
            "like_count": post.metric("likes"),
            "username": author,
        }
        if kind == "comment":
            parent = str(post.fields.get("parent_id"))
            return {
                **common,
                "text": post.text,
                "from": {"id": str(post.author_number), "username": author},
                "parent_id": parent.removeprefix("comment_") if parent.startswith("comment_") else None,
                "hidden": post.status == "removed",
            }
        return {
            **common,
            "caption": post.text or None,
            "comments_count": post.metric("replies"),
            "permalink": f"https://www.instagram.com/{author}/p/C{name}/",
            "owner": {"id": self.account} if kind == "media" else None,
        }

    def insights(self, params: Mapping[str, str], now: datetime) -> Mapping[str, Any]:
        if params["metric"] != "reach" or params["period"] != "day":
            raise Problem(400, 100, "(#100) Incompatible metrics")
        days = [now - timedelta(days=1), now]
        values = [{"value": 90 + place, "end_time": wire_time(day)} for place, day in enumerate(days)]
        insight = {"name": "reach", "period": "day", "values": values, "id": f"{self.account}/insights/reach/day"}
        # Pages of time, which have no cursors.
        return {
            "data": [insight],
            "paging": {"previous": "https://graph.facebook.com/", "next": "https://graph.facebook.com/"},
        }

    def record(self, post: Served) -> Mapping[str, Any]:
        return self.values(Node(post.id.partition("_")[0], post), (post,))


def _is_hidden(post: Served) -> bool:
    return post.status == "removed" and post.id.startswith("comment_")
