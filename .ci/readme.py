"""Run every command of the README, in its order, as a reader would; those that need credentials against loopback.

Exits with the code of the first command that fails. `make test` is left to .ci/run, which calls it next.
"""

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from demo.loopback import Loopback
from demo.mailroom import Relay

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = {"make test"}
# What the README's table says to do for Reddit and X, after the credentials are set.
ACCEPT = re.compile(r"`(auscult sources accept \w+ --by \"[^\"]+\")`")


def main() -> int:
    """Run the commands; 0 where all of them did what the README says."""
    readme = (ROOT / "README.md").read_text()
    home = Path(tempfile.mkdtemp(prefix="auscult-readme-"))
    home.chmod(0o755)
    posts = ROOT / "demo" / "posts"
    now = datetime(2026, 10, 12, 15, tzinfo=UTC)
    with Loopback(posts / "posts.jsonl", now=now) as served, Relay(home / "mail") as relay:
        environment = {
            **os.environ,
            "HOME": str(home),
            "AUSCULT_REDDIT_URL": served.url,
            "AUSCULT_X_URL": served.url,
            "AUSCULT_SMTP_HOST": "127.0.0.1",
            "AUSCULT_SMTP_PORT": str(relay.port),
            "AUSCULT_SMTP_TLS": "none",
        }
        credentials = {
            "AUSCULT_REDDIT_CLIENT_ID": "ci",
            "AUSCULT_REDDIT_CLIENT_SECRET": "ci",
            "AUSCULT_REDDIT_USER_AGENT": "linux:auscult-ci:1.0",
            "AUSCULT_X_BEARER_TOKEN": "ci",
        }
        for line in _commands(readme):
            command = line.replace("import posts.csv", f"import {posts / 'imports' / 'facebook_export.csv'}")
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                environment[name] = value.replace("$HOME", str(home))
                continue
            if not _run(command, environment):
                return 1
            if command.endswith("auscult init"):
                _make_digest_due(Path(environment["AUSCULT_HOME"]) / "auscult.yaml")
        accepted = [f".venv/bin/{command}" for command in ACCEPT.findall(readme)]
        for command in (*accepted, ".venv/bin/auscult ingest reddit x", ".venv/bin/auscult down"):
            if not _run(command, environment | credentials):
                return 1
        print(f"{relay.handler.received} mails received")
    if len(accepted) != 2 or not relay.handler.received:
        print(f"the README accepts {len(accepted)} platforms (2), and some mail must come", file=sys.stderr)
        return 1
    return 0


def _make_digest_due(listening: Path) -> None:
    # Before the digest's hour `notify --digest` rightly writes none, and CI runs at any hour.
    text = listening.read_text()
    changed = re.sub(r"^digest_hour: \d+", "digest_hour: 0", text, flags=re.MULTILINE)
    assert changed != text, "auscult.yaml has no digest hour"  # noqa: S101
    listening.write_text(changed)


def _commands(readme: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", readme, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and line not in LEFT_OUT]


def _run(command: str, environment: dict[str, str]) -> bool:
    print(f"$ {command}", flush=True)
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, check=False)  # noqa: S603, S607
    if done.returncode != 0:
        print(f"exit {done.returncode}: {command}", file=sys.stderr)
    # Without a clinician's own set-up `doctor` has things to mend, and says so with 1.
    return done.returncode == 0 or (command.endswith("doctor") and done.returncode == 1)


if __name__ == "__main__":
    sys.exit(main())
