"""A form that a browser sent: small, of the one kind that our pages send, and read before anything is believed."""

from urllib.parse import parse_qsl

from fastapi import Request

from pipeline.web.pages import Refusal

MAX_BYTES = 8_192
MAX_FIELDS = 8
_KIND = "application/x-www-form-urlencoded"
_TOO_LARGE = "That is too much", "Nothing was changed. A reason or a note has a few hundred characters at most."
_UNREADABLE = "That cannot be read", "Nothing was changed. Go back to the page and try again."


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last one of a name.

    Raises Refusal: 413 past MAX_BYTES (without reading on), 415 for another kind, 400 for what is no form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise Refusal(415, *_UNREADABLE)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise Refusal(413, *_TOO_LARGE)
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise Refusal(400, *_UNREADABLE) from None
