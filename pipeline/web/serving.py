"""The web app as a server of its own, for where no Airflow runs or its UI is closed to receivers."""

import uvicorn
from fastapi import FastAPI

# A request of ours is a short address and a few headers.
MAX_HEADER_BYTES = 16_384
REQUESTS_AT_ONCE = 64


def web_server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server for `app`, not yet running; port 0 takes a free one. It writes no access log, for that holds tokens."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http="h11",
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            limit_concurrency=REQUESTS_AT_ONCE,
            timeout_graceful_shutdown=5,
        )
    )
