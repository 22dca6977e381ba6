"""Settings come from the environment (places and secrets); Policy is a table in git (numbers and their evidence)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.policy import POLICY, Number, Policy

__all__ = ["POLICY", "ROOT", "Number", "Policy", "Settings", "read_settings"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """Where things are and what is secret. Built by `read_settings`; secrets never appear in its repr."""

    home: Path
    practice_file: Path
    listening_file: Path
    claims_folder: Path
    models_folder: Path
    erasures_file: Path
    database_url: str | None = field(default=None, repr=False)
    author_key: str | None = field(default=None, repr=False)
    runtime: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database_folder(self) -> Path:
        """The data folder of the embedded PostgreSQL server."""
        return self.home / "pg"

    def secret(self, name: str) -> str | None:
        """The environment variable called `name`, or None where it is unset or empty."""
        return self.environment.get(name) or None

    def require_author_key(self) -> bytes:
        """The key that author ids are hashed with. Raises ConfigError where none of 32 characters is set."""
        if not self.author_key or len(self.author_key) < 32:
            raise ConfigError(
                "AUSCULT_AUTHOR_KEY is not set (32 characters or more): authors are stored as keyed hashes only, so "
                "nothing is ingested without it. Make one with: python -c 'import secrets; "
                "print(secrets.token_hex(32))' and keep it outside the database."
            )
        return self.author_key.encode()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment (default: this process's), with paths made absolute."""
    env = dict(os.environ if environment is None else environment)
    home = Path(env.get("AUSCULT_HOME") or ROOT / ".auscult").expanduser().resolve()
    return Settings(
        home=home,
        practice_file=_path(env, "AUSCULT_PRACTICE", home / "practice.yaml"),
        listening_file=_path(env, "AUSCULT_LISTENING", home / "auscult.yaml"),
        claims_folder=_path(env, "AUSCULT_CLAIMS", ROOT / "claims_db" / "claims"),
        models_folder=_path(env, "AUSCULT_MODELS", home / "models"),
        erasures_file=_path(env, "AUSCULT_ERASURES", home / "erasures.jsonl"),
        database_url=env.get("AUSCULT_DATABASE_URL") or None,
        author_key=env.get("AUSCULT_AUTHOR_KEY") or _key_file(home),
        runtime=env.get("AUSCULT_RUNTIME") or "",
        environment=env,
    )


def _path(env: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(env[name]).expanduser().resolve() if env.get(name) else default


def _key_file(home: Path) -> str | None:
    # The demo and the first `auscult up` write one here, readable by its owner alone and ignored by git.
    path = home / "author.key"
    return path.read_text().strip() if path.is_file() else None
