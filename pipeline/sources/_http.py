"""One transport for the platform clients: a time-out, a size cap, retries on 5xx and a loopback address for tests."""

import io
import time
import urllib.parse
from collections.abc import Mapping

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from pipeline.config import Settings
from pipeline.errors import ConfigError

TIMEOUT_VARIABLE = "AUSCULT_HTTP_TIMEOUT"
DEFAULT_TIMEOUT = 10.0
MAX_REPLY_BYTES = 8 * 1024 * 1024  # reliability note, section 2: a page is never larger
# A server that drips one byte a second never trips the time-out of a single read.
WHOLE_REPLY_TIMEOUTS = 4
LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}


class BoundedAdapter(HTTPAdapter):
    """Sends with our time-out whatever the client asked for, and reads at most `MAX_REPLY_BYTES` in bounded time."""

    def __init__(self, timeout: float, base: str | None = None, retries: int = 0) -> None:
        self.timeout = timeout
        self.base = base
        policy = Retry(
            total=retries,
            backoff_factor=0.2,
            status_forcelist=[500, 502, 503, 504],
            allowed_methods=["GET"],
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        super().__init__(max_retries=policy)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The reply, read whole. Raises requests' own exceptions, so a client's retries see what they expect."""
        if self.base:
            parts = urllib.parse.urlsplit(request.url or "")
            request.headers["Host"] = str(parts.netloc)
            request.url = self.base + (request.url or "")[len(f"{parts.scheme}://{parts.netloc}") :]
        started = time.monotonic()
        response = super().send(request, True, self.timeout, verify, cert, proxies)
        body = self._read(response, started + WHOLE_REPLY_TIMEOUTS * self.timeout)
        response.raw = urllib3.HTTPResponse(io.BytesIO(body), status=response.status_code, preload_content=False)
        return response

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        body = bytearray()
        try:
            for chunk in response.raw.stream(65_536, decode_content=True):
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    response.close()
                    raise requests.RequestException(f"reply larger than {MAX_REPLY_BYTES} bytes")
                if time.monotonic() > deadline:
                    response.close()
                    raise requests.ReadTimeout("the reply took too long as a whole")
        except urllib3.exceptions.ReadTimeoutError:
            raise requests.ReadTimeout("no bytes within the time-out") from None
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(f"broken reply: {type(error).__name__}") from None
        return bytes(body)


def session(settings: Settings, base: str | None, retries: int = 0) -> requests.Session:
    """A session on a BoundedAdapter; a loopback session uses no proxy and no netrc."""
    made = requests.Session()
    made.trust_env = base is None
    for scheme in ("https://", "http://"):
        made.mount(scheme, BoundedAdapter(timeout_seconds(settings), base, retries))
    return made


def timeout_seconds(settings: Settings) -> float:
    """Seconds to wait for the platform to send anything. Raises ConfigError where the variable is not a number."""
    text = settings.secret(TIMEOUT_VARIABLE)
    try:
        seconds = float(text) if text else DEFAULT_TIMEOUT
    except ValueError:
        raise ConfigError(f"{TIMEOUT_VARIABLE} must be a number of seconds") from None
    if not 0 < seconds <= 600:
        raise ConfigError(f"{TIMEOUT_VARIABLE} must lie between 0 and 600 seconds")
    return seconds


def loopback_base(settings: Settings, name: str) -> str | None:
    """The address in variable `name`, without a slash at its end. Raises ConfigError where it leaves this machine.

    It exists for the demo and the tests; elsewhere it would send credentials to another host in plain text.
    """
    base = settings.secret(name)
    if base is None:
        return None
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
        raise ConfigError(f"{name} may only name this machine (http://127.0.0.1:PORT): it is for tests and the demo")
    return base.rstrip("/")
