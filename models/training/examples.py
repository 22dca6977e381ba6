"""The research sets as examples: claims, posts that match them, and posts that do not. Texts never leave memory."""

import csv
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from models.matcher import ClaimText

PLACE = "AUSCULT_RESEARCH_DATA"
_SIGNATURE = re.compile(r"\s*[—–-]+\s[^—]{0,80}\(@\w+\)\s+\w+ \d{1,2}, \d{4}\s*$")


@dataclass(frozen=True)
class Clef:
    """CLEF-2022 CheckThat! 2A English: claims and, for one split, tweets with the positions of their gold claims."""

    claims: tuple[ClaimText, ...]
    posts: tuple[str, ...] = field(repr=False)
    gold: tuple[frozenset[int], ...]


def research_folder() -> Path | None:
    """The folder of sets named by AUSCULT_RESEARCH_DATA, or None where there is none."""
    place = os.environ.get(PLACE)
    folder = Path(place) if place else None
    return folder if folder and (folder / "clef2022_2a_en" / "claims.jsonl").is_file() else None


def clef(folder: Path, split: str, *, stripped: bool) -> Clef:
    """One split (train, dev or devtest); `stripped` removes the trailing signature that gives the author away."""
    place = folder / "clef2022_2a_en"
    rows = list(_lines(place / "claims.jsonl"))
    position = {row["claim_id"]: number for number, row in enumerate(rows)}
    claims = [
        ClaimText(row["claim_id"], tuple((name, row[name]) for name in ("claim", "title", "subtitle") if row.get(name)))
        for row in rows
    ]
    gold: dict[str, set[int]] = {}
    for row in table(place / f"qrels_{split}.tsv"):
        gold.setdefault(row["query_id"], set()).add(position[row["claim_id"]])
    queries = table(place / f"queries_{split}.tsv")
    posts = [_SIGNATURE.sub("", row["text"]) if stripped else row["text"] for row in queries]
    return Clef(tuple(claims), tuple(posts), tuple(frozenset(gold[row["query_id"]]) for row in queries))


def table(path: Path) -> list[dict[str, str]]:
    """A tab-separated file without quoting."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def column(path: Path, name: str, every: int = 1) -> list[str]:
    """One column of a tab-separated file, each `every`-th row, empty ones left out."""
    return [row[name] for row in table(path)[::every] if row.get(name)]


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)
