"""Google reviews: what people write about our own locations, through the Business Profile API (v4)."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials

from pipeline.config import Settings
from pipeline.errors import ConfigError, CursorRejected, ListenError, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import AccountMetric, Page, Query, Recheck, Record, Source, Terms
from pipeline.sources._http import loopback_base, session
from pipeline.sources._plain import SERVER_RETRIES, ask, check, entries, json_object, retry_at
from pipeline.sources._records import iso_moment
from pipeline.sources.reading import admit

API = "https://mybusiness.googleapis.com/v4"
TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105
PAGE_SIZE = 50
# A list is read to its end to find what is missing in it; one that goes on for longer than this never ends.
LONGEST_LIST = 400
STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
# Both times of a review that nobody changed are of one writing, if not of one microsecond.
ONE_WRITING = timedelta(minutes=1)
# Where the owner reads and answers the reviews of all locations; a review has no address that the API tells.
REVIEWS_ADDRESS = "https://business.google.com/reviews"
APPLY_ADDRESS = "https://support.google.com/business/contact/api_default"

_CHANNEL = re.compile(r"accounts/\d{1,25}/(locations/\d{1,25})\Z", re.ASCII)
_NAME = re.compile(r"accounts/\d{1,25}/(locations/\d{1,25}/reviews/[\w=-]{1,180})\Z", re.ASCII)
_ID = re.compile(r"(locations/\d{1,25})/reviews/[\w=-]{1,180}\Z", re.ASCII)
_CURSOR = re.compile(r"[\w=+/.-]{1,2048}\Z", re.ASCII)
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s\Z", re.ASCII)

# It writes requests for a token to its log, secrets only thinly veiled.
logging.getLogger("google.auth").setLevel(logging.ERROR)
logging.getLogger("google.oauth2").setLevel(logging.ERROR)


class _NotFound(Permanent):
    """Google itself says that there is nothing of this name."""


class GoogleReviews(Source):
    """Reads raw pages of each location's reviews. A cursor is Google's page token.

    A platform id is `locations/L/reviews/R`: what Google calls the review, less the account, which may change. The API
    gives no id of the reviewer, so a post has no author.
    """

    name = "google_reviews"
    platform = "google_reviews"
    credentials = (
        "AUSCULT_GOOGLE_REVIEWS_CLIENT_ID",
        "AUSCULT_GOOGLE_REVIEWS_CLIENT_SECRET",
        "AUSCULT_GOOGLE_REVIEWS_REFRESH_TOKEN",
    )
    terms = Terms(
        version="2025-08",
        address="https://developers.google.com/my-business/content/terms",
        summary="The API is for listings that you own or are authorised to manage, and for no other purpose. Google "
        "must have approved your project for it, and may look at its use at any time.",
    )
    newest_first = True
    overlap = timedelta(days=7)
    # A list holds every review of a location, so an end above the watermark is no gap.
    reach = timedelta(days=365 * 30)
    recheck_batch = 1_000

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._transport = session(settings, loopback_base(settings, "AUSCULT_GOOGLE_REVIEWS_URL"), SERVER_RETRIES)
        # Nothing here redirects; whatever does would be handed the token.
        self._transport.max_redirects = 0
        self._sign_in: Credentials | None = None
        self._asked = 0

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """All reviews of each channel, which is `accounts/A/locations/L`. Raises ConfigError for any other channel."""
        return [Query(self.name, "reviews", channel=channel) for channel in self._channels().values()]

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """50 reviews, last changed first, and more where these end with an old one that was changed since.

        Google lists by the time of the last change, but a pass stops where a page's last post was written before
        `since`. An old review that was changed today stands among today's, so no page may end with it.
        """
        if cursor is not None and not _CURSOR.match(cursor):
            raise CursorRejected("not a cursor of google's reviews")
        records: list[Record] = []
        malformed: list[tuple[str, str]] = []
        posts: list[Post] = []
        for calls in range(1, LONGEST_LIST + 1):
            self.require_call(calls - 1)
            found, refused, cursor = self._listed(query.channel, cursor)
            records, malformed = [*records, *found], [*malformed, *refused]
            posts += admit(self, found, datetime.now(UTC))[0]
            if cursor is None or _is_changed_before(found, since):
                return Page(records, None, malformed, calls=calls)
            if since is None or not posts or (posts[-1].created_at or since) >= since:
                return Page(records, cursor, malformed, calls=calls)
        raise Transient("google's list of reviews does not end")

    def to_post(self, record: Record) -> Post:
        """Map one review; the owner's answer is counted and not read. Raises Skippable, KeyError or TypeError."""
        name = _NAME.match(record["name"])
        if not name:
            raise Skippable("bad_id", "not the name of a review")
        written_at = iso_moment(record["createTime"], "createTime")
        changed_at = iso_moment(record.get("updateTime") or record["createTime"], "updateTime")
        stars = STARS.get(record.get("starRating", ""))
        return Post(
            platform=self.platform,
            platform_id=name[1],
            kind="review",
            text=_own_words(record.get("comment") or ""),
            created_at=written_at,
            edited_at=changed_at if changed_at - written_at > ONE_WRITING else None,
            url=REVIEWS_ADDRESS,
            channel=name[1].partition("/reviews/")[0],
            metrics={"replies": int(bool(record.get("reviewReply"))), **({"score": stars} if stars else {})},
        )

    def recheck(self, ids: Sequence[str]) -> Recheck:
        """List each location until all ids are seen, then ask for each that was not; gone is what Google has not then.

        Ids of locations that are no channel any more are left unanswered. Raises as `fetch_page` does.
        """
        if len(frozenset(ids)) > self.recheck_batch:
            raise ValueError(f"recheck takes {self.recheck_batch} ids at most")
        found: dict[str, Record] = {}
        gone: set[str] = set()
        before = self._asked
        for location, channel in self._channels().items():
            asked = {name for name in ids if (match := _ID.match(name)) and match[1] == location}
            found |= self._found(channel, asked) if asked else {}
            for name in sorted(asked - found.keys()):
                # A review may have slipped from one page to another while they were read, so none is gone unasked.
                try:
                    found[name] = self._get(f"{channel.removesuffix(location)}{name}")
                except _NotFound:
                    gone.add(name)
        changed = [record for record in found.values() if record.get("updateTime") != record.get("createTime")]
        return Recheck(frozenset(found), frozenset(gone), changed, self._asked - before)

    def account_metrics(self) -> Sequence[AccountMetric]:
        """How many ratings each location has, those without words included, and their mean in hundredths of a star."""
        metrics: list[AccountMetric] = []
        for channel in self._channels().values():
            reply = self._get(f"{channel}/reviews", pageSize=1)
            count, mean = reply.get("totalReviewCount", 0), reply.get("averageRating", 0)
            if type(count) is not int or type(mean) not in {int, float} or not 0 <= mean <= 5:
                raise Transient("google's numbers have not the expected shape")
            metrics.append(AccountMetric(channel, "reviews", count))
            metrics += [AccountMetric(channel, "rating_hundredths", round(mean * 100))] if mean else []
        return metrics

    def _channels(self) -> dict[str, str]:
        channels: dict[str, str] = {}
        for channel in self._chosen.channels:
            match = _CHANNEL.match(channel)
            if not match:
                raise ConfigError(f"sources.google_reviews.channels: {channel!r} is not accounts/A/locations/L")
            channels[match[1]] = channel
        return channels

    def _found(self, channel: str, asked: set[str]) -> dict[str, Record]:
        found: dict[str, Record] = {}
        cursor: str | None = None
        for _ in range(LONGEST_LIST):
            records, _, cursor = self._listed(channel, cursor)
            named = {match[1]: record for record in records if (match := _NAME.match(str(record.get("name"))))}
            found |= {name: record for name, record in named.items() if name in asked}
            if cursor is None or asked <= found.keys():
                return found
        raise Transient("google's list of reviews does not end")

    def _listed(
        self, channel: str, cursor: str | None
    ) -> tuple[list[dict[str, Any]], list[tuple[str, str]], str | None]:
        params: dict[str, str | int] = {"pageSize": PAGE_SIZE, "orderBy": "updateTime desc"}
        if cursor is not None:
            params["pageToken"] = cursor
        reply = self._get(f"{channel}/reviews", **params)
        following = reply.get("nextPageToken")
        return *entries(reply, "reviews", "google"), following if isinstance(following, str) and following else None

    def _get(self, path: str, **params: str | int) -> dict[str, Any]:
        self._asked += 1
        headers = {"Authorization": f"Bearer {self._token()}"}
        response = ask(self._transport, "google", f"{API}/{path}", params, headers)
        if 400 <= response.status_code < 500:
            raise _refusal(response, resuming="pageToken" in params)
        check(response, "google")
        return json_object(response.content, "google")

    def _token(self) -> str:
        if self._sign_in is None:
            client_id, client_secret, refresh_token = (self._settings.secret(name) for name in self.credentials)
            if not (client_id and client_secret and refresh_token):
                raise Permanent(f"google_reviews needs {', '.join(self.credentials)} in the environment")
            self._sign_in = Credentials(  # type: ignore[no-untyped-call]
                None,
                refresh_token=refresh_token,
                token_uri=TOKEN_ADDRESS,
                client_id=client_id,
                client_secret=client_secret,
            )
        if not self._sign_in.valid:
            self._refresh(self._sign_in)
        return str(self._sign_in.token)

    def _refresh(self, sign_in: Credentials) -> None:
        try:
            sign_in.refresh(Request(self._transport))  # type: ignore[no-untyped-call]
        except RefreshError as error:
            if error.retryable:
                raise Transient("google's sign-in failed for now") from None
            raise Permanent(
                "google refused the sign-in: the client id, its secret or the refresh token is wrong, or access was "
                "withdrawn (the token of an app in testing lasts seven days)"
            ) from None
        except GoogleAuthError as error:
            raise Transient(f"google's sign-in cannot be reached: {type(error).__name__}") from None
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            raise Transient("google's sign-in gave a reply of an unexpected shape") from None


SOURCE = GoogleReviews


def _refusal(response: requests.Response, resuming: bool) -> ListenError:
    status, problem = response.status_code, _problem(response)
    told = problem.get("details")
    details = [detail for detail in told if isinstance(detail, dict)] if isinstance(told, list) else []
    limits = [detail["metadata"] for detail in details if isinstance(detail.get("metadata"), dict)]
    if status == 429 and any(limit.get("quota_limit_value") == "0" for limit in limits):
        return Permanent(
            "google has not approved this project for the Business Profile APIs yet (its quota is 0): apply for basic "
            f"access at {APPLY_ADDRESS} and wait for the answer"
        )
    if status == 429:
        delays = [match[1] for detail in details if (match := _DELAY.match(str(detail.get("retryDelay"))))]
        after = response.headers.get("retry-after") or next(iter(delays), None)
        return RateLimited("google asked us to wait (429)", retry_at(after))
    if status == 408:
        return Transient("google failed (408)")
    if status == 400 and resuming:
        return CursorRejected("google refused the request with the stored cursor (400)")
    if status == 403:
        return Permanent(
            "google refused (403): enable the Google My Business API in the approved project, and sign in as an owner "
            "or manager of the location, which must be verified"
        )
    if status == 404 and problem.get("status") == "NOT_FOUND":
        return _NotFound("google knows no such location or review (404)")
    return Permanent(f"google refused the request ({status})")


def _problem(response: requests.Response) -> Mapping[str, Any]:
    try:
        problem = json_object(response.content, "google").get("error")
    except Transient:
        return {}
    return problem if isinstance(problem, dict) else {}


def _is_changed_before(records: Sequence[Record], since: datetime | None) -> bool:
    # Whether the list is read down to `since`: what follows was changed earlier still.
    if since is None or not records:
        return False
    try:
        return iso_moment(records[-1].get("updateTime"), "updateTime") < since
    except Skippable:
        return False


def _own_words(comment: str) -> str:
    # Google sends its translation along: before the original, which it then marks as such, or behind it.
    before, mark, behind = comment.partition("(Translated by Google)")
    if not mark:
        return comment
    _, mark, original = behind.partition("(Original)")
    return original if mark and not before.strip() else before.strip() or behind
