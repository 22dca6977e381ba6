"""The claims that ship: complete, distinct, and honest about what backs them."""

import re
from collections import Counter

import pytest

from claims_db import DEFAULT_FOLDER, Claim, check_claims, load_claims
from claims_db.schema import HARMS, RATINGS


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load_claims()


def test_the_shipped_claims_pass_every_check():
    assert [str(problem) for problem in check_claims()] == []


def test_there_are_enough_claims_over_enough_topics(claims):
    assert len(claims) >= 190
    assert len({claim.id for claim in claims}) == len(claims)
    assert {claim.topic for claim in claims} == {file.stem for file in DEFAULT_FOLDER.glob("*.yaml")}
    assert len({claim.topic for claim in claims}) >= 15


def test_every_claim_has_enough_variants_and_keywords(claims):
    assert [claim.id for claim in claims if len(claim.variants) < 3] == []
    assert [claim.id for claim in claims if not 3 <= len(claim.keywords) <= 8] == []


def test_no_keyword_leads_to_two_claims(claims):
    uses = Counter(keyword for claim in claims for keyword in claim.keywords)

    assert [keyword for keyword, count in uses.items() if count > 1] == []


def test_every_rating_and_harm_is_in_use(claims):
    assert {claim.rating for claim in claims} == set(RATINGS)
    assert {claim.harm for claim in claims} == set(HARMS)


def test_every_claim_of_high_harm_has_verified_evidence(claims):
    high = [claim for claim in claims if claim.harm == "high"]

    assert len(high) >= 50
    assert [claim.id for claim in high if not any(source.verified for source in claim.evidence)] == []


def test_a_claim_without_verified_evidence_says_so(claims):
    unbacked = [claim for claim in claims if not any(source.verified for source in claim.evidence)]

    assert [claim.id for claim in unbacked if not claim.review_note] == []


def test_verified_evidence_says_where_it_was_seen_and_the_rest_does_not(claims):
    sources = [(claim.id, source) for claim in claims for source in claim.evidence]

    assert [name for name, source in sources if source.verified != (source.seen_in is not None)] == []


def test_an_evidence_date_stands_in_its_title_or_address(claims):
    """No date was guessed: the year, month and day of each are written in what it dates."""
    dated = [source for claim in claims for source in claim.evidence if source.date]

    assert dated
    for source in dated:
        day_first = f"{source.date.day:02}-{source.date.month:02}-{source.date.year}"
        assert day_first in source.address or str(source.date) in source.address


def test_no_wording_stands_in_two_claims(claims):
    wordings = Counter(text.casefold() for claim in claims for text in (claim.claim, *claim.variants))

    assert [text for text, count in wordings.items() if count > 1] == []


def test_corrections_stand_by_themselves(claims):
    assert [claim.id for claim in claims if not 80 <= len(claim.correction) <= 700] == []
    assert [claim.id for claim in claims if not re.search(r"[.!?]$", claim.correction)] == []


def test_a_changed_claim_gets_another_hash(claims):
    assert len({claim.content_hash for claim in claims}) == len(claims)
