"""Who is signed in, and what that lets them do. Who they are is asked of whoever serves the app."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from pipeline.alerting.tokens import form_value, is_form_value
from pipeline.web.pages import Refusal

_NO_FORM = "That did not come from a page of ours", "Nothing was changed. Open the queue and use its pages' buttons."
_READS_ONLY = "You may read, not act", "Nothing was changed. Ask who runs Airflow for the right to act."


@dataclass(frozen=True)
class Person:
    """Who is signed in; `sees_own_posts` opens what the guard found in the practice's own posts."""

    name: str
    may_act: bool
    sees_own_posts: bool = False


# Gives the person of a request; raises HTTPException 401 or Refusal where nobody is signed in.
SignedIn = Callable[[Request], Awaitable[Person]]


def form_of(person: Person, key: bytes) -> str:
    """What a form of this person's pages must send back."""
    return form_value(_signed(person), key)


def check_act(person: Person, request: Request, sent: str, key: bytes) -> None:
    """Raises Refusal 403 where the person may only read, or where the form was made elsewhere or for somebody else."""
    if not person.may_act:
        raise Refusal(403, *_READS_ONLY)
    # A browser says so itself; ours sends no Origin, for it sends no referrer.
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if elsewhere or not is_form_value(sent, _signed(person), key):
        raise Refusal(403, *_NO_FORM)


def _signed(person: Person) -> str:
    # No token of a mail holds a bar, so that no form of its page is one of these.
    return f"signed in|{person.name}"
