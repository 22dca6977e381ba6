"""Files of posts for the tests of `imports`, and the source that reads them."""

from datetime import UTC, datetime
from pathlib import Path

from pipeline.config import read_settings
from pipeline.listening import Listening
from pipeline.sources.imports import Imports, file_query
from pipeline.sources.reading import PassState, read_pass

NOW = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)


def imports(folder: Path) -> Imports:
    return Imports(read_settings({"AUSCULT_HOME": str(folder)}), Listening())


def read_file(path: Path, **options):
    query = file_query(path, **options)
    reads = list(read_pass(imports(path.parent), query, PassState(), NOW, 10_000))
    posts = [post for read in reads for post in read.posts]
    return posts, [bad for read in reads for bad in read.quarantined]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


HEADER = ["Post ID", "Created_At", "Full Text", "Author", "Permalink", "Likes"]
ROW = ["77", "2026-10-01 09:30:00", "The clinic, they said, is closed.", "someone", "https://example.org/p/77", "1,204"]
