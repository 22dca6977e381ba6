"""A practice, a handful of claims and the models that judge posts about them."""

import numpy as np
import pytest

from models.encoder import Encoder, load_encoder
from models.match_probability import MatchProbability, load_match_probability
from models.matcher import ClaimIndex, ClaimText, build_index, claim_field_texts
from pipeline.listening import Practice
from pipeline.screening.screen import ClaimWords

CLAIMS = {
    "vax-mmr-autism": ("The MMR vaccine causes autism.", "Large studies found the same rates with and without it."),
    "food-raw-milk": ("Raw milk is safer and healthier than pasteurized milk.", "Raw milk carries germs that kill."),
    "covid-ivermectin": ("Ivermectin cures or prevents COVID-19.", "Large trials found no benefit."),
    "dent-fluoride": ("Fluoride does not prevent cavities.", "Decades of studies show fewer cavities."),
}


@pytest.fixture(scope="session")
def practice() -> Practice:
    return Practice.model_validate(
        {
            "name": "Larkspur Family Health",
            "aliases": ["Larkspur Family", "Larkspur"],
            "locations": [
                {"name": "Larkspur Family Health Harborview", "city": "Port Alder", "state": "OR", "zip": "97198"},
                {"name": "Eastside Clinic", "city": "Tern Bay", "street": "1200 Long Harbor Road"},
            ],
            "clinicians": [
                {"name": "Priya Raman", "title": "MD", "specialty": "pediatrics"},
                {"name": "Sam Lee", "title": "MD", "specialty": "cardiology"},
            ],
            "handles": {"x": ["@larkspurfamily"], "reddit": ["u/larkspur_family"]},
            "specialties": ["family medicine", "pediatrics"],
            "website": "https://www.larkspurfamilyhealth.example",
            "phone": "503-555-0142",
            "not_us": ["Larkspur, CA", "Larkspur Veterinary"],
        }
    )


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def probability() -> MatchProbability:
    return load_match_probability()


@pytest.fixture(scope="session")
def words() -> dict[str, ClaimWords]:
    return {name: ClaimWords(*texts) for name, texts in CLAIMS.items()}


@pytest.fixture(scope="session")
def index(encoder: Encoder) -> ClaimIndex:
    claims = [ClaimText(n, (("claim", claim), ("correction", answer))) for n, (claim, answer) in CLAIMS.items()]
    vectors = encoder.encode(claim_field_texts(claims))
    assert np.isfinite(vectors).all()
    return build_index(claims, vectors)
