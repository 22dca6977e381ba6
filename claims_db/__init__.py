"""The curated database of false health claims: what each says, how bad it is, and what answers it."""

from claims_db.loader import DEFAULT_FOLDER, ClaimsError, Problem, check_claims, load_claims
from claims_db.schema import Claim, Evidence

__all__ = ["DEFAULT_FOLDER", "Claim", "ClaimsError", "Evidence", "Problem", "check_claims", "load_claims"]
