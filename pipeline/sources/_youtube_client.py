"""The YouTube client's calls: raw replies, all replies of a thread, and posts by their ids."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httplib2
import requests
from google.api_core.client_options import ClientOptions
from googleapiclient.discovery import build

from pipeline.errors import Transient
from pipeline.sources import Record
from pipeline.sources._youtube_errors import Refused, sorted_errors

COMMENTS_A_PAGE = 100
PLAIN_COMMENT = {"part": "snippet", "textFormat": "plainText"}
LOOK_UPS = {"comments": PLAIN_COMMENT, "videos": {"part": "snippet,statistics"}}
# A look-up that answers with one short page only would read as losses: those are asked for again, so few at a time.
CONFIRMED_AT_ONCE = 5
NOT_FOUND = {"commentNotFound", "videoNotFound"}

_COUNT = re.compile(r"\d{1,18}\Z", re.ASCII)

# Both write the address to their logs, the key in it, and the client whole replies as well.
for _chatty in ("googleapiclient", "urllib3"):
    logging.getLogger(_chatty).setLevel(logging.ERROR)


class Client:
    """Google's client over a session of ours. Every call raises a ListenError and nothing else.

    `asked` is how many requests were made.
    """

    def __init__(self, key: str, speaks: requests.Session, base: str | None) -> None:
        self.asked = 0
        # Nothing in this API redirects; whatever does would be handed the key.
        speaks.max_redirects = 0
        self._resources: Any = build(
            "youtube",
            "v3",
            http=_Transport(speaks),
            developerKey=key,
            static_discovery=True,
            cache_discovery=False,
            client_options=ClientOptions(api_endpoint=base),
        )

    def ask(self, kind: str, about: str, asked: Mapping[str, object], resuming: bool = False) -> Mapping[str, Any]:
        """The list of one kind ("comments", "search") as YouTube gave it; parameters that are None are left out."""
        self.asked += 1
        with sorted_errors(about, resuming):
            reply = getattr(self._resources, kind)().list(**asked).execute()
            # What is no JSON the client hands back as text.
            if reply["kind"] != f"youtube#{kind.removesuffix('s')}ListResponse":
                raise TypeError("not the list that was asked for")
            if not isinstance(reply.get("items", []), list):
                raise TypeError("not a list")
            return dict(reply)

    def replies(self, thread: Record, room: int) -> tuple[list[Record], int, bool]:
        """The replies to a thread, those it shows and the others in `room` calls at most; the calls; whether all."""
        snippet = thread["snippet"] if isinstance(thread.get("snippet"), dict) else {}
        shown = thread["replies"].get("comments") if isinstance(thread.get("replies"), dict) else None
        held = {str(reply.get("id")): reply for reply in objects({"items": shown})}
        count = counts(snippet, {"totalReplyCount": "replies"}).get("replies", 0)
        calls, whole, token = 0, len(held) >= count or not isinstance(thread.get("id"), str), None
        while not whole and calls < room:
            calls += 1
            asked = {"parentId": thread["id"], "maxResults": COMMENTS_A_PAGE, "pageToken": token, **PLAIN_COMMENT}
            try:
                reply = self.ask("comments", "replies", asked)
            except Refused as refusal:
                if not NOT_FOUND.intersection(refusal.reasons):
                    raise
                reply = {}  # the thread was taken down since it was listed
            held |= {str(record.get("id")): record for record in objects(reply)}
            token = next_cursor(reply)
            # The count takes in replies that nobody is shown; the end of the list is the end.
            whole = token is None
        return [_with_video(record, snippet.get("videoId")) for record in held.values()], calls, whole

    def found(self, kind: str, ids: Sequence[str]) -> dict[str, Record]:
        """Those of these "comments" or "videos" that are there; what is not was left out twice, or is not found."""
        held = self._look_up(kind, ids)
        missing = [name for name in ids if name not in held]
        for start in range(0, len(missing), CONFIRMED_AT_ONCE):
            held |= self._look_up(kind, missing[start : start + CONFIRMED_AT_ONCE])
        return held

    def _look_up(self, kind: str, ids: Sequence[str]) -> dict[str, Record]:
        if not ids:
            return {}
        try:
            reply = self.ask(kind, f"known {kind}", {"id": ",".join(ids), **LOOK_UPS[kind]})
        except Refused as refusal:
            if not NOT_FOUND.intersection(refusal.reasons):
                raise
            # One that is gone may refuse them all: halves, until it stands alone.
            half = len(ids) // 2
            return {**self._look_up(kind, ids[:half]), **self._look_up(kind, ids[half:])} if half else {}
        if next_cursor(reply):
            raise Transient("youtube answered a look-up in part")
        return {record["id"]: record for record in objects(reply) if record.get("id") in ids}


class _Transport:
    """What the client takes for an httplib2.Http: our session, which bounds the time and the size of a reply."""

    def __init__(self, speaks: requests.Session) -> None:
        self._session = speaks

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[httplib2.Response, bytes]:
        reply = self._session.request(method, uri, data=body, headers=headers)
        return httplib2.Response({**reply.headers, "status": str(reply.status_code)}), reply.content


def objects(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of a reply that are objects."""
    entries = reply.get("items")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def next_cursor(reply: Mapping[str, Any]) -> str | None:
    """The token of the page that follows; None after the last."""
    token = reply.get("nextPageToken")
    return token if isinstance(token, str) and token else None


def counts(numbers: object, names: Mapping[str, str]) -> dict[str, int]:
    """The counts of a record under our names; YouTube writes some as text. What is no count is left out."""
    known = numbers if isinstance(numbers, dict) else {}
    shown = {ours: str(known.get(theirs)) for theirs, ours in names.items()}
    return {ours: int(count) for ours, count in shown.items() if _COUNT.match(count)}


def _with_video(reply: Record, video: object) -> Record:
    # A reply that was listed alone does not say which video it stands under.
    snippet = reply.get("snippet")
    return {**reply, "snippet": {"videoId": video, **snippet}} if isinstance(snippet, dict) else reply
