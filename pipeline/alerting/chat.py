"""A notification as the short plain text that a chat service or a webhook gets, in bytes that never change. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass

from pipeline.alerting.render import Rendered
from pipeline.alerting.wording import clean, header_text

# The least of what the services take: a Teams card is made for 1,000 characters, Slack folds what is longer.
BODY_CHARACTERS = 1_000

# Characters that a service may read as a mention, a link, a heading or emphasis, as their full-width twins: they look
# the same and do nothing.
_INERT = {ord(mark): ord(mark) + 0xFEE0 for mark in "@<>[]*_~`#|\\"}
# What a service makes a link of without being asked: an address, or a host name on its own.
_ADDRESS = re.compile(r"://")
_HOST_DOT = re.compile(r"(?<=[\w-])\.(?=[^\W\d_]{2})")
_OUR_LINK = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/=&%+-]*)?(?:\?[A-Za-z0-9._~/=&%+-]*)?"
)


@dataclass(frozen=True)
class ChatMessage:
    """What the bytes of an outbox row for a service hold; `link` is the alert's own page, or empty."""

    title: str
    body: str
    link: str
    notification_key: str
    message_id: str


def build_service_message(rendered: Rendered, notification_key: str) -> tuple[str, bytes]:
    """The message id and the canonical JSON of title, body, link and keys: a function of its arguments alone.

    Nothing in title or body can ping, link or format: the one link is `rendered.link`. Raises ValueError where that is
    no plain http address.
    """
    link = rendered.link or ""
    if link and not _OUR_LINK.fullmatch(link):
        raise ValueError("the link of a message is not a plain address")
    message_id = hashlib.sha256(notification_key.encode("utf-8", "replace")).hexdigest()
    told = {
        "title": inert(header_text(rendered.subject)),
        "body": _cut([inert(line) for line in (rendered.chat or rendered.subject).splitlines()]),
        "link": link,
        "notification_key": notification_key,
        "message_id": message_id,
    }
    return message_id, json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def read_service_message(message: bytes) -> ChatMessage:
    """What `build_service_message` wrote."""
    return ChatMessage(**json.loads(message))


def inert(line: object) -> str:
    """One line that a service can only show: no mention, no address, no host name and no markup is left in it."""
    plain = clean(line).translate(_INERT)
    return _HOST_DOT.sub("\u2024", _ADDRESS.sub("\uff1a//", plain))


def _cut(lines: list[str]) -> str:
    kept: list[str] = []
    left = BODY_CHARACTERS
    for line in filter(None, lines):
        if len(line) > left:
            kept += [clean(line, left)] if left > 1 else []
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join(kept)
