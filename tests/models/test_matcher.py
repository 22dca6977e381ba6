"""Nearest claims: ranks, shapes, ties, and rows that do not depend on each other."""

import numpy as np
import pytest

from models.folding import sparse_words
from models.match_probability import FEATURES, WEIGHTS, load_match_probability, match_features
from models.matcher import (
    SPARSE_WEIGHT,
    ClaimIndex,
    ClaimText,
    build_index,
    claim_field_texts,
    nearest_claims,
    rare_words,
)
from tests.fakes import FakeEncoder

CLAIMS = [
    ClaimText(
        "autism", (("claim", "The MMR vaccine causes autism."), ("variant", "my son changed after his MMR shot"))
    ),
    ClaimText(
        "milk", (("claim", "Raw milk is safer than pasteurized milk."), ("correction", "Raw milk carries germs."))
    ),
    ClaimText("phones", (("claim", "Cell phones cause brain cancer."), ("title", "Phones and tumors"))),
]
POSTS = ["the mmr vaccine causes autism", "raw milk has germs", "phones and brain cancer", "lovely weather", ""]


def index_of(claims: list[ClaimText], encoder: FakeEncoder) -> ClaimIndex:
    return build_index(claims, encoder.encode(claim_field_texts(claims)))


def test_the_right_claim_comes_first(tiny: FakeEncoder) -> None:
    found = nearest_claims(index_of(CLAIMS, tiny), tiny.encode(POSTS), POSTS, 2)
    assert found.claim.shape == (5, 2)
    assert found.claim[:3, 0].tolist() == [0, 1, 2]
    assert found.sparse[0, 0] == 1
    assert found.coverage[0, 0] == pytest.approx(1)
    assert (np.diff(found.similarity, axis=1) <= 0).all()


def test_titles_and_corrections_are_read_for_their_words_only(tiny: FakeEncoder) -> None:
    assert claim_field_texts(CLAIMS) == [
        text for claim in CLAIMS for f, text in claim.fields if f in ("claim", "variant")
    ]
    found = nearest_claims(index_of(CLAIMS, tiny), tiny.encode(["germs"]), ["germs"], 1)
    assert found.claim[0, 0] == 1


def test_the_best_wording_is_named(tiny: FakeEncoder) -> None:
    index = index_of(CLAIMS, tiny)
    post = ["my son changed after his MMR shot"]
    found = nearest_claims(index, tiny.encode(post), post, 1)
    assert index.wordings[found.wording[0, 0]] == ("variant", post[0])
    assert found.nearest[0, 0] == pytest.approx(1, abs=1e-5)


def test_rows_do_not_depend_on_each_other(tiny: FakeEncoder) -> None:
    posts = POSTS * 60
    index = index_of(CLAIMS, tiny)
    together = nearest_claims(index, tiny.encode(posts), posts, 3)
    for at in (0, 1, 127, 128, 299):
        alone = nearest_claims(index, tiny.encode([posts[at]]), [posts[at]], 3)
        assert alone.claim.tolist() == together.claim[at : at + 1].tolist()
        assert np.abs(alone.similarity - together.similarity[at : at + 1]).max() < 1e-5


def test_equal_claims_keep_their_order(tiny: FakeEncoder) -> None:
    twins = [ClaimText(str(n), (("claim", "Cell phones cause brain cancer."),)) for n in range(20)]
    found = nearest_claims(index_of(twins, tiny), tiny.encode(POSTS), POSTS, 7)
    assert found.claim.tolist() == [list(range(7))] * len(POSTS)


def test_no_posts_and_no_claims(tiny: FakeEncoder) -> None:
    assert nearest_claims(index_of(CLAIMS, tiny), tiny.encode([]), [], 5).claim.shape == (0, 3)
    none = build_index([], tiny.encode([]))
    assert nearest_claims(none, tiny.encode(POSTS), POSTS, 5).claim.shape == (5, 0)


def test_one_claim_without_other_fields_is_enough(tiny: FakeEncoder) -> None:
    index = index_of([CLAIMS[2]], tiny)
    posts = ["cell phones cause brain cancer", "a lovely walk by the sea"]
    found = nearest_claims(index, tiny.encode(posts), posts, 10)
    chances, _ = load_match_probability().estimate(found, np.array([[5.0], [-5.0]]), posts)
    same, other = chances[:, 0]
    assert same > 0.8
    assert other < 0.1
    chances, order = load_match_probability().estimate(found, np.full((2, 1), np.nan), posts)
    assert chances.max() == 0
    assert order.max() == -np.inf


def test_a_claim_must_begin_with_its_sentence() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        claim_field_texts([ClaimText("x", (("title", "only a title"),))])


def test_words_are_rare_by_the_number_of_claims_that_hold_them(tiny: FakeEncoder) -> None:
    claims = [ClaimText(word, (("claim", f"Vaccines cause {word}"),)) for word in ("autism", "cancer", "fits")]
    index = index_of(claims, tiny)
    assert rare_words(index, 1, 1) == ["cancer"]
    assert rare_words(index, 1, 3) == ["vaccine", "cause", "cancer"]
    assert rare_words(index, 1, 0) == []


def test_vectors_must_fit(tiny: FakeEncoder) -> None:
    with pytest.raises(ValueError, match="wordings need"):
        build_index(CLAIMS, tiny.encode(["one"]))
    with pytest.raises(ValueError, match="texts need"):
        nearest_claims(index_of(CLAIMS, tiny), tiny.encode(["one"]), POSTS, 3)


def test_features_and_weights_belong_together(tiny: FakeEncoder, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = nearest_claims(index_of(CLAIMS, tiny), tiny.encode(POSTS), POSTS, 3)
    assert match_features(found, np.zeros((5, 3)), POSTS).shape == (5, 3, len(FEATURES))
    other = tmp_path_factory.mktemp("weights") / "other.json"
    other.write_text(WEIGHTS.read_text().replace('"dense"', '"density"'))
    with pytest.raises(ValueError, match="was fitted on"):
        load_match_probability(other)


def test_the_fast_way_finds_what_the_plain_way_finds() -> None:
    chance = np.random.default_rng(7)
    words = [f"word{number}" for number in range(300)]

    def sentence(most: int) -> str:
        return " ".join(chance.choice(words, chance.integers(0, most)))

    told = [(("claim", sentence(9)), *(("variant", sentence(9)) for _ in range(number % 3))) for number in range(900)]
    claims = [ClaimText(str(number), fields) for number, fields in enumerate(told)]
    vectors = chance.normal(size=(len(claim_field_texts(claims)), 16)).astype(np.float32)
    vectors[5] = vectors[9]
    index = build_index(claims, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    posts = [sentence(30) for _ in range(40)]
    asked = chance.normal(size=(40, 16)).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    found = nearest_claims(index, asked, posts, 10)
    cosines, shares = asked @ index.vectors.T, index.wording_words.toarray()
    for post, text in enumerate(posts):
        own = [np.asarray(cosines[post, at:end]) for at, end in zip(index.starts, index.starts[1:], strict=False)]
        numbers = sorted({index.vocabulary[word] for word in sparse_words(text) if word in index.vocabulary})
        sparse = np.asarray(index.sparse[numbers].sum(axis=0)).ravel()
        sparse = sparse / max(sparse.max(), 1e-9)
        fused = np.array([(one[0] + one.max()) / 2 for one in own]) + SPARSE_WEIGHT * sparse
        best = np.argsort(-np.round(fused, 6), kind="stable")[:10]
        assert found.claim[post].tolist() == best.tolist()
        assert found.similarity[post] == pytest.approx(fused[best], abs=2e-6)
        for rank, claim in enumerate(best):
            wording = int(index.starts[claim] + np.argmax(np.round(own[claim], 6)))
            assert found.wording[post, rank] == wording
            held = set(sparse_words(index.wordings[wording][1]))
            assert shares[wording].sum() == pytest.approx(1.0 if held else 0.0)
            spoken = sum(shares[wording, index.vocabulary[word]] for word in held & set(sparse_words(text)))
            assert found.coverage[post, rank] == pytest.approx(spoken, abs=1e-6)


@pytest.mark.parametrize("wordings", [5, 60, 700])
def test_a_post_scores_the_same_alone_and_in_company(wordings: int) -> None:
    random = np.random.default_rng(wordings)
    claims = [ClaimText(f"c{number}", (("claim", f"word{number} of it"),)) for number in range(wordings)]
    vectors = random.normal(size=(wordings + 40, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index, posts, texts = build_index(claims, vectors[:wordings]), vectors[wordings:], ["word1 of it"] * 40
    together = nearest_claims(index, posts, texts, 5)
    for number in range(len(posts)):
        alone = nearest_claims(index, posts[number : number + 1], texts[:1], 5)
        assert np.array_equal(alone.dense[0], together.dense[number])
        assert np.array_equal(alone.claim[0], together.claim[number])
