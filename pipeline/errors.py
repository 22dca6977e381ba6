"""Errors classed by what the caller can do about them; a step catches these and nothing broader."""

from datetime import datetime


class AuscultError(Exception):
    """Base of every error that this project raises on purpose; its text never quotes a post."""


class ConfigError(AuscultError):
    """A setting, a practice file or a command argument is wrong: a person must change it."""


class ListenError(AuscultError):
    """Base of what a source may raise while it reads a platform.

    `hint` is for the person at the command line; it may quote a file and is never logged or stored.
    """

    hint = ""


class Skippable(ListenError):
    """One record cannot become a post: quarantine it alone and read on. `reason` is a short slug."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Transient(ListenError):
    """The platform failed in a way that passes (time-out, 5xx, HTML for JSON): resume at the same cursor later."""


class RateLimited(Transient):
    """The platform asked us to wait; `retry_at` is UTC, or None where it did not say until when."""

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class CursorRejected(ListenError):
    """The stored cursor is no longer accepted: start a new pass from the newest post and record a coverage gap."""


class Exhausted(ListenError):
    """A quota or a budget is used up (monthly cap, no credits): no retry will help before it is renewed."""


class Permanent(ListenError):
    """Credentials, permission or the query are wrong: stop this source until a person acts."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
