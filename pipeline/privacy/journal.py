"""The journal of erasures, a file beside the database: a restored backup replays from it what was erased since."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from pipeline.errors import AuscultError, ConfigError

LOCK_SECONDS = 60
# Of an entry, many times over.
MAX_LINE = 4_096


@dataclass(frozen=True)
class Journal:
    """A file of JSON lines, written before the erasure that it tells of commits; it holds keyed hashes only."""

    path: Path

    @property
    def name(self) -> str:
        """A fingerprint of the first line, so that a database knows which journal its position is in; "" for none."""
        if not self.path.is_file():
            return ""
        with self.path.open("rb") as stream:
            return hashlib.sha256(stream.readline()).hexdigest()[:16]

    def append(self, entries: Iterable[Mapping[str, str]]) -> int:
        """Add entries and wait until they are on the disk; returns the file's length in bytes."""
        lines = "".join(f"{json.dumps(entry, sort_keys=True)}\n" for entry in entries)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS), self.path.open("a+b") as stream:
                end = _whole(stream)
                stream.truncate(end)
                if not end:
                    stream.write(f"{json.dumps({'journal': secrets.token_hex(16)})}\n".encode())
                stream.write(lines.encode())
                stream.flush()
                os.fsync(stream.fileno())
                return stream.tell()
        except (OSError, Timeout) as error:
            raise AuscultError(
                f"{self.path}: the journal of erasures cannot be written: {type(error).__name__}"
            ) from None

    def since(self, position: int) -> tuple[list[dict[str, str]], int]:
        """The entries behind a position (bytes), and the position behind them.

        Raises ConfigError where the file is shorter than what was read of it, or a line is not an entry.
        """
        with FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS), self.path.open("rb") as stream:
            length = _whole(stream)
            if position > length:
                raise ConfigError(f"{self.path}: the journal of erasures lost lines; put the whole file back")
            stream.seek(position)
            lines = stream.read(length - position).splitlines()
        try:
            entries = [json.loads(line) for line in lines]
        except ValueError:
            raise ConfigError(f"{self.path}: a line of the journal of erasures is broken") from None
        return [entry for entry in entries if "post_key" in entry], length


def _whole(stream: BinaryIO) -> int:
    """The length of the file up to its last whole line: a write that was cut short leaves half of one."""
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(length - MAX_LINE, 0))
    ending = stream.read()
    return length - len(ending) + ending.rfind(b"\n") + 1
