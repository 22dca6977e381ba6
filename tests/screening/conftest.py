"""A practice, a handful of claims and the models that judge posts about them."""

import pytest

from models.encoder import Encoder
from models.matcher import ClaimText
from pipeline.listening import Practice
from pipeline.screening.judges import Judge, Models, build_judge, load_models

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
def models() -> Models:
    return load_models()


@pytest.fixture(scope="session")
def encoder(models: Models) -> Encoder:
    return models.encoder


@pytest.fixture(scope="session")
def judge(models: Models) -> Judge:
    claims = [ClaimText(n, (("claim", claim), ("correction", answer))) for n, (claim, answer) in CLAIMS.items()]
    near = {"dent-fluoride": ["Too much fluoride in childhood can mark the teeth."]}
    return build_judge(models, claims, near)
