"""Links that a mail may hold: permalinks rebuilt from ids alone, and evidence addresses that were checked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from claims_db.addresses import find_address_problem
from pipeline.alerting.wording import platform_name

# Hosts that a post of each platform may lead to; a subdomain of one counts as the host itself.
PLATFORM_HOSTS = {
    "bluesky": ("bsky.app",),
    "facebook": ("facebook.com",),
    "google_reviews": ("google.com",),
    "instagram": ("instagram.com",),
    # Every server has its own: an address is rebuilt from the id alone.
    "mastodon": (),
    "nextdoor": ("nextdoor.com",),
    "reddit": ("reddit.com",),
    "x": ("x.com", "twitter.com"),
    "youtube": ("youtube.com",),
}

# Platforms whose addresses name people too, and for which no address can be rebuilt yet.
OTHER_SOCIAL_HOSTS = ("tiktok.com", "threads.net", "threads.com", "linkedin.com")

# A Bluesky author's permanent id is no handle; one that is a domain would be.
_DID, _RKEY = r"did:plc:[a-z2-7]{24}", r"[A-Za-z0-9._:~-]{1,128}"

# Path → the address we print. Handles, page names and title slugs are
# dropped on the way: only what these groups capture can reach a mail. A rebuilt address rebuilds to itself.
_REBUILT = {
    "bluesky": ((re.compile(rf"/profile/({_DID})/post/({_RKEY})/?"), "bsky.app/profile/{}/post/{}"),),
    "facebook": (
        (re.compile(r"/([0-9]{1,20}_[0-9]{1,20})/?"), "www.facebook.com/{}"),
        (
            re.compile(r"/groups/([0-9]{1,20})/(?:posts|permalink)/([0-9]{1,20})/?"),
            "www.facebook.com/groups/{}/posts/{}",
        ),
    ),
    "google_reviews": (
        (re.compile(r"/(reviews)/?"), "business.google.com/{}"),
        (
            re.compile(r"/maps/reviews/(?:@[0-9.,a-z-]{1,60}/)?(data=[A-Za-z0-9!_:.-]{1,200})/?"),
            "www.google.com/maps/reviews/{}",
        ),
    ),
    "instagram": (
        (re.compile(r"/(?:[A-Za-z0-9_.]{1,30}/)?(p|reel|tv)/([A-Za-z0-9_-]{5,40})/?"), "www.instagram.com/{}/{}/"),
    ),
    "mastodon": (),
    "nextdoor": ((re.compile(r"/p/([A-Za-z0-9_-]{1,40})/?"), "nextdoor.com/p/{}"),),
    "reddit": (
        (
            re.compile(r"(?:/r/[A-Za-z0-9_]{1,30})?/comments/([a-z0-9]{1,13})/[^/]*/([a-z0-9]{1,13})/?"),
            "www.reddit.com/comments/{}/_/{}/",
        ),
        (
            re.compile(r"(?:/r/[A-Za-z0-9_]{1,30})?/comments/([a-z0-9]{1,13})(?:/[^/]*)?/?"),
            "www.reddit.com/comments/{}/",
        ),
    ),
    "x": ((re.compile(r"/(?:i/web|i|[A-Za-z0-9_]{1,15})/status/([0-9]{1,20})/?"), "x.com/i/status/{}"),),
}
# Where the id alone is an address.
_FROM_ID = {
    "bluesky": (re.compile(rf"at://({_DID})/app\.bsky\.feed\.post/({_RKEY})"), "bsky.app/profile/{}/post/{}"),
    "mastodon": (re.compile(r"([a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,5})/([0-9]{1,20})"), "{}/statuses/{}"),
    "reddit": (re.compile(r"t3_([a-z0-9]{1,13})"), "www.reddit.com/comments/{}/"),
    "x": (re.compile(r"([0-9]{1,20})"), "x.com/i/status/{}"),
}
_PAGE = re.compile(r"[A-Za-z0-9:/?&=%#._~@+-]{1,3000}")
_SHOWN_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Link:
    """Where a post or a page is: `address` where a reader may follow it, else None; `words` in any case."""

    words: str
    address: str | None = None


def permalink(platform: object, platform_id: object, url: object) -> Link:
    """The post's address on its own platform, rebuilt from ids; platform and id as words where that fails."""
    name, identity = str(platform or ""), str(platform_id or "")
    address = _from_url(name, str(url or "")) or _from_id(name, identity)
    if address:
        return Link(address, f"https://{address}")
    shown = f"id {identity}" if _SHOWN_ID.fullmatch(identity) else "see the warehouse"
    return Link(f"{platform_name(platform)} post, {shown}")


def may_hold_handle(platform: str, url: str) -> bool:
    """Whether an address belongs to a platform whose addresses name people: kept as `permalink` rebuilds it only."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return True
    hosts = (*(one for own in PLATFORM_HOSTS.values() for one in own), *OTHER_SOCIAL_HOSTS)
    return platform in PLATFORM_HOSTS or _is_of(host, hosts)


def evidence_link(source: Mapping[str, object]) -> Link:
    """An evidence address: a link where somebody verified it and it is a public page, else words that say so."""
    address = str(source.get("address") or "")
    if find_address_problem(address):
        return Link("(no usable address)")
    if source.get("verified") is not True:
        return Link(f"{address} (address not checked)")
    return Link(urlsplit(address).hostname or address, address)


def page_link(address: str | None, words: str) -> Link | None:
    """The alert's own page, which is ours and not from a post; None where there is none, or it is no web address."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _PAGE.fullmatch(address or ""):
        return None
    return Link(words, address)


def _from_url(platform: str, url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        return None
    allowed = PLATFORM_HOSTS.get(platform, ())
    if parts.scheme not in {"http", "https"} or port is not None or "@" in parts.netloc:
        return None
    if not _is_of(host, allowed):
        return None
    if platform == "facebook" and parts.path in {"/permalink.php", "/story.php"}:
        return _from_story(parse_qs(parts.query))
    if platform == "youtube" and parts.path == "/watch":
        return _from_watch(parse_qs(parts.query))
    return _from_path(platform, parts.path)


def _is_of(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or host.endswith("." + one) for one in hosts)


def _from_path(platform: str, path: str) -> str | None:
    for pattern, address in _REBUILT.get(platform, ()):
        if found := pattern.fullmatch(path):
            return address.format(*found.groups())
    return None


def _from_story(query: dict[str, list[str]]) -> str | None:
    story, page = (query.get(name, [""])[0] for name in ("story_fbid", "id"))
    if re.fullmatch(r"(?:[0-9]{1,20}|pfbid[A-Za-z0-9]{1,80})", story) and re.fullmatch(r"[0-9]{1,20}", page):
        return f"www.facebook.com/permalink.php?story_fbid={story}&id={page}"
    return None


def _from_watch(query: dict[str, list[str]]) -> str | None:
    video, comment = (query.get(name, [""])[0] for name in ("v", "lc"))
    if not re.fullmatch(r"[A-Za-z0-9_-]{11}", video):
        return None
    known = re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", comment)
    return f"www.youtube.com/watch?v={video}" + (f"&lc={comment}" if known else "")


def _from_id(platform: str, identity: str) -> str | None:
    pattern, address = _FROM_ID.get(platform, (None, ""))
    found = pattern.fullmatch(identity) if pattern else None
    return address.format(*found.groups()) if found else None
