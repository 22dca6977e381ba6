"""The research sets as examples: claims, posts that match them, and posts that do not. Texts never leave memory."""

import csv
import hashlib
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
class SeedClaim:
    """A claim written for this project, its paraphrases and the written texts about it, as (kind, text)."""

    claim_id: str
    claim: str
    paraphrases: tuple[str, ...]
    correction: str
    about: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def held_out(self) -> bool:
        """Whether the claim is kept for measuring: one in four, by a hash of its id."""
        return hashlib.sha256(self.claim_id.encode()).digest()[0] % 4 == 0

    def text(self, *, rich: bool = True, without: int | None = None) -> ClaimText:
        """The claim for the matcher: with paraphrases and correction where `rich`, paraphrase `without` left out."""
        fields = [("claim", self.claim)]
        if rich:
            fields += [("variant", text) for number, text in enumerate(self.paraphrases) if number != without]
            fields.append(("correction", self.correction))
        return ClaimText(self.claim_id, tuple(fields))


@dataclass(frozen=True)
class Clef:
    """CLEF-2022 CheckThat! 2A English: claims and, for one split, tweets with the positions of their gold claims."""

    claims: tuple[ClaimText, ...]
    posts: tuple[str, ...] = field(repr=False)
    gold: tuple[frozenset[int], ...]


def research_folder() -> Path | None:
    """The folder of sets named by AUSCULT_RESEARCH_DATA, `claims_seed/` beside it, or None where there is none."""
    place = os.environ.get(PLACE)
    folder = Path(place) if place else None
    return folder if folder and (folder.parent / "claims_seed" / "claims.jsonl").is_file() else None


def seed_claims(folder: Path) -> list[SeedClaim]:
    """The claims seed with its hard negatives."""
    about: dict[str, list[tuple[str, str]]] = {}
    for row in _lines(folder.parent / "claims_seed" / "hard_negatives.jsonl"):
        about.setdefault(row["claim_id"], []).append((row["kind"], row["text"]))
    return [
        SeedClaim(c["id"], c["claim"], tuple(c["paraphrases"]), c["correction"], tuple(about.get(c["id"], ())))
        for c in _lines(folder.parent / "claims_seed" / "claims.jsonl")
    ]


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
