"""A rendered mail as bytes that never change: the same input gives the same Message-ID and the same message."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pydantic import TypeAdapter, ValidationError

from pipeline.alerting.charts import Picture
from pipeline.alerting.render import Rendered
from pipeline.alerting.wording import header_text, slug
from pipeline.errors import ConfigError
from pipeline.listening import Mailbox

# Every header that a message may have; anything else is a fault.
HEADERS = frozenset(
    ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted", "X-Auscult-Alert")
)

# No folding: each of our headers is shorter than RFC 5322's 998 characters, and a folded one may become an encoded
# word, which Python 3.11 and older can turn into a new header (CVE-2024-6923).
_UNFOLDED = SMTP.clone(max_line_length=998)
_CONTENT_ID = re.compile(r"[0-9a-f]{32}@auscult")
_MAILBOX: TypeAdapter[str] = TypeAdapter(Mailbox)


def build_message(
    rendered: Rendered, sender: str, receiver: str, notification_key: str, now: datetime
) -> tuple[str, bytes]:
    """The Message-ID and the message (CRLF, 7-bit) for one receiver; a function of its arguments alone.

    `now` becomes the Date and must carry its zone. Raises ConfigError where an address is not a plain mailbox, and
    ValueError for a time without a zone or a picture whose Content-ID is not ours.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry its zone")
    name = hashlib.sha256(notification_key.encode("utf-8", "replace")).hexdigest()
    message_id = f"<{name}@{domain_of(check_mailbox(sender))}>"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = check_mailbox(receiver)
    message["Subject"] = header_text(rendered.subject)
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auscult-Alert"] = slug(rendered.slug) or "alert"
    message.set_content(_encodable(rendered.text), cte="quoted-printable")
    message.add_alternative(_encodable(rendered.html), subtype="html", cte="quoted-printable")
    if rendered.pictures:
        _add_pictures(message, rendered.pictures, f"=_{name[32:]}")
    # The library would draw a random one. "=_" cannot occur in quoted-printable text (RFC 2045, 6.7).
    message.set_boundary(f"=_{name[:32]}")
    return message_id, message.as_bytes(policy=_UNFOLDED)


def check_mailbox(address: str) -> str:
    """The address, where it is a plain `name@host`. Raises ConfigError (which quotes nothing) otherwise."""
    try:
        return _MAILBOX.validate_python(address)
    except ValidationError:
        raise ConfigError("a sender or receiver is not a plain mail address") from None


def domain_of(address: str) -> str:
    """The part of a mail address behind the @."""
    return address.rpartition("@")[2]


def _add_pictures(message: EmailMessage, pictures: Sequence[Picture], boundary: str) -> None:
    """Put the pictures beside the HTML, the last alternative (RFC 2387), named by their Content-IDs (RFC 2392)."""
    html = message.get_payload()[-1]  # type: ignore[index]
    for number, picture in enumerate(pictures, start=1):
        if not _CONTENT_ID.fullmatch(picture.content_id):
            raise ValueError("a picture has a Content-ID that is not ours")
        html.add_related(  # type: ignore[union-attr]
            picture.png,
            "image",
            "png",
            cid=f"<{picture.content_id}>",
            disposition="inline",
            filename=f"chart-{number}.png",
        )
    html.set_boundary(boundary)  # type: ignore[union-attr]
    html.set_param("type", "text/html")  # type: ignore[union-attr]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
