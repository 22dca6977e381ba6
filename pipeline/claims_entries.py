"""The claims database as rows of the table `claims`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from claims_db import Claim, load_claims

# Fields of an entry that the warehouse keeps under the same name.
_FIELDS = (
    *("topic", "claim", "rating", "harm", "harm_reason", "correction", "language", "as_of", "review_note"),
    "content_hash",
)
_LISTS = ("variants", "spanish_variants", "keywords", "true_neighbours")


def claim_entries(folder: Path) -> list[dict[str, Any]]:
    """One mapping of column values per claim. Raises ClaimsError with every problem of the folder."""
    return [_entry(claim) for claim in load_claims(folder)]


def _entry(claim: Claim) -> dict[str, Any]:
    evidence = [{**asdict(entry), "date": entry.date.isoformat() if entry.date else None} for entry in claim.evidence]
    return {
        "claim_id": claim.id,
        **{name: getattr(claim, name) for name in _FIELDS},
        **{name: list(getattr(claim, name)) for name in _LISTS},
        "evidence": evidence,
    }
