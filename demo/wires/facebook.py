"""Facebook's wire format: a Page with its feed, comments and tags, as the Graph API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from demo.wires import Route
from demo.wires._graph import TOKEN, GraphWire, Node, wire_time
from demo.wires.posts import Served

COMMENT = "comment_"


class FacebookWire(GraphWire):
    """Our Page. Posts of ours and of visitors have ids that begin with the Page's; other posts tag it.

    A comment that is removed is hidden by us: Graph shows it to us all the same, and says so.
    """

    platform = "facebook"
    limit_code, limit_kind = 32, "pages"

    def __init__(self) -> None:
        self.routes = (
            self.edges("feed|tagged|comments", frozenset({"filter", "order"})),
            Route("GET", r"/facebook/v26\.0/\d+(_\d+)*", frozenset({"fields"}), TOKEN),
            Route("POST", r"/facebook/v26\.0/"),
        )

    def find(self, wire_id: str, posts: Sequence[Served]) -> Node | None:
        if wire_id == self.account:
            return Node("page")
        for post in posts:
            if _wire_id(post) != wire_id or post.status == "deleted":
                continue
            if _is_comment(post):
                return Node("comment", post)
            return Node("post", post) if post.status == "live" and self._is_ours(post) else None
        return None

    def below(self, node: Node, edge: str, options: Mapping[str, str], posts: Sequence[Served]) -> list[Node] | None:
        if node.kind == "page" and edge in {"feed", "tagged"}:
            shown = [post for post in posts if post.status == "live" and not _is_comment(post)]
            return [Node("post", post) for post in shown if self._is_ours(post) == (edge == "feed")]
        if node.kind == "post" and edge == "reactions":
            return []
        if node.post is None or edge != "comments":
            return None
        stream = options.get("filter") == "stream"
        under = [post for post in posts if _is_comment(post) and post.status != "deleted"]
        under = [post for post in under if node.post.id in (_above(post, posts) if stream else _above(post, posts)[:1])]
        return [Node("comment", post) for post in reversed(under)]

    def values(self, node: Node, posts: Sequence[Served]) -> Mapping[str, Any]:
        post = node.post
        if post is None:
            return {"id": self.account, "name": "Larkspur Family Health", "followers_count": 640, "fan_count": 612}
        common = {
            "id": _wire_id(post),
            "message": post.text or None,
            "created_time": wire_time(post.created_at),
            "permalink_url": f"https://www.facebook.com/{post.fields.get('author')}/posts/{post.id}",
        }
        author = {"id": str(post.author_number), "name": post.fields.get("author")}
        if node.kind == "post":
            shares = {"count": post.metric("shares")} if post.metric("shares") else None
            return {**common, "from": author if self._is_ours(post) else None, "shares": shares}
        parent = str(post.fields.get("parent_id"))
        return {
            **common,
            "from": author,
            "parent": {"id": parent.removeprefix(COMMENT)} if parent.startswith(COMMENT) else None,
            "like_count": post.metric("likes"),
            "comment_count": post.metric("replies"),
            "is_hidden": post.status == "removed",
        }

    def total(self, node: Node, edge: str, found: Sequence[Node]) -> int:
        if node.post is None:
            return len(found)
        return node.post.metric("likes") if edge == "reactions" else max(len(found), node.post.metric("replies"))

    def record(self, post: Served) -> Mapping[str, Any]:
        return self.values(Node("comment" if _is_comment(post) else "post", post), (post,))

    def _is_ours(self, post: Served) -> bool:
        return post.id.startswith(f"{self.account}_")


def _is_comment(post: Served) -> bool:
    return post.id.startswith(COMMENT)


def _wire_id(post: Served) -> str:
    return post.id.removeprefix(COMMENT)


def _above(post: Served, posts: Sequence[Served]) -> list[str]:
    parents = {one.id: str(one.fields.get("parent_id")) for one in posts if _is_comment(one)}
    above = [parents[post.id]]
    while above[-1] in parents:
        above.append(parents[above[-1]])
    return above
