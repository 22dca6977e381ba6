"""The exports that staff drop into the folder: at each stage the rows that existed by then, as a tool would export."""

import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

EXPORTS = Path(__file__).parent / "posts" / "imports"

# Export file: the column of its date, and the platform that the demo writes beside each row.
_FILES = {
    "facebook_export.csv": ("Date", "facebook"),
    "google_reviews.tsv": ("created", "google_reviews"),
    "nextdoor.jsonl": ("created_at", "nextdoor"),
}


def fill_drop_folder(folder: Path, now: datetime) -> None:
    """Make `folder` hold the exports as of `now`, named by its day, and nothing of later stages.

    The files get the time of `now`, so that a repeat writes files that count as already read.
    """
    for stale in folder.glob("*") if folder.exists() else ():
        if stale.name[:10] > now.date().isoformat():
            stale.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for name, (date_column, platform) in _FILES.items():
        rows = [row | {"platform": platform} for row in _read(EXPORTS / name) if _moment(row[date_column]) <= now]
        target = folder / f"{now.date().isoformat()}_{name}"
        made = target.with_suffix(".part")
        _write(made, target.suffix, rows)
        os.utime(made, (now.timestamp(), now.timestamp()))
        shutil.move(made, target)


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".jsonl":
            yield from (json.loads(line) for line in lines if line.strip())
        else:
            yield from csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")


def _write(path: Path, suffix: str, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        if suffix == ".jsonl":
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            return
        names: Mapping[str, str] = rows[0] if rows else {}
        writer = csv.DictWriter(out, list(names), delimiter="\t" if suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
