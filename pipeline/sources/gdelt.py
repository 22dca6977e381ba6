"""GDELT: titles and addresses of news articles that name us or hold a claim's words, through its DOC 2.0 API."""

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.config import Settings
from pipeline.errors import CursorRejected, ListenError, Permanent, RateLimited, Skippable, Transient
from pipeline.listening import Listening, Practice
from pipeline.post import Post
from pipeline.sources import Page, Query, Record, Source
from pipeline.sources._columns import PERSON_IN_PATH
from pipeline.sources._http import loopback_base, session
from pipeline.sources._phrases import packed, phrases
from pipeline.sources._plain import ask, check, entries, json_object

API = "https://api.gdeltproject.org/api/v2/doc/doc"
PAGE_SIZE = 250
# Nowhere documented. Others report 213 characters accepted and 257 refused, and terms of these lengths.
MAX_QUERY_CHARACTERS = 240
SHORTEST_WORD, SHORTEST_PHRASE = 3, 5
# It grants one call every 5 seconds, by a clock that is not ours.
PAUSE_SECONDS = 6.0
# It takes stock four times an hour; whether an article's time is exact or its quarter's beginning is not documented.
QUARTER = timedelta(minutes=15)

# What it says in plain text, often with status 200.
THROTTLED = "limit requests"
TOO_EARLY = "last 3 months"
REFUSED = ("too short", "too long", "too common", "illegal character", "parentheses", "surrounded by", "invalid")

# Its languages by ISO 639-1 code, as a search names them.
LANGUAGES: dict[str, str] = dict(
    re.findall(
        r"(\w\w):(\w+)",
        "af:afrikaans am:amharic ar:arabic az:azerbaijani be:belarusian bg:bulgarian bn:bengali bs:bosnian ca:catalan "
        "cs:czech da:danish de:german el:greek en:english es:spanish et:estonian eu:basque fa:persian fi:finnish "
        "fr:french gl:galician gu:gujarati he:hebrew hi:hindi hr:croatian hu:hungarian hy:armenian id:indonesian "
        "is:icelandic it:italian ja:japanese ka:georgian kk:kazakh km:khmer kn:kannada ko:korean ku:kurdish ky:kyrgyz "
        "lo:lao lt:lithuanian lv:latvian mk:macedonian ml:malayalam mn:mongolian mr:marathi ms:malay mt:maltese "
        "my:burmese ne:nepali nl:dutch nn:norwegiannynorsk no:norwegian or:oriya pa:punjabi pl:polish ps:pashto "
        "pt:portuguese ro:romanian ru:russian si:sinhalese sk:slovak sl:slovenian so:somali sq:albanian sr:serbian "
        "sv:swedish sw:swahili ta:tamil te:telugu tg:tajik th:thai tr:turkish uk:ukrainian ur:urdu uz:uzbek "
        "vi:vietnamese zh:chinese",
    )
)
CODES = {name: code for code, name in LANGUAGES.items()}

_CURSOR = re.compile(r"\d{14}\Z", re.ASCII)
_SEEN = re.compile(r"(\d{8})T?(\d{6})Z?\Z", re.ASCII)
# Its JSON holds backslashes that escape nothing.
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')


class _TooEarly(Permanent):
    """The search begins, or ends, before what GDELT still holds."""


class Gdelt(Source):
    """Reads lists of articles. A cursor is the moment before which a page's articles were seen, to the second.

    A platform id is a hash of the article's address. Only titles come, and the time is when GDELT first saw it.
    """

    name = "gdelt"
    platform = "gdelt"
    newest_first = True
    # It looks for news every 15 minutes, and files what it saw late under the time it saw it.
    overlap = timedelta(hours=1)
    reach = timedelta(days=90)

    # The second where the first began too early for it.
    page_calls = 2

    def __init__(self, settings: Settings, listening: Listening) -> None:
        super().__init__(settings, listening)
        self._base = loopback_base(settings, "AUSCULT_GDELT_URL")
        # No retries: a second call within seconds is one too many, and makes the next ones fail too.
        self._transport = session(settings, self._base)
        self._next_call = 0.0

    def queries(self, practice: Practice, keywords: Sequence[str]) -> list[Query]:
        """Names first, then keywords, as exact phrases: brackets hold alternatives only, never words side by side."""
        suffix = self._suffix()
        room = MAX_QUERY_CHARACTERS - len(suffix) - 1
        asked: list[Query] = []
        for terms in ((practice.name, *practice.aliases), keywords if self._chosen.search_claims else ()):
            parts = _parts(terms)
            for words in packed(parts, room):
                # Around a single term they are refused.
                bare = words[1:-1] if words[1:-1] in parts else words
                asked.append(Query(self.name, "search", f"{bare} {suffix}".strip()))
        return asked

    def fetch_page(self, query: Query, cursor: str | None, since: datetime | None) -> Page:
        """250 articles, newest first. A full page goes on before its oldest; `gap`: a quarter of an hour had more."""
        before = _cursor_moment(cursor) if cursor is not None else query.until_at
        after = query.after_at or since
        params: dict[str, str | int] = {"query": query.words, "mode": "ArtList", "format": "json"}
        params |= {"maxrecords": PAGE_SIZE, "sort": "DateDesc"}
        if before:
            params["enddatetime"] = _stamp(before)
        calls, gap = 1, ""
        try:
            reply = self._ask({**params, "startdatetime": _stamp(after)} if after else params)
        except _TooEarly:
            if after is None:
                raise
            # All it has is read then. Of a pass that listens, the caller knows that it was too long ago.
            self.require_call(1)
            reply, calls, gap = self._ask(params), 2, "out_of_reach" if query.after else ""
        records, malformed = entries(reply, "articles", "gdelt")
        following = None
        if len(records) + len(malformed) >= PAGE_SIZE:
            following, capped = _following(records, before, after)
            gap = gap or capped
        return Page(records, following, malformed, gap, calls)

    def to_post(self, record: Record) -> Post:
        """Map one article. Raises Skippable, KeyError or TypeError."""
        address, title = record["url"], record.get("title")
        if not isinstance(address, str) or not address.startswith(("https://", "http://")):
            raise Skippable("bad_id", "not a web address")
        if not isinstance(title, str):
            raise Skippable("text_not_text", "title")
        seen_at = _seen_at(record)
        if seen_at is None:
            raise Skippable("bad_date", "seendate")
        language, domain = record.get("language"), record.get("domain")
        return Post(
            platform=self.platform,
            platform_id=hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:32],
            kind="post",
            text="",
            title=title,
            created_at=seen_at,
            url=None if PERSON_IN_PATH.search(address) else address,
            lang=CODES.get(language.replace(" ", "").lower()) if isinstance(language, str) else None,
            channel=domain if isinstance(domain, str) else None,
        )

    def _suffix(self) -> str:
        # `not_us` is left to screening; a post may name both.
        wanted = [f"sourcelang:{LANGUAGES[code]}" for code in self._chosen.languages if code in LANGUAGES]
        languages = f"({' OR '.join(wanted)})" if len(wanted) > 1 else "".join(wanted)
        refused = [f"-{part}" for part in _parts(self._chosen.exclude)]
        return " ".join(filter(None, (languages, *refused)))

    def _ask(self, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        if self._base is None:
            time.sleep(max(0.0, self._next_call - time.monotonic()))
        self._next_call = time.monotonic() + PAUSE_SECONDS
        response = ask(self._transport, "gdelt", API, params)
        check(response, "gdelt")
        text = response.content.decode("utf-8", "replace")
        if text.lstrip().startswith("{"):
            return json_object(_ESCAPE.sub(lambda found: found[0] if found[1] else r"\\", text), "gdelt")
        raise _complaint(text[:1_000].casefold().strip())


SOURCE = Gdelt


def _parts(terms: Iterable[str]) -> list[str]:
    # One word stands without quotes, and a query with one term that is too short is refused as a whole.
    made: dict[str, None] = {}
    for phrase in phrases((re.sub(r"[@#]", " ", term) for term in terms), MAX_QUERY_CHARACTERS // 2):
        bare = phrase.strip('"')
        if len(bare) >= (SHORTEST_WORD if bare.isalnum() else SHORTEST_PHRASE):
            made.setdefault(bare if bare.isalnum() else phrase)
    return list(made)


def _complaint(text: str) -> ListenError:
    if THROTTLED in text:
        return RateLimited("gdelt asked us to wait, in words")
    if TOO_EARLY in text:
        return _TooEarly("gdelt reaches back three months and not further")
    if any(words in text for words in REFUSED) and not text.startswith("<"):
        return Permanent("gdelt refused the query: one of its terms, or its length")
    return Transient("gdelt's reply is not JSON")


def _following(records: Sequence[Record], before: datetime | None, after: datetime | None) -> tuple[str | None, str]:
    seen = [moment for moment in map(_seen_at, records) if moment]
    if not seen:
        return None, "results_capped"
    # A quarter on, so that the rest of what was seen in the oldest quarter comes too.
    following, gap = min(seen) + QUARTER, ""
    if before and following >= before:
        # The whole page is of one quarter, and what more there is of it cannot be asked for.
        following, gap = min(seen) - timedelta(seconds=1), "results_capped"
    return (None if after and following <= after else _stamp(following)), gap


def _cursor_moment(cursor: str) -> datetime:
    moment = _at(cursor) if _CURSOR.match(cursor) else None
    if moment is None:
        raise CursorRejected("not a cursor of gdelt")
    return moment


def _seen_at(record: Record) -> datetime | None:
    match = _SEEN.match(str(record.get("seendate")))
    return _at(match[1] + match[2]) if match else None


def _at(digits: str) -> datetime | None:
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if 2000 <= moment.year < 2100 else None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
