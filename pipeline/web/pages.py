"""Pages as answers: templates with autoescape, and the headers that every answer of ours carries."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

_TEMPLATES = Path(__file__).parent / "templates"
# Stands in the page itself, so that a page needs no second request and no address of its own below any prefix.
_STYLE = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
_SCRIPT = (_TEMPLATES / "triage.js").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_STYLE_HASH}'",
        # An empty icon, or the browser asks the server for one.
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# The triage page has keys; its script is a file of ours beside it.
WITH_SCRIPT = f"{CONTENT_SECURITY_POLICY}; script-src 'self'"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Refusal(Exception):
    """Ends a request with a page of plain words; `title` and `words` quote nothing of the request."""

    def __init__(self, status: int, title: str, words: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.words = words


def show_page(template: str, status: int = 200, **words: Any) -> Response:  # noqa: ANN401  # whatever it prints
    """The answer that holds the page `template` with these words."""
    html = _ENVIRONMENT.get_template(template).render(words)
    return HTMLResponse(html.encode("utf-8", "replace"), status, HEADERS)


def show_keyed_page(template: str, status: int = 200, **words: Any) -> Response:  # noqa: ANN401  # whatever it prints
    """Likewise, of a page that loads our script."""
    answer = show_page(template, status, **words)
    answer.headers["Content-Security-Policy"] = WITH_SCRIPT
    return answer


def show_script() -> Response:
    """The script of the triage page."""
    return Response(_SCRIPT, headers=HEADERS, media_type="text/javascript")


def show_refusal(refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    """The page of a request that ended without what was asked for."""
    answer = show_page("refusal.html", refusal.status, title=refusal.title, words=refusal.words)
    answer.headers.update(headers or {})
    return answer


def go_to(address: str) -> Response:
    """Sends the browser on with a GET (RFC 9110, 15.4.4); `address` is relative to the page, so any prefix works."""
    return Response(status_code=303, headers={**HEADERS, "Location": address})


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_STYLE)  # noqa: S704  # our own file
    return environment


_ENVIRONMENT = _environment()
